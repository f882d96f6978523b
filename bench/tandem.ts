import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { z } from 'zod'
import { startServer, type Server } from './child-server.js'
import { lockIdOf, sizes, type Documents, type Folder, type Seat, type Target } from './target.js'

/** What one CheckFileInfo answer of Tandem looks like, for the floor to send as many bytes. */
export interface TandemAnswer {
  readonly properties: Readonly<Record<string, unknown>>
  /** Names and values in turn. */
  readonly headers: readonly string[]
}

/** Without Tandem (--floor-only) the floor answers something of about the same size. */
export const standIn: TandemAnswer = {
  properties: Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`SupportsSomethingNumber${n}`, true])),
  headers: ['Cache-Control', 'no-store', 'X-Content-Type-Options', 'nosniff'],
}

/**
 * Starts Tandem with everything at its default, and makes the documents through its REST face; and a second one on the
 * same database that speaks to native clients.
 */
export async function startTandem(
  workFolder: string,
  databaseUrl: string,
  nodeOptions: readonly string[],
): Promise<{ target: Target; plus: Target; servers: readonly Server[]; captured: TandemAnswer }> {
  const port = await freePort()
  const env = {
    DATABASE_URL: databaseUrl,
    DATA_DIR: join(workFolder, 'tandem'),
    PORT: String(port),
    LOG_LEVEL: 'info',
  }
  const server = startServer({
    name: 'Tandem server',
    args: [...nodeOptions, entry('main')],
    env,
    log: join(workFolder, 'tandem.log'),
  })
  const servers = [server]
  try {
    await Promise.race([server.died, ready(port)])
    const documents = await fill(new Rest(port, env))
    const captured = await capture(port, documents)
    const plus = await startPlus(workFolder, nodeOptions, { ...env, PUBLIC_URL: `http://localhost:${port}` })
    servers.push(plus.server)
    const target = (at: number, { pid }: Server): Target => ({
      name: 'Tandem',
      database: 'tandem',
      port: at,
      pid,
      documents,
    })
    return { target: target(port, server), plus: target(plus.port, plus.server), servers, captured }
  } catch (error) {
    await Promise.all(servers.map((one) => one.stop()))
    throw error
  }
}

async function startPlus(
  workFolder: string,
  nodeOptions: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<{ port: number; server: Server }> {
  const port = await freePort()
  const server = startServer({
    name: 'Tandem server for native clients',
    args: [...nodeOptions, entry('main')],
    env: { ...env, PORT: String(port), COAUTH_PROFILE: 'plus' },
    log: join(workFolder, 'tandem-plus.log'),
  })
  try {
    await Promise.race([server.died, ready(port)])
  } catch (error) {
    await server.stop()
    throw error
  }
  return { port, server }
}

export function entry(name: 'main' | 'token'): string {
  return fileURLToPath(new URL(`../src/${name}.js`, import.meta.url))
}

export async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
  const address = probe.address()
  await new Promise((resolve) => probe.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no free port')
  return address.port
}

export async function ready(port: number): Promise<void> {
  const deadline = Date.now() + 60_000
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${port}/health/ready`).catch(() => undefined)
    if (answer?.ok) return
    if (Date.now() > deadline) {
      throw new Error(`Tandem was not ready within a minute: ${await (answer?.text() ?? 'no answer')}`)
    }
    await sleep(100)
  }
}

async function fill(rest: Rest): Promise<Documents> {
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
    private readonly port: number,
    private readonly env: Readonly<Record<string, string>>,
  ) {}

  async createFile(label: string, size: number): Promise<string> {
    const created = await this.call('bench', 'POST', `/files?name=${label}.docx`, randomBytes(size))
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
    const { stdout } = await promisify(execFile)(process.execPath, [entry('token'), person, '--role', role], {
      env,
    })
    const token = stdout.trim().split('\n').at(-1) ?? ''
    this.bearers.set(person, token)
    return token
  }
}

// Headers that node:http or the floor itself writes.
const ownHeaders = new Set([
  'content-type',
  'content-length',
  'date',
  'connection',
  'keep-alive',
  'x-wopi-itemversion',
])

async function capture(port: number, documents: Documents): Promise<TandemAnswer> {
  const seat = documents.small[0]
  if (!seat) throw new Error('no document')
  const answer = await fetch(`http://127.0.0.1:${port}${seat.path}?access_token=${seat.token}`)
  if (!answer.ok) throw new Error(`Tandem answered ${answer.status} to CheckFileInfo: ${await answer.text()}`)
  return {
    properties: z.record(z.string(), z.unknown()).parse(await answer.json()),
    headers: [...answer.headers].filter(([name]) => !ownHeaders.has(name)).flat(),
  }
}
