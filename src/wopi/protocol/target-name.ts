import type { IncomingMessage } from 'node:http'
import type { TargetName } from '../../saving/save-as.js'
import { checkName, sanitizeName } from '../../storage/files/file-name.js'
import { encodeUtf7 } from './utf7.js'
import { nameHeader, orInvalidName } from './requested-name.js'
import { WopiError } from './wopi-error.js'
import { booleanHeader } from './wopi-headers.js'

/** The two target headers, decoded; exactly one of them is there. @throws WopiError */
export function targetHeaders(request: IncomingMessage): { suggested: string } | { exact: string } {
  const suggested = nameHeader(request, 'X-WOPI-SuggestedTarget')
  const exact = nameHeader(request, 'X-WOPI-RelativeTarget')
  if (suggested !== undefined && exact !== undefined) {
    throw new WopiError(
      'operation-not-offered',
      'X-WOPI-SuggestedTarget and X-WOPI-RelativeTarget exclude each other',
    )
  }
  if (exact !== undefined) return { exact }
  if (suggested === undefined)
    throw new WopiError('header-missing', 'X-WOPI-SuggestedTarget or X-WOPI-RelativeTarget is required')
  return { suggested }
}

/** @param source what gives the new file its name where only an extension is suggested */
export function fileTarget(
  request: IncomingMessage,
  source: { stem: string; extension: string },
): TargetName {
  const headers = targetHeaders(request)
  if ('exact' in headers) return exactTarget(request, headers.exact)
  const { suggested } = headers
  // A leading dot suggests only another extension.
  const name = /^\.[^.\\/]+$/.test(suggested) ? source.stem + suggested : suggested
  return { mode: 'suggested', name: sanitizeName(name) ?? `${source.stem}${source.extension}` }
}

function exactTarget(request: IncomingMessage, name: string): TargetName {
  const overwrite = booleanHeader(request, 'X-WOPI-OverwriteRelativeTarget')
  try {
    return { mode: 'exact', name: orInvalidName(() => checkName(name)), overwrite }
  } catch (error) {
    const valid = sanitizeName(name)
    if (!(error instanceof WopiError) || valid === undefined) throw error
    const headers = { ...error.headers, 'X-WOPI-ValidRelativeTarget': encodeUtf7(valid) }
    throw new WopiError(error.code, error.message, headers)
  }
}
