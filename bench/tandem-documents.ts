import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { z } from 'zod'
import { stampedBody } from './stamped-body.js'
import { lockIdOf, sizes, type Documents, type Folder, type Seat } from './target.js'

export async function fill(rest: Rest): Promise<Documents> {
  const folder = async (name: Folder): Promise<Seat[]> => {
    const seats: Seat[] = []
    for (let n = 0; n < sizes[name].count; n++) {
      const id = await rest.createFile(`${name}${n}`, sizes[name].bytes)
      seats.push(await rest.seat('bench', id, `${name}${n}`, sizes[name].bytes))
    }
    return seats
  }
  const shared: Seat[] = []
  const sharedId = await rest.createFile('shared', sizes.shared.bytes)
  for (let n = 0; n < sizes.shared.people; n++) {
    const person = `editor${n}`
    await rest.call(person, 'GET', '/files?limit=1') // a user comes into being at the first call
    await rest.call('bench', 'PUT', `/files/${sharedId}/grants/user:${person}`, { role: 'editor' })
    shared.push(await rest.seat(person, sharedId, 'shared', sizes.shared.bytes))
  }
  return {
    small: await folder('small'),
    medium: await folder('medium'),
    large: await folder('large'),
    shared,
  }
}

/** The few REST calls that the preparation needs: documents, grants and tokens for whoever calls. */
export class Rest {
  private readonly bearers = new Map<string, string>()

  constructor(
    readonly port: number,
    private readonly env: Readonly<Record<string, string>>,
  ) {}

  async createFile(label: string, size: number): Promise<string> {
    const created = await this.call('bench', 'POST', `/files?name=${label}.docx`, stampedBody(size))
    return z.object({ id: z.string() }).parse(created).id
  }

  async seat(person: string, id: string, label: string, size: number): Promise<Seat> {
    const issued = await this.call(person, 'POST', `/files/${id}/access-tokens`, { mode: 'edit' })
    const { accessToken, wopiSrc } = z.object({ accessToken: z.string(), wopiSrc: z.url() }).parse(issued)
    return { path: new URL(wopiSrc).pathname, token: accessToken, size, lockId: lockIdOf(label) }
  }

  async call(
    person: string,
    method: string,
    path: string,
    body?: Buffer<ArrayBuffer> | object,
  ): Promise<unknown> {
    const json = body !== undefined && !Buffer.isBuffer(body)
    const answer = await fetch(`http://127.0.0.1:${this.port}/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${await this.bearer(person)}`,
        'content-type': json ? 'application/json' : 'application/octet-stream',
      },
      ...(body === undefined ? {} : { body: json ? JSON.stringify(body) : (body as Buffer<ArrayBuffer>) }),
    })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`Tandem answered ${answer.status} to ${method} /api/v1${path}: ${text}`)
    return text === '' ? undefined : (JSON.parse(text) as unknown)
  }

  async bearer(person: string, role: 'user' | 'admin' = 'user'): Promise<string> {
    const known = this.bearers.get(person)
    if (known !== undefined) return known
    const env = { PATH: process.env['PATH'], ...this.env }
    const args = [entry('token'), person, '--role', role]
    const { stdout } = await promisify(execFile)(process.execPath, args, { env })
    const token = stdout.trim().split('\n').at(-1) ?? ''
    this.bearers.set(person, token)
    return token
  }
}

export function entry(name: 'main' | 'token'): string {
  return fileURLToPath(new URL(`../src/${name}.js`, import.meta.url))
}
