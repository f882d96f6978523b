import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { startEmbeddedPostgres } from '../src/database/embedded/embedded-postgres.js'
import { startFloor } from './floor.js'
import type { Options } from './options.js'
import { standIn, startTandem } from './tandem.js'
import type { ServerName, Target } from './target.js'

/** Everything that must run before the first measurement. */
export interface Stage {
  readonly folder: string
  readonly floor: Target
  /** All that run: the floor, and those of Tandem that the cases ask for. */
  readonly targets: ReadonlyMap<ServerName, Target>
  /** Administrator's connection to the floor's database, which has pg_stat_statements. */
  readonly database: Client
  /** Rejects when a server dies. */
  readonly broken: Promise<never>
  close(): Promise<void>
}

/** One PostgreSQL with real durability for both servers; each has a database and a blob folder of its own on it. */
export async function openStage(options: Options, say: (line: string) => void): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), 'tandem-bench-'))
  await chmod(folder, 0o755) // started by root, PostgreSQL runs as another user and must get through
  const closing: (() => Promise<void>)[] = [() => rm(folder, { recursive: true, force: true })]
  const closeAll = async (): Promise<void> => {
    for (let step = closing.pop(); step; step = closing.pop()) await step()
  }
  // Ctrl-C and the end of the run may both ask for it: in parallel, the folder would go before its servers.
  let closed: Promise<void> | undefined
  const close = (): Promise<void> => (closed ??= closeAll())
  try {
    say('starting PostgreSQL (fsync on)')
    const postgres = await startEmbeddedPostgres({
      dataDir: join(folder, 'database'),
      durable: true,
      parameters: { shared_preload_libraries: 'pg_stat_statements' },
    })
    closing.push(() => postgres.stop())
    const database = await createFloorDatabase(postgres.url)
    closing.push(() => database.end())
    const broken: Promise<never>[] = []

    let tandem: Awaited<ReturnType<typeof startTandem>> | undefined
    if (!options.floorOnly) {
      say('starting Tandem and making its documents')
      const profiling =
        options.profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${options.profile}`]
      const needed = new Set(options.cases.flatMap((one) => [one.of ?? 'Tandem', one.against ?? 'floor']))
      tandem = await startTandem(folder, postgres.url, profiling, needed)
      for (const server of tandem.servers) {
        closing.push(server.stop)
        broken.push(server.died)
      }
    }
    say('starting the floor and making its documents')
    const floor = await startFloor(folder, floorUrl(postgres.url), {
      ...(tandem?.captured ?? standIn),
      twoTrips: options.twoTrips,
    })
    closing.push(floor.server.stop)
    broken.push(floor.server.died)
    return {
      folder,
      floor: floor.target,
      targets: new Map([...(tandem?.targets ?? []), ['floor', floor.target]]),
      database,
      broken: Promise.race(broken),
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** The same server, another database. */
function floorUrl(url: string): string {
  const other = url.replace(/\/tandem(?=\?|$)/, '/floor')
  if (other === url) throw new Error(`no database "tandem" in the connection string ${url}`)
  return other
}

async function createFloorDatabase(url: string): Promise<Client> {
  const maker = new Client({ connectionString: url })
  await maker.connect()
  await maker.query('create database floor')
  await maker.end()
  const database = new Client({ connectionString: floorUrl(url) })
  database.on('error', () => undefined) // a dying PostgreSQL shows in the servers' answers
  await database.connect()
  await database.query('create extension pg_stat_statements')
  await requireDurability(database)
  return database
}

/** A figure without real commits would flatter both servers. */
async function requireDurability(database: Client): Promise<void> {
  const { rows } = await database.query<{ name: string }>(
    `select name from pg_settings
     where name in ('fsync', 'full_page_writes', 'synchronous_commit') and setting <> 'on'`,
  )
  if (rows.length > 0) throw new Error(`PostgreSQL runs with ${rows.map((row) => row.name).join(', ')} off`)
}
