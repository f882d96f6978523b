import type { FileId, LockId, TokenId, UserId } from '../../src/ids/ids.js'

// For tests that name ids themselves, past every door at which the server makes one of a text.

export const theFile = (text: string): FileId => text as FileId
export const theLock = (text: string): LockId => text as LockId
export const theUser = (text: string): UserId => text as UserId
export const theToken = (text: string): TokenId => text as TokenId
