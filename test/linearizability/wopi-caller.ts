import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { Agent, type Dispatcher } from 'undici'
import { z } from 'zod'
import type { Action } from './client-action.js'
import type { NewFile } from './driver.js'
import { isCoauth, isLate, tableText, type Answer, type Operation, type Request } from './history.js'

/** As CheckFileInfo spells it. */
export function sha256Of(body: Buffer): string {
  return createHash('sha256').update(body).digest('base64')
}

const CoauthTable = z.object({
  CoauthTable: z.array(z.object({ CoauthLockId: z.string(), CoauthLockType: z.string() })),
})
const FileInfo = z.object({
  Version: z.string(),
  SHA256: z.string().optional(),
  LastModifiedTime: z.string().optional(),
})
const Saved = z.object({ LastModifiedTime: z.string() })

/** Errors of a request that never left this machine. */
const NOT_SENT = new Set(['ECONNREFUSED', 'UND_ERR_CONNECT_TIMEOUT'])

/** Plain WOPI calls, each recorded as an operation with the instants just before it was sent and after it was read. */
export class WopiCaller {
  private readonly agent = new Agent({ pipelining: 1 })
  private turn = 0

  constructor(private readonly urls: readonly string[]) {}

  close(): Promise<void> {
    return this.agent.destroy()
  }

  /** The operation as it was answered or lost; undefined if it certainly never happened. */
  async perform(
    client: number,
    file: NewFile,
    action: Action,
    onUnexpected: (status: number) => void,
  ): Promise<Operation | undefined> {
    const { request } = action
    const hangUp = new AbortController()
    const timer =
      action.hangUpAfterMs === null ? null : setTimeout(() => hangUp.abort(), action.hangUpAfterMs)
    const call = performance.now()
    try {
      const response = await this.agent.request({
        ...this.message(client, file, action),
        signal: hangUp.signal,
      })
      const answer = await read(request, response)
      if (answer) return { client, request, call, return: performance.now(), answer }
      onUnexpected(response.statusCode)
    } catch (error) {
      if (NOT_SENT.has(codeOf(error))) return undefined
    } finally {
      if (timer) clearTimeout(timer)
    }
    return { client, request, call, return: null, answer: 'lost' }
  }

  private message(
    client: number,
    { id, tokens, ended = '' }: NewFile,
    { request, body, stallMs, baseTime }: Action,
  ): Dispatcher.RequestOptions {
    // Mostly its home server, so that a server that stands still does not make all clients stand still.
    const elsewhere = this.turn++ % 5 === 0 ? 1 : 0
    const origin = this.urls[(client + elsewhere) % this.urls.length] ?? ''
    const token = isLate(request) ? ended : (tokens[client % tokens.length] ?? '')
    const path = `/wopi/files/${id}${request.kind === 'PUT' ? '/contents' : ''}?access_token=${token}`
    const headers = { ...headersOf(request), ...(baseTime && { 'X-COOL-WOPI-Timestamp': baseTime }) }
    if (request.kind === 'CHECK') return { origin, path, method: 'GET' }
    if (!body) return { origin, path, method: 'POST', headers }
    if (stallMs === 0) return { origin, path, method: 'POST', headers, body }
    const length = { 'content-length': String(body.length) }
    return { origin, path, method: 'POST', headers: { ...headers, ...length }, body: stalling(body, stallMs) }
  }
}

function headersOf(request: Request): Record<string, string> {
  switch (request.kind) {
    case 'UNLOCK_AND_RELOCK':
      return { 'X-WOPI-Override': 'LOCK', 'X-WOPI-Lock': request.id, 'X-WOPI-OldLock': request.oldId }
    case 'PUT':
      return { 'X-WOPI-Override': 'PUT', ...(request.lock !== '' && { 'X-WOPI-Lock': request.lock }) }
    case 'LOCK':
    case 'REFRESH_LOCK':
    case 'UNLOCK':
      return { 'X-WOPI-Override': request.kind, 'X-WOPI-Lock': request.id }
    case 'LATE_REFRESH':
      return { 'X-WOPI-Override': 'REFRESH_LOCK', 'X-WOPI-Lock': request.id }
    case 'LATE_UNLOCK':
      return { 'X-WOPI-Override': 'UNLOCK', 'X-WOPI-Lock': request.id }
    case 'GET_COAUTH_LOCK':
      return { ...coauthHeaders(request), 'X-WOPI-CoauthLockType': request.type }
    case 'REFRESH_COAUTH_LOCK':
    case 'UNLOCK_COAUTH_LOCK':
      return coauthHeaders(request)
    case 'GET_COAUTH_TABLE':
    case 'GET_LOCK':
      return { 'X-WOPI-Override': request.kind }
    case 'CHECK':
      return {}
  }
}

function coauthHeaders({ kind, id }: { kind: string; id: string }): Record<string, string> {
  return {
    'X-WOPI-Override': kind,
    'X-WOPI-CoauthLockId': id,
    'X-WOPI-CoauthLockExpirationTimeout': '3600',
  }
}

function stalling(body: Buffer, stallMs: number): Readable {
  return Readable.from(halves(body, stallMs), { objectMode: false })
}

async function* halves(body: Buffer, stallMs: number): AsyncGenerator<Buffer> {
  const middle = body.length >> 1
  yield body.subarray(0, middle)
  await sleep(stallMs)
  yield body.subarray(middle)
}

async function read(request: Request, response: Dispatcher.ResponseData): Promise<Answer | undefined> {
  const { statusCode: status, headers } = response
  const text = await response.body.text()
  if (status !== 200 && status !== 409 && !(status === 401 && isLate(request))) return undefined
  if (request.kind === 'CHECK' && status === 200) {
    const info = FileInfo.parse(JSON.parse(text))
    const { Version: version, SHA256: sha256 = null, LastModifiedTime: modifiedAt = null } = info
    return { status, lock: null, version, sha256, modifiedAt }
  }
  return {
    status,
    lock: one(headers['x-wopi-lock']),
    version: one(headers['x-wopi-itemversion']),
    sha256: null,
    table: text === '' || !isCoauth(request) ? null : tableIn(text),
    modifiedAt: text !== '' && request.kind === 'PUT' && status === 200 ? savedAt(text) : null,
  }
}

function savedAt(text: string): string {
  return Saved.parse(JSON.parse(text)).LastModifiedTime
}

function tableIn(text: string): string {
  const { CoauthTable: rows } = CoauthTable.parse(JSON.parse(text))
  return tableText(rows.map((row) => [row.CoauthLockId, row.CoauthLockType]))
}

function one(header: string | string[] | undefined): string | null {
  return typeof header === 'string' ? header : null
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}
