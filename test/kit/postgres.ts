import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import {
  startEmbeddedPostgres,
  type EmbeddedPostgres,
} from '../../src/database/embedded/embedded-postgres.js'
import { embeddedAppRole, grantToApp } from '../../src/database/app-role.js'
import { migrate } from '../../src/database/migrate.js'

export interface TestPostgres {
  readonly server: EmbeddedPostgres
  /** A fresh, migrated database. */
  newDatabase(): Promise<string>
  stop(): Promise<void>
}

/** A PostgreSQL of its own, for one test run. Durable only where crashes are the subject. */
export async function startTestPostgres({ durable = false } = {}): Promise<TestPostgres> {
  const folder = await mkdtemp(join(tmpdir(), 'tandem-pg-'))
  const server = await startEmbeddedPostgres({
    dataDir: folder,
    durable,
    parameters: { max_connections: '200' },
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

export async function newDatabase(serverUrl: string): Promise<string> {
  const name = `t_${randomBytes(6).toString('hex')}`
  await execute(serverUrl, `create database ${name} template template_tandem strategy file_copy`)
  return databaseUrl(serverUrl, name)
}

export function databaseUrl(serverUrl: string, name: string): string {
  return serverUrl.replace(/\/[^/?]*(\?|$)/, `/${name}$1`)
}

export async function execute(
  url: string,
  statement: string,
  values: unknown[] = [],
): Promise<pg.QueryResult> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return await client.query(statement, values)
  } finally {
    await client.end()
  }
}
