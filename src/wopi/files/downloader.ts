import type { Downloader } from '../../http/downloads.js'
import type { WopiRequest } from '../protocol/operation.js'

/** A ticket for a file's address counts as the token that it was made for. */
export function downloaderOf({ user: { userId, jti } }: WopiRequest): Downloader {
  return { person: userId, token: jti }
}
