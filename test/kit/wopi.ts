import { Readable } from 'node:stream'
import { request } from 'undici'

export interface WopiAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Buffer
  /** X-WOPI-Lock: undefined when the header is absent, '' when it is empty. */
  readonly lock: string | undefined
  readonly version: string | undefined
  /** As what the caller expects it to be. */
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters
  json<T>(): T
}

export type Headers = Record<string, string>

/** The WOPI calls of an editor on one file with one access token. Knows no rules: it sends what it is told. */
export class Editor {
  constructor(
    readonly baseUrl: string,
    readonly fileId: string,
    readonly token: string,
  ) {}

  checkFileInfo(headers: Headers = {}): Promise<WopiAnswer> {
    return this.call('GET', '', headers)
  }
  getFile(headers: Headers = {}): Promise<WopiAnswer> {
    return this.call('GET', '/contents', headers)
  }
  putFile(body: Buffer | string | Readable, lockId?: string, headers: Headers = {}): Promise<WopiAnswer> {
    const lock = lockId === undefined ? {} : { 'X-WOPI-Lock': lockId }
    return this.call('POST', '/contents', { 'X-WOPI-Override': 'PUT', ...lock, ...headers }, body)
  }
  lock(lockId: string, headers: Headers = {}): Promise<WopiAnswer> {
    return this.operation('LOCK', { 'X-WOPI-Lock': lockId, ...headers })
  }
  unlockAndRelock(oldLockId: string, lockId: string): Promise<WopiAnswer> {
    return this.operation('LOCK', { 'X-WOPI-Lock': lockId, 'X-WOPI-OldLock': oldLockId })
  }
  refreshLock(lockId: string): Promise<WopiAnswer> {
    return this.operation('REFRESH_LOCK', { 'X-WOPI-Lock': lockId })
  }
  unlock(lockId: string): Promise<WopiAnswer> {
    return this.operation('UNLOCK', { 'X-WOPI-Lock': lockId })
  }
  getLock(): Promise<WopiAnswer> {
    return this.operation('GET_LOCK')
  }
  putRelativeFile(body: Buffer | string, headers: Headers): Promise<WopiAnswer> {
    return this.operation('PUT_RELATIVE', headers, body)
  }
  renameFile(name: string, headers: Headers = {}, body?: Buffer | string): Promise<WopiAnswer> {
    return this.operation('RENAME_FILE', { 'X-WOPI-RequestedName': name, ...headers }, body)
  }
  deleteFile(): Promise<WopiAnswer> {
    return this.operation('DELETE')
  }
  putUserInfo(text: string): Promise<WopiAnswer> {
    return this.operation('PUT_USER_INFO', {}, text)
  }

  operation(override: string, headers: Headers = {}, body?: Buffer | string): Promise<WopiAnswer> {
    return this.call('POST', '', { 'X-WOPI-Override': override, ...headers }, body)
  }

  call(
    method: 'GET' | 'POST',
    path: string,
    headers: Headers = {},
    body?: Buffer | string | Readable,
  ): Promise<WopiAnswer> {
    const url = `${this.baseUrl}/wopi/files/${this.fileId}${path}?access_token=${encodeURIComponent(this.token)}`
    return callWopi(method, url, headers, body)
  }
}

/** What is at an address with an access token in it, as WOPI answers hand them out. Knows no rules either. */
export class Place {
  constructor(readonly url: string) {}

  get id(): string {
    return new URL(this.url).pathname.split('/').at(-1) ?? ''
  }
  get token(): string {
    return new URL(this.url).searchParams.get('access_token') ?? ''
  }

  /** @param below such as `/children` */
  get(below = '', headers: Headers = {}): Promise<WopiAnswer> {
    return callWopi('GET', this.url.replace('?', `${below}?`), headers)
  }
  operation(override: string, headers: Headers = {}, body?: Buffer | string): Promise<WopiAnswer> {
    return callWopi('POST', this.url, { 'X-WOPI-Override': override, ...headers }, body)
  }
}

export async function callWopi(
  method: 'GET' | 'POST',
  url: string,
  headers: Headers = {},
  body?: Buffer | string | Readable,
): Promise<WopiAnswer> {
  const answer = await request(url, { method, headers, body: body ?? null })
  const bytes = Buffer.from(await answer.body.arrayBuffer())
  const one = (name: string): string | undefined => {
    const value = answer.headers[name]
    return Array.isArray(value) ? value.join(', ') : value
  }
  return {
    status: answer.statusCode,
    headers: answer.headers,
    body: bytes,
    lock: one('x-wopi-lock'),
    version: one('x-wopi-itemversion'),
    // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters
    json: <T>() => JSON.parse(bytes.toString()) as T,
  }
}
