import type { IncomingMessage } from 'node:http'
import { jsonOf, smallBody } from '../protocol/small-body.js'
import { WopiError } from '../protocol/wopi-error.js'
import { header } from '../protocol/wopi-headers.js'

const MAX_BYTES = 4096

/**
 * CoauthLockMetadata, '' when there is none: from a JSON body if it has that property, even an empty one, else from the
 * header, which cannot carry every character (WOPI.md §12.2).
 * @throws WopiError
 */
export async function coauthMetadata(request: IncomingMessage): Promise<string> {
  const metadata = inBody(await wholeBody(request)) ?? header(request, 'X-WOPI-CoauthLockMetadata') ?? ''
  if (Buffer.byteLength(metadata) > MAX_BYTES) throw tooLong()
  // PostgreSQL stores neither U+0000 nor half a character.
  if (metadata.includes('\0') || /\p{Surrogate}/u.test(metadata)) {
    throw new WopiError('body-invalid', 'CoauthLockMetadata is not well-formed text')
  }
  return metadata
}

async function wholeBody(request: IncomingMessage): Promise<Buffer> {
  try {
    return await smallBody(request)
  } catch (error) {
    if (error instanceof WopiError && error.code === 'body-too-large') throw tooLong()
    throw error
  }
}

function inBody(body: Buffer): string | undefined {
  if (body.length === 0) return undefined
  const value = jsonOf(body)
  if (typeof value !== 'object' || value === null || !('CoauthLockMetadata' in value)) return undefined
  const { CoauthLockMetadata: metadata } = value
  if (metadata === null) return ''
  if (typeof metadata !== 'string') throw new WopiError('body-invalid', 'CoauthLockMetadata is no string')
  return metadata
}

function tooLong(): WopiError {
  return new WopiError('header-invalid', `CoauthLockMetadata is longer than ${MAX_BYTES} bytes`)
}
