import type { IncomingMessage } from 'node:http'
import { contentLength } from '../../http/request-body.js'
import type { LockId } from '../../ids/ids.js'
import { WopiError } from './wopi-error.js'

/**
 * A request header; empty counts as absent (WOPI.md §2.1).
 * @throws WopiError when it is sent twice: Node joins the two, and the join of two lock ids is a third one (H-01)
 */
export function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name.toLowerCase()]
  if (value === undefined || value === '') return undefined
  const text = String(value)
  // Only a joined value can hide a repetition; looking at the raw headers costs more than most requests.
  if (text.includes(', ') && (request.headersDistinct[name.toLowerCase()]?.length ?? 0) > 1) {
    throw new WopiError('header-repeated', `${name} was sent more than once`)
  }
  return text
}

/** The .NET clients write booleans as `True` and `False`. */
export function booleanHeader(request: IncomingMessage, name: string): boolean {
  return header(request, name)?.toLowerCase() === 'true'
}

/** @returns undefined when absent. @throws WopiError unless it is a whole number of bytes */
export function sizeHeader(request: IncomingMessage, name: string): number | undefined {
  const text = header(request, name)
  if (text === undefined) return undefined
  if (!/^\d{1,20}$/.test(text)) throw new WopiError('header-invalid', `${name} is no number of bytes`)
  return Number(text)
}

const LOCK_ID = /^[\x20-\x7e]{1,1024}$/

/**
 * A lock id: 1 to 1024 printable ASCII characters, kept byte for byte and never parsed (WOPI.md §7.1).
 * @throws WopiError when it is neither that nor absent
 */
export function lockIdHeader(request: IncomingMessage, name: string): LockId | undefined {
  const lockId = header(request, name)
  if (lockId !== undefined && !LOCK_ID.test(lockId)) {
    throw new WopiError('header-invalid', `${name} is not 1 to 1024 printable ASCII characters`)
  }
  return lockId as LockId | undefined
}

/** @throws WopiError when it is absent */
export function requiredLockId(request: IncomingMessage, name: string): LockId {
  const lockId = lockIdHeader(request, name)
  if (lockId === undefined) throw new WopiError('header-missing', `${name} is required`)
  return lockId
}

/** @returns ms, undefined when absent. @throws WopiError unless it is 60 to 3600 whole seconds (WOPI.md §7.3, §12.3) */
export function timeoutHeader(request: IncomingMessage, name: string): number | undefined {
  const text = header(request, name)
  if (text === undefined) return undefined
  const seconds = /^\d{1,6}$/.test(text) ? Number(text) : NaN
  if (!(seconds >= 60 && seconds <= 3600)) {
    throw new WopiError('header-invalid', `${name} is not 60 to 3600 seconds`)
  }
  return seconds * 1000
}

/** @throws WopiError when it is absent, or as `timeoutHeader` does */
export function requiredTimeout(request: IncomingMessage, name: string): number {
  const ms = timeoutHeader(request, name)
  if (ms === undefined) throw new WopiError('header-missing', `${name} is required`)
  return ms
}

/** How many bytes the body must have, from Content-Length and X-WOPI-Size; undefined when neither was sent. */
export function announcedSize(request: IncomingMessage): number | undefined {
  const wopiSize = sizeHeader(request, 'X-WOPI-Size')
  const length = contentLength(request)
  if (wopiSize !== undefined && length !== undefined && wopiSize !== length) {
    throw new WopiError('body-incomplete', `X-WOPI-Size says ${wopiSize} bytes, Content-Length ${length}`)
  }
  return wopiSize ?? length
}
