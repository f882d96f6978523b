import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import pg from 'pg'
import {
  startEmbeddedPostgres,
  type EmbeddedPostgres,
} from '../../src/database/embedded/embedded-postgres.js'
import { embeddedAppRole, grantToApp } from '../../src/database/app-role.js'
import { migrate } from '../../src/database/migrate.js'
import { scratchFolder } from './scratch.js'

export interface TestPostgres {
  readonly server: EmbeddedPostgres
  /** A fresh, migrated database. */
  newDatabase(): Promise<string>
  stop(): Promise<void>
}

/** A PostgreSQL of its own, for one test run. Durable only where crashes are the subject. */
export async function startTestPostgres({ durable = false } = {}): Promise<TestPostgres> {
  const folder = await scratchFolder('tandem-pg-')
  const server = await startEmbeddedPostgres({
    dataDir: folder,
    durable,
    parameters: { max_connections: '200', max_wal_size: '256MB', autovacuum: 'off' },
  })
  await prepareTemplate(server.url)
  return {
    server,
    newDatabase: () => newDatabase(server.url),
    stop: async () => {
      await server.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** One migrated database, of which every test's is a copy: creating those takes milliseconds. */
export async function prepareTemplate(serverUrl: string): Promise<void> {
  await execute(serverUrl, 'create database template_tandem')
  const template = databaseUrl(serverUrl, 'template_tandem')
  await migrate(template)
  await grantToApp(template, await embeddedAppRole(template))
}

const made = new Map<string, string>()

export async function newDatabase(serverUrl: string): Promise<string> {
  const name = `t_${randomBytes(6).toString('hex')}`
  await execute(serverUrl, `create database ${name} template template_tandem strategy file_copy`)
  made.set(name, serverUrl)
  return databaseUrl(serverUrl, name)
}

/** Drops all that `newDatabase` made in this process: they lie in memory. */
export async function dropDatabases(): Promise<void> {
  await leaveAll()
  for (const [name, serverUrl] of made) {
    // A server that a test had for itself is gone with all of its own.
    await execute(serverUrl, `drop database if exists ${name} with (force)`).catch(unlessServerIsGone)
  }
  made.clear()
  await leaveAll()
}

function unlessServerIsGone(error: unknown): void {
  const { code = '' } = error as NodeJS.ErrnoException
  if (!['ENOENT', 'ECONNREFUSED', 'ECONNRESET'].includes(code)) throw error
}

export function databaseUrl(serverUrl: string, name: string): string {
  return serverUrl.replace(/\/[^/?]*(\?|$)/, `/${name}$1`)
}

const pools = new Map<string, pg.Pool>()

/**
 * Rows that differ come only in an order that the statement names: two servers' connections fill different pages of a
 * table, so that rows lie in the order of their writing nearly always, and a test that counts on it fails once a month.
 */
export async function execute(
  url: string,
  statement: string,
  values: unknown[] = [],
): Promise<pg.QueryResult> {
  const result = await poolOf(url).query<Record<string, unknown>>(statement, values)
  // A text of several statements has an array of results.
  const rows = Array.isArray(result) ? [] : result.rows
  if (!/order by|^\s*explain/i.test(statement) && new Set(rows.map((row) => JSON.stringify(row))).size > 1)
    throw new Error(`${rows.length} rows in no order: ${statement}`)
  return result
}

/** PostgreSQL needs longer to make a connection than to answer most statements, so each database's are kept a moment. */
function poolOf(url: string): pg.Pool {
  const known = pools.get(url)
  if (known) return known
  const pool = new pg.Pool({
    connectionString: url,
    max: 50,
    idleTimeoutMillis: 3_000,
    allowExitOnIdle: true,
  })
  // A test has cut it while nobody used it.
  pool.on('error', () => undefined)
  pools.set(url, pool)
  return pool
}

async function leaveAll(): Promise<void> {
  const left = [...pools.values()]
  pools.clear()
  await Promise.all(left.map((pool) => pool.end()))
}
