import { z } from 'zod'
import type { Answer, Call, WopiAccess, WopiClientOptions } from './wopi-connection.js'
import { WopiConnection } from './wopi-connection.js'
import type { Failure, Outcome } from './wopi-outcome.js'
import { failure } from './wopi-outcome.js'

export type { WopiAccess, WopiClientOptions } from './wopi-connection.js'

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

/** The calls that an editor service makes to a WOPI host. */
export class WopiClient {
  readonly #connection: WopiConnection

  constructor(options: WopiClientOptions) {
    this.#connection = new WopiConnection(options)
  }

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

  async #call(call: Call): Promise<(Answer & { kind: 'ok' }) | Failure> {
    const answer = await this.#connection.exchange(call)
    if (answer.kind !== 'answered') return answer
    if (answer.status === 200) return { ...answer, kind: 'ok' }
    return failure(answer.status, answer.call, answer.header)
  }
}

function parseFileInfo(body: Uint8Array): FileInfo | undefined {
  try {
    return fileInfo.safeParse(JSON.parse(Buffer.from(body).toString('utf8'))).data
  } catch {
    return undefined
  }
}
