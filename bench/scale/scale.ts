import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from '../../src/database/embedded/embedded-postgres.js'
import { fsyncMilliseconds, machine } from '../machine.js'
import type { ScaleOptions } from '../options.js'
import { uncovered } from './coverage.js'
import { FRESHEN, load } from './load.js'
import { measureHotCalls } from './hot-calls.js'
import { measureJobs } from './jobs.js'
import { Looks } from './looks.js'
import { measureNames } from './names.js'
import { type Outcome, outcomeTable } from './outcome.js'
import { type Installation, startOn } from './server.js'
import { sizesOf } from './sizes.js'

/** Only while the tables are filled: what is measured has the settings that everybody gets. */
const FOR_LOADING = {
  shared_buffers: '1GB',
  maintenance_work_mem: '1GB',
  max_wal_size: '8GB',
  wal_level: 'minimal',
  max_wal_senders: '0',
  autovacuum: 'off',
}
const FOR_MEASURING = { shared_preload_libraries: 'pg_stat_statements' }

type Say = (line: string) => void

/** Exit code 1: a goal was missed. */
export async function benchScale(options: ScaleOptions, say: Say): Promise<void> {
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'tandem-scale-')))
  await mkdir(folder, { recursive: true })
  await chmod(folder, 0o755) // started by root, PostgreSQL runs as another user and must get through
  try {
    await fill(folder, options.part, say)
    const outcomes = await withPostgres(folder, FOR_MEASURING, (postgres) =>
      measureAll(folder, postgres, options, say),
    )
    process.stdout.write(`\n${outcomeTable(outcomes)}\n\n`)
    if (outcomes.some(({ met }) => !met)) process.exitCode = 1
  } finally {
    if (options.folder === undefined) await rm(folder, { recursive: true, force: true })
  }
}

async function fill(folder: string, part: number, say: Say): Promise<void> {
  const mark = join(folder, 'filled')
  if (existsSync(mark)) {
    if (Number(await readFile(mark, 'utf8')) !== part)
      throw new Error(`${folder} holds another part than ${part}`)
    return
  }
  await withPostgres(folder, FOR_LOADING, async (postgres) => {
    const database = await connect(postgres.url)
    for (const name of ['empty', 'full'] as const) {
      await database.query(`create database "${name}"`)
      const { server } = await startOn(installation(folder, postgres, name))
      await server.stop()
    }
    await database.end()
    say(`filling the tables with ${part} of 10,000,000 versions`)
    const full = await connect(installation(folder, postgres, 'full').databaseUrl)
    await full.query('create extension if not exists pg_stat_statements')
    await load(full, sizesOf(part), say)
    await full.end()
  })
  await writeFile(mark, String(part))
}

async function measureAll(
  folder: string,
  postgres: EmbeddedPostgres,
  options: ScaleOptions,
  say: Say,
): Promise<Outcome[]> {
  const sizes = sizesOf(options.part)
  const [empty, full] = [installation(folder, postgres, 'empty'), installation(folder, postgres, 'full')]
  const database = await connect(full.databaseUrl)
  try {
    for (const statement of FRESHEN) await database.query(statement)
    const { rows } = await database.query<{ size: string }>(
      'select pg_size_pretty(pg_database_size(current_database())) as size',
    )
    const fsync = fsyncMilliseconds(folder).toFixed(2)
    say(`${machine()}; fsync of 4 KB ${fsync} ms; ${rows[0]?.size ?? '?'} of database`)
    const wanted = (what: string): boolean => options.only.length === 0 || options.only.includes(what)
    const outcomes: Outcome[] = []
    if (wanted('hot')) {
      say('hot calls and starts')
      outcomes.push(...(await measureHotCalls(empty, full, options)))
    }
    if (wanted('names')) {
      say('numbered names')
      outcomes.push(...(await measureNames(full, database)))
    }
    say('lists and probes')
    const running = await startOn(full)
    try {
      const looks = await Looks.at(running, sizes)
      const forgotten = uncovered(await looks.openApi())
      if (forgotten.length > 0) throw new Error(forgotten.join('\n'))
      outcomes.push(...(await looks.measure(options.only, say)))
    } finally {
      await running.server.stop()
    }
    if (wanted('jobs')) {
      say('hourly jobs')
      outcomes.push(...(await measureJobs(full, database)))
    }
    return outcomes
  } finally {
    await database.end()
  }
}

function installation(folder: string, postgres: EmbeddedPostgres, name: Installation['name']): Installation {
  return {
    name,
    databaseUrl: postgres.url.replace(/\/tandem(?=\?|$)/, `/${name}`),
    dataDir: join(folder, name),
  }
}

async function withPostgres<T>(
  folder: string,
  parameters: Readonly<Record<string, string>>,
  work: (postgres: EmbeddedPostgres) => Promise<T>,
): Promise<T> {
  const postgres = await startEmbeddedPostgres({
    dataDir: join(folder, 'database'),
    durable: true,
    parameters,
  })
  try {
    return await work(postgres)
  } finally {
    await postgres.stop()
  }
}

async function connect(url: string): Promise<Client> {
  const client = new Client({ connectionString: url })
  client.on('error', () => undefined) // a dying PostgreSQL shows in the servers' answers
  await client.connect()
  return client
}
