import type { IncomingMessage } from 'node:http'
import { headerText } from '../../http/answer.js'
import { InvalidName } from '../../storage/storage-errors.js'
import { decodeUtf7, InvalidUtf7 } from './utf7.js'
import { WopiError } from './wopi-error.js'
import { header } from './wopi-headers.js'

const MAX_HEADER_CHARACTERS = 2048

/**
 * A file name from a header, decoded once; what it may be is for `checkName` or `sanitizeName` to say.
 * @throws WopiError when it is no UTF-7 text
 */
export function nameHeader(request: IncomingMessage, name: string): string | undefined {
  const text = header(request, name)
  if (text === undefined) return undefined
  if (text.length > MAX_HEADER_CHARACTERS) throw new WopiError('name-invalid', `${name} is too long`)
  try {
    return decodeUtf7(text)
  } catch (error) {
    if (error instanceof InvalidUtf7) throw invalidName(error.message)
    throw error
  }
}

export function invalidName(reason: string): WopiError {
  return new WopiError('name-invalid', reason, { 'X-WOPI-InvalidFileNameError': headerText(reason) })
}

/** Runs `check` and turns the name it refuses into a 400 with the reason. */
export function orInvalidName<T>(check: () => T): T {
  try {
    return check()
  } catch (error) {
    if (error instanceof InvalidName) throw invalidName(error.message)
    throw error
  }
}
