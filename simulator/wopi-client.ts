import { randomUUID } from 'node:crypto'
import { Agent, request } from 'undici'
import { z } from 'zod'
import type { ProofKeys } from './proof-key.js'
import type { Failure, Outcome } from './wopi-outcome.js'
import { failure } from './wopi-outcome.js'

export interface WopiAccess {
  readonly wopiSrc: string
  readonly accessToken: string
}

/** The properties of CheckFileInfo that the editors here look at. */
const fileInfo = z.object({
  BaseFileName: z.string(),
  UserId: z.string(),
  Version: z.string(),
  UserCanWrite: z.boolean().default(false),
  ReadOnly: z.boolean().default(false),
  SupportsUpdate: z.boolean().default(false),
  SupportsLocks: z.boolean().default(false),
  SupportsCoauth: z.boolean().default(false),
  UserFriendlyName: z.string().default(''),
  // What the page around the editor is told, and whereto (WOPI.md §15.4).
  PostMessageOrigin: z.string().default(''),
  ClosePostMessage: z.boolean().default(false),
  EditNotificationPostMessage: z.boolean().default(false),
  CloseUrl: z.string().default(''),
})
export type FileInfo = z.infer<typeof fileInfo>

export interface WopiClientOptions {
  readonly sessionId: string
  /** Signs every call when given. */
  readonly proofKeys?: ProofKeys
  /** Told of every call: real milliseconds until the answer was there. */
  readonly onCall?: (operation: string, milliseconds: number) => void
}

interface Call {
  readonly operation: string
  readonly access: WopiAccess
  readonly path?: '/contents'
  readonly headers?: Record<string, string>
  readonly body?: Uint8Array
}

interface Answer {
  readonly kind: 'ok'
  readonly body: Uint8Array
  header(name: string): string | undefined
}

const connections = new Agent({ connect: { timeout: 10_000 }, headersTimeout: 60_000, bodyTimeout: 60_000 })

/** The calls that an editor service makes to a WOPI host. */
export class WopiClient {
  constructor(private readonly options: WopiClientOptions) {}

  async checkFileInfo(access: WopiAccess): Promise<Outcome<{ info: FileInfo }>> {
    const answer = await this.#call({ operation: 'CheckFileInfo', access })
    if (answer.kind !== 'ok') return answer
    const parsed = parseFileInfo(answer.body)
    if (parsed) return { kind: 'ok', info: parsed }
    return {
      kind: 'unexpected',
      status: 200,
      call: 'CheckFileInfo answered 200 without the required properties',
    }
  }

  async getFile(access: WopiAccess): Promise<Outcome<{ bytes: Uint8Array; version: string | undefined }>> {
    const answer = await this.#call({ operation: 'GetFile', access, path: '/contents' })
    if (answer.kind !== 'ok') return answer
    return { kind: 'ok', bytes: answer.body, version: answer.header('x-wopi-itemversion') }
  }

  /** `editors`: the UserIds of those whose changes are in `body`; empty to say nothing about it. */
  async putFile(
    access: WopiAccess,
    lock: string,
    body: Uint8Array,
    editors: readonly string[],
  ): Promise<Outcome<{ version: string | undefined }>> {
    const named: Record<string, string> = editors.length > 0 ? { 'X-WOPI-Editors': editors.join(',') } : {}
    const headers = { 'X-WOPI-Override': 'PUT', 'X-WOPI-Lock': lock, ...named }
    const answer = await this.#call({ operation: 'PutFile', access, path: '/contents', headers, body })
    if (answer.kind !== 'ok') return answer
    return { kind: 'ok', version: answer.header('x-wopi-itemversion') }
  }

  lock(access: WopiAccess, lock: string): Promise<Outcome> {
    return this.#lockCall('Lock', access, { 'X-WOPI-Override': 'LOCK', 'X-WOPI-Lock': lock })
  }

  unlockAndRelock(access: WopiAccess, lock: string, oldLock: string): Promise<Outcome> {
    const headers = { 'X-WOPI-Override': 'LOCK', 'X-WOPI-Lock': lock, 'X-WOPI-OldLock': oldLock }
    return this.#lockCall('UnlockAndRelock', access, headers)
  }

  refreshLock(access: WopiAccess, lock: string): Promise<Outcome> {
    return this.#lockCall('RefreshLock', access, { 'X-WOPI-Override': 'REFRESH_LOCK', 'X-WOPI-Lock': lock })
  }

  unlock(access: WopiAccess, lock: string): Promise<Outcome> {
    return this.#lockCall('Unlock', access, { 'X-WOPI-Override': 'UNLOCK', 'X-WOPI-Lock': lock })
  }

  async getLock(access: WopiAccess): Promise<Outcome<{ lock: string }>> {
    const answer = await this.#call({
      operation: 'GetLock',
      access,
      headers: { 'X-WOPI-Override': 'GET_LOCK' },
    })
    return answer.kind === 'ok' ? { kind: 'ok', lock: answer.header('x-wopi-lock') ?? '' } : answer
  }

  #lockCall(operation: string, access: WopiAccess, headers: Record<string, string>): Promise<Outcome> {
    return this.#call({ operation, access, headers })
  }

  async #call({ operation, access, path, headers, body }: Call): Promise<Answer | Failure> {
    const { wopiSrc, accessToken } = access
    const url = `${wopiSrc}${path ?? ''}?access_token=${encodeURIComponent(accessToken)}`
    const correlationId = randomUUID()
    const startedAt = performance.now()
    try {
      const response = await request(url, {
        method: headers ? 'POST' : 'GET',
        dispatcher: connections,
        headers: {
          Authorization: `Bearer ${accessToken}`,
          'X-WOPI-CorrelationId': correlationId,
          'X-WOPI-SessionId': this.options.sessionId,
          'X-WOPI-ClientVersion': 'tandem-simulator',
          ...headers,
          ...this.options.proofKeys?.headers(url, accessToken, Date.now()),
        },
        ...(body ? { body } : {}),
      })
      const received = new Uint8Array(await response.body.arrayBuffer())
      this.options.onCall?.(operation, performance.now() - startedAt)
      const header = (name: string): string | undefined => [response.headers[name]].flat()[0]
      if (response.statusCode === 200) return { kind: 'ok', body: received, header }
      const call = `${operation} answered ${response.statusCode} (correlation ${correlationId})`
      return failure(response.statusCode, call, header)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      return { kind: 'unavailable', call: `${operation} got no answer: ${reason}`, retryAfterMs: 0 }
    }
  }
}

function parseFileInfo(body: Uint8Array): FileInfo | undefined {
  try {
    return fileInfo.safeParse(JSON.parse(Buffer.from(body).toString('utf8'))).data
  } catch {
    return undefined
  }
}
