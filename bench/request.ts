import { randomBytes } from 'node:crypto'
import { isWhole, stamp, stampedBody } from './stamped-body.js'
import { MB, type Seat } from './target.js'

/** A request as it goes over the wire, built once and sent many times. */
export interface WireRequest {
  readonly head: Buffer
  readonly body: readonly Buffer[]
  /** Bytes that the answer's body must have; undefined: any number. */
  readonly expectedBytes: number | undefined
  /** Looks at the whole body of the answer; without it none is kept. @returns whether it is right */
  readonly judge?: (body: Buffer) => boolean
}

export function checkFileInfo(seat: Seat): WireRequest {
  return { head: head('GET', seat, '', {}), body: [], expectedBytes: undefined }
}

export function getFile(seat: Seat): WireRequest {
  return { head: head('GET', seat, '/contents', {}), body: [], expectedBytes: seat.size }
}

/** The same of a document that only `putStampedFile` saves. */
export function getStampedFile(seat: Seat): WireRequest {
  return { ...getFile(seat), judge: isWhole }
}

export function lockOperation(seat: Seat, override: 'LOCK' | 'REFRESH_LOCK' | 'UNLOCK'): WireRequest {
  const headers = { 'X-WOPI-Override': override, 'X-WOPI-Lock': seat.lockId, 'Content-Length': '0' }
  return { head: head('POST', seat, '', headers), body: [], expectedBytes: 0 }
}

export function getCoauthLock(seat: Seat): WireRequest {
  const headers = {
    'X-WOPI-Override': 'GET_COAUTH_LOCK',
    'X-WOPI-CoauthLockId': seat.lockId,
    'X-WOPI-CoauthLockType': 'Coauth',
    'X-WOPI-CoauthLockExpirationTimeout': '3600',
    'Content-Length': '0',
  }
  return { head: head('POST', seat, '', headers), body: [], expectedBytes: undefined }
}

/** Of a table that has changed once: the caller's lock was added. */
export function getCoauthTable(seat: Seat): WireRequest {
  const headers = {
    'X-WOPI-Override': 'GET_COAUTH_TABLE',
    'X-WOPI-CoauthTableVersion': '1.1',
    'Content-Length': '0',
  }
  return { head: head('POST', seat, '', headers), body: [], expectedBytes: 0 }
}

// One pool of bytes for all bodies: only the mark in front differs from save to save.
const filling = randomBytes(20 * MB)

/** Returns a function, because no two saves may carry the same bytes: those of the head are read, to be compared. */
export function putFile(seat: Seat): () => WireRequest {
  const mark = randomBytes(16)
  const request = putRequest(seat, [mark, filling.subarray(0, seat.size - mark.length)])
  let saves = 0
  return () => {
    mark.writeUInt32LE(saves++)
    return request
  }
}

/** The same with a body that a reader can see to be one whole save. */
export function putStampedFile(seat: Seat): () => WireRequest {
  const mark = randomBytes(16)
  const body = stampedBody(seat.size)
  const request = putRequest(seat, [body])
  let saves = 0
  return () => {
    mark.writeUInt32LE(saves++)
    stamp(body, mark)
    return request
  }
}

function putRequest(seat: Seat, body: readonly Buffer[]): WireRequest {
  const headers = {
    'X-WOPI-Override': 'PUT',
    'X-WOPI-Lock': seat.lockId,
    'Content-Type': 'application/octet-stream',
    'Content-Length': String(seat.size),
  }
  return { head: head('POST', seat, '/contents', headers), body, expectedBytes: undefined }
}

function head(method: string, seat: Seat, suffix: string, headers: Record<string, string>): Buffer {
  const lines = Object.entries({
    Host: '127.0.0.1',
    'X-WOPI-CorrelationId': '3f1d9c52-08a4-4c67-b1de-52f0c6a7e910',
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`)
  const target = `${seat.path}${suffix}?access_token=${seat.token}`
  return Buffer.from(`${method} ${target} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1')
}
