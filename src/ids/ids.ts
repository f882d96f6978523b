import type { $brand } from 'zod'

// Whose id a text is, for the compiler alone: handing one over where another is meant does not compile, and nothing of
// it is left when the server runs. A text becomes an id where it comes in (a row, the claims of a verified token, a path,
// header or body of a request) or is made, and nowhere else. The brands are zod's, so that a checked body has them.

export type FileId = string & $brand<'FileId'>

/** Of a WOPI, exclusive or coauth lock: its client chose it. */
export type LockId = string & $brand<'LockId'>

export type ContainerId = string & $brand<'ContainerId'>

/** Letters and digits (`USER_ID`): it travels in X-WOPI-Editors. */
export type UserId = string & $brand<'UserId'>

/** Of an access token: the `jti` in its claims. */
export type TokenId = string & $brand<'TokenId'>
