import { request } from 'undici'
import { z } from 'zod'
import type { WopiAccess } from './wopi-client.js'

/** Tandem's /api/v1 refused a call. */
export class RestRefusal extends Error {
  constructor(
    readonly status: number,
    call: string,
    detail: string,
  ) {
    super(`${call} answered ${status}: ${detail}`)
  }
}

const createdFile = z.object({ id: z.string(), name: z.string(), version: z.string() })
export type CreatedFile = z.infer<typeof createdFile>

const accessToken = z.object({ accessToken: z.string(), wopiSrc: z.string() })
const versionFacts = z.object({ version: z.string() })
const versionPage = z.object({ items: z.array(z.unknown()), nextCursor: z.string().nullish() })
const recoveryItem = z.object({ id: z.string(), reason: z.string(), userId: z.string(), sha256: z.string() })
export type RecoveryItem = z.infer<typeof recoveryItem>
const recoveryPage = z.object({ items: z.array(recoveryItem) })
const editorState = z.object({ name: z.string(), state: z.string(), lastError: z.string().nullish() })
export type EditorState = z.infer<typeof editorState>
const editorPage = z.object({ items: z.array(editorState) })
const problem = z.object({ title: z.string().optional(), detail: z.string().optional() })

/** The calls of /api/v1 that one person makes. */
export class RestClient {
  constructor(
    readonly baseUrl: string,
    private readonly bearer: string,
  ) {}

  /** A user is created at the first call; only then can others share something with them. */
  async signIn(): Promise<void> {
    await this.#call('GET', '/files?limit=1')
  }

  async createFile(name: string, bytes: Uint8Array): Promise<CreatedFile> {
    const path = `/files?name=${encodeURIComponent(name)}`
    return createdFile.parse(parseJson(await this.#call('POST', path, bytes, 'application/octet-stream')))
  }

  async grant(fileId: string, subject: string, role: 'viewer' | 'editor' | 'owner'): Promise<void> {
    const body = Buffer.from(JSON.stringify({ role }))
    await this.#call('PUT', `/files/${fileId}/grants/${subject}`, body, 'application/json')
  }

  async accessToken(fileId: string, mode: 'view' | 'edit'): Promise<WopiAccess> {
    const body = Buffer.from(JSON.stringify({ mode }))
    const answer = await this.#call('POST', `/files/${fileId}/access-tokens`, body, 'application/json')
    return accessToken.parse(parseJson(answer))
  }

  async deleteFile(fileId: string): Promise<void> {
    await this.#call('DELETE', `/files/${fileId}`)
  }

  /** For an administrator: the editors that the host is set up with. */
  async editors(): Promise<EditorState[]> {
    return editorPage.parse(parseJson(await this.#call('GET', '/admin/editors?limit=100'))).items
  }

  content(fileId: string): Promise<Uint8Array> {
    return this.#call('GET', `/files/${fileId}/content`)
  }

  async revoke(fileId: string, subject: string): Promise<void> {
    await this.#call('DELETE', `/files/${fileId}/grants/${subject}`)
  }

  async headVersion(fileId: string): Promise<string> {
    return versionFacts.parse(parseJson(await this.#call('GET', `/files/${fileId}`))).version
  }

  async countVersions(fileId: string): Promise<number> {
    let count = 0
    let cursor: string | null | undefined = ''
    do {
      const path: string = `/files/${fileId}/versions?all=true&limit=100${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`
      const page = versionPage.parse(parseJson(await this.#call('GET', path)))
      count += page.items.length
      cursor = page.nextCursor
    } while (cursor)
    return count
  }

  /** Saves that the host refused and kept, oldest first. */
  async recoveryItems(fileId: string): Promise<RecoveryItem[]> {
    return recoveryPage.parse(parseJson(await this.#call('GET', `/files/${fileId}/recovery-items`))).items
  }

  recoveredContent(fileId: string, itemId: string): Promise<Uint8Array> {
    return this.#call('GET', `/files/${fileId}/recovery-items/${itemId}/content`)
  }

  async #call(
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    path: string,
    body?: Uint8Array,
    contentType?: string,
  ): Promise<Uint8Array> {
    const response = await request(`${this.baseUrl}/api/v1${path}`, {
      method,
      headers: {
        Authorization: `Bearer ${this.bearer}`,
        ...(contentType ? { 'Content-Type': contentType } : {}),
      },
      ...(body ? { body } : {}),
    }).catch((error: unknown) => {
      throw new Error(
        `${this.baseUrl} does not answer: ${error instanceof Error ? error.message : String(error)}`,
      )
    })
    const received = new Uint8Array(await response.body.arrayBuffer())
    if (response.statusCode < 300) return received
    throw new RestRefusal(response.statusCode, `${method} /api/v1${path}`, explain(received))
  }
}

function parseJson(body: Uint8Array): unknown {
  return JSON.parse(Buffer.from(body).toString('utf8'))
}

function explain(body: Uint8Array): string {
  try {
    const { title, detail } = problem.parse(parseJson(body))
    return detail ?? title ?? 'no reason given'
  } catch {
    return Buffer.from(body).toString('utf8').slice(0, 200)
  }
}
