import { request } from 'undici'
import { ConfigError, readConfig } from '../../src/config/config.js'
import { loadTokenSecrets } from '../../src/config/token-secrets.js'
import type { ApiRole } from '../../src/auth/api-user.js'
import { signBearer } from '../../src/auth/bearer-token.js'

/** A bearer token for a server that keeps its key under `dataDir`. */
export async function bearerFor(dataDir: string, user: string, role: ApiRole = 'user'): Promise<string> {
  const config = readConfig({ DATA_DIR: dataDir })
  if (config.oidc) throw new ConfigError('embedded mode only')
  return signBearer(await loadTokenSecrets(config), user, role)
}

export interface FileView {
  readonly id: string
  readonly name: string
  readonly version: string
  readonly size: number
  readonly sha256: string
  readonly modifiedAt: string
  readonly containerId: string
}

export interface RestAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Buffer
  /** As what the caller expects it to be. */
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters
  json<T>(): T
}

export type Role = 'viewer' | 'editor' | 'owner'

/** Somebody who is signed in at the REST face. */
export class Person {
  constructor(
    readonly baseUrl: string,
    readonly id: string,
    readonly bearer: string,
  ) {}

  /** Any call below /api/v1. A string or Buffer goes as it is, anything else as JSON. */
  async calls(
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<RestAnswer> {
    const raw = typeof body === 'string' || Buffer.isBuffer(body)
    const payload = body === undefined ? null : raw ? body : JSON.stringify(body)
    const answer = await request(`${this.baseUrl}/api/v1${path}`, {
      method,
      body: payload,
      headers: { authorization: `Bearer ${this.bearer}`, ...headers },
    })
    const bytes = Buffer.from(await answer.body.arrayBuffer())
    return {
      status: answer.statusCode,
      headers: answer.headers,
      body: bytes,
      // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters
      json: <T>() => JSON.parse(bytes.toString()) as T,
    }
  }

  async createsFile(name: string, body: Buffer | string, container?: string): Promise<FileView> {
    const where = container === undefined ? '' : `&container=${container}`
    const answer = await this.calls('POST', `/files?name=${encodeURIComponent(name)}${where}`, body)
    return expectStatus(answer, 201).json<FileView>()
  }

  async grants(fileId: string, subject: string, role: Role): Promise<void> {
    expectStatus(await this.calls('PUT', `/files/${fileId}/grants/${subject}`, { role }), 200)
  }

  async revokes(fileId: string, subject: string): Promise<void> {
    expectStatus(await this.calls('DELETE', `/files/${fileId}/grants/${subject}`), 204)
  }

  async opensForEdit(fileId: string): Promise<string> {
    return this.opens(fileId, 'edit')
  }

  /** @returns a WOPI access token */
  async opens(fileId: string, mode: 'view' | 'edit'): Promise<string> {
    const answer = await this.calls('POST', `/files/${fileId}/access-tokens`, { mode })
    return expectStatus(answer, 201).json<{ accessToken: string }>().accessToken
  }

  async seesFile(fileId: string): Promise<FileView> {
    return expectStatus(await this.calls('GET', `/files/${fileId}`), 200).json<FileView>()
  }

  async downloads(fileId: string): Promise<Buffer> {
    return expectStatus(await this.calls('GET', `/files/${fileId}/content`), 200).body
  }

  /** Every one, listed or not. */
  async versions(
    fileId: string,
  ): Promise<{ version: string; sha256: string; author: string; editors: string[]; cause: string }[]> {
    const answer = expectStatus(await this.calls('GET', `/files/${fileId}/versions?limit=1000&all=true`), 200)
    return answer.json<{
      items: { version: string; sha256: string; author: string; editors: string[]; cause: string }[]
    }>().items
  }

  async recoveryItems(
    fileId: string,
  ): Promise<
    { id: string; reason: string; userId: string; sha256: string; size: number; editors: string[] }[]
  > {
    const answer = expectStatus(await this.calls('GET', `/files/${fileId}/recovery-items`), 200)
    return answer.json<{
      items: { id: string; reason: string; userId: string; sha256: string; size: number; editors: string[] }[]
    }>().items
  }
}

function expectStatus(answer: RestAnswer, status: number): RestAnswer {
  if (answer.status === status) return answer
  throw new Error(`expected ${status}, got ${answer.status}: ${answer.body.toString()}`)
}
