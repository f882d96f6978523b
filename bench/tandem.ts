import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { startServer, type Server } from './child-server.js'
import { streamsOf } from './event-streams.js'
import { entry, fill, Rest } from './tandem-documents.js'
import type { Documents, ServerName, Target } from './target.js'

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

export interface StartedTandem {
  /** Those that some case asks for, and always Tandem as it comes. */
  readonly targets: ReadonlyMap<ServerName, Target>
  readonly servers: readonly Server[]
  readonly captured: TandemAnswer
}

/** What sets the others apart, each a process of its own on the same database and blobs. */
const OTHERS: readonly { readonly name: ServerName; readonly env: Readonly<Record<string, string>> }[] = [
  { name: 'plus', env: { COAUTH_PROFILE: 'plus' } },
  { name: '2 workers', env: { WORKERS: '2' } },
]

/** Starts Tandem with everything at its default, and makes the documents through its REST face; then the others. */
export async function startTandem(
  workFolder: string,
  databaseUrl: string,
  nodeOptions: readonly string[],
  needed: ReadonlySet<ServerName>,
): Promise<StartedTandem> {
  const port = await freePort()
  const env = { DATABASE_URL: databaseUrl, DATA_DIR: join(workFolder, 'tandem'), LOG_LEVEL: 'info' }
  const servers: Server[] = []
  const start = async (
    name: ServerName,
    at: number,
    more: Readonly<Record<string, string>>,
  ): Promise<number> => {
    const server = startServer({
      name: `Tandem server (${name})`,
      args: [...nodeOptions, entry('main')],
      env: { ...env, ...more, PORT: String(at) },
      log: join(workFolder, `tandem-${name}.log`),
    })
    servers.push(server)
    await Promise.race([server.died, ready(at)])
    return server.pid
  }
  try {
    const pid = await start('Tandem', port, {})
    const rest = new Rest(port, { ...env, PORT: String(port) })
    const documents = await fill(rest)
    const captured = await capture(port, documents)
    const own: Target = { name: 'Tandem', database: 'tandem', port, pid, documents }
    const targets = new Map<ServerName, Target>([['Tandem', own]])
    if (needed.has('200 streams'))
      targets.set('200 streams', { ...own, name: '200 streams', beside: await streamsOf(rest, documents) })
    for (const { name, env: more } of OTHERS) {
      if (!needed.has(name)) continue
      const at = await freePort()
      const publicUrl = `http://localhost:${port}`
      targets.set(name, {
        ...own,
        name,
        port: at,
        pid: await start(name, at, { ...more, PUBLIC_URL: publicUrl }),
      })
    }
    return { targets, servers, captured }
  } catch (error) {
    await Promise.all(servers.map((one) => one.stop()))
    throw error
  }
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
