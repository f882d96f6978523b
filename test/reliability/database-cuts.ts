import { Agent, request } from 'undici'
import { setTimeout as pause } from 'node:timers/promises'
import { bearerFor, Person } from '../kit/people.js'
import { execute } from '../kit/postgres.js'
import type { TandemProcess } from '../kit/tandem-process.js'
import type { OwnPostgres } from './own-postgres.js'

export interface CutsResult {
  /** How often each status was answered. */
  readonly statuses: Readonly<Record<string, number>>
  /** Acknowledged saves that are not among the versions afterwards. */
  readonly lost: readonly string[]
}

const FILES = 12
const EDITORS = 60

/**
 * People save and look at documents while PostgreSQL is restarted, killed, and its connections are cut, `rounds` times.
 * The server may answer 503; it must not end.
 */
export async function cutUnderLoad(
  postgres: OwnPostgres,
  server: TandemProcess,
  dataDir: string,
  rounds: number,
): Promise<CutsResult> {
  const alice = new Person(server.url, 'alice', await bearerFor(dataDir, 'alice'))
  const files = await Promise.all(
    Array.from({ length: FILES }, async (_, i) => {
      const { id } = await alice.createsFile(`A${i}.docx`, 'first')
      return { id, token: await alice.opensForEdit(id), saved: new Set<string>() }
    }),
  )
  const agent = new Agent({ connections: EDITORS })
  const statuses: Record<string, number> = {}
  const going = new AbortController()
  const call = async (
    file: (typeof files)[number],
    override: string,
    below: string,
    body?: string,
  ): Promise<void> => {
    const url = `${server.url}/wopi/files/${file.id}${below}?access_token=${file.token}`
    const answer = await request(url, {
      dispatcher: agent,
      method: override ? 'POST' : 'GET',
      headers: override ? { 'x-wopi-override': override, 'x-wopi-lock': 'L' } : {},
      body: body ?? null,
    })
    await answer.body.dump()
    statuses[answer.statusCode] = (statuses[answer.statusCode] ?? 0) + 1
    const version = answer.headers['x-wopi-itemversion']
    if (below === '/contents' && answer.statusCode === 200 && typeof version === 'string')
      file.saved.add(version)
    if (answer.statusCode !== 200) await pause(20)
  }
  for (const file of files) await call(file, 'LOCK', '')
  const editors = Array.from({ length: EDITORS }, async (_, i) => {
    const file = files[i % FILES]
    while (!going.signal.aborted && file && server.child.exitCode === null) {
      if (i % 3 === 0) await call(file, '', '')
      else if (i % 3 === 1) await call(file, 'PUT', '/contents', `save ${Math.random()}`)
      else await call(file, 'REFRESH_LOCK', '')
    }
  })
  const over = Promise.all(editors)
  over.catch(() => {
    going.abort()
  })
  for (let round = 0; round < rounds && server.child.exitCode === null && !going.signal.aborted; round++) {
    await pause(200 + Math.random() * 300)
    await STRIKES[round % STRIKES.length]?.(postgres)
  }
  await pause(300)
  going.abort()
  await over
  await agent.close()
  const lost = await Promise.all(
    files.map(async ({ id, saved }) => {
      const there = new Set((await alice.versions(id)).map(({ version }) => version))
      return [...saved].filter((version) => !there.has(version)).map((version) => `${id} ${version}`)
    }),
  )
  return { statuses, lost: lost.flat() }
}

const STRIKES: readonly ((postgres: OwnPostgres) => Promise<unknown>)[] = [
  (postgres) =>
    execute(
      postgres.url,
      `select pg_terminate_backend(pid) from pg_stat_activity where usename = 'tandem_app' and pid <> pg_backend_pid() order by pid`,
    ),
  (postgres) => postgres.restart(),
  async (postgres) => {
    await postgres.kill()
    await postgres.startAgain()
  },
  (postgres) =>
    execute(
      postgres.url,
      `select pg_cancel_backend(pid) from pg_stat_activity where usename = 'tandem_app' order by pid`,
    ),
]
