import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Config } from '../config/config.js'
import { embeddedAppRole } from './app-role.js'
import { DatabaseClient } from './database-client.js'
import { startEmbeddedPostgres } from './embedded/embedded-postgres.js'

export interface OpenDatabase {
  /** For the server. */
  readonly url: string
  /** For whoever changes the schema; undefined where the server's own role has to do that. */
  readonly ownerUrl: string | undefined
  /** Stops PostgreSQL when it is our own; leaves any other alone. */
  close(): Promise<void>
}

type Where = Pick<Config, 'databaseUrl' | 'databaseMigrationUrl' | 'dataDir'>

/** The database that the configuration names, or PostgreSQL of our own under `DATA_DIR`. For the server. */
export async function openDatabase({
  databaseUrl,
  databaseMigrationUrl,
  dataDir,
}: Where): Promise<OpenDatabase> {
  if (databaseUrl !== undefined) {
    return { url: databaseUrl, ownerUrl: databaseMigrationUrl, close: () => Promise.resolve() }
  }
  const postgres = await startEmbeddedPostgres({ dataDir, durable: true })
  const note = noteIn(dataDir)
  const close = async (): Promise<void> => {
    await rm(note, { force: true })
    await postgres.stop()
  }
  try {
    const url = await embeddedAppRole(postgres.url)
    await writeFile(note, postgres.url, { mode: 0o600 })
    return { url, ownerUrl: postgres.url, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** The same database for a tool of the operator, whether the server runs beside it or not. */
export async function joinDatabase(where: Where): Promise<Pick<OpenDatabase, 'url' | 'close'>> {
  const url = where.databaseUrl ?? (await readFile(noteIn(where.dataDir), 'utf8').catch(() => undefined))
  if (url !== undefined && (where.databaseUrl !== undefined || (await answers(url)))) {
    return { url, close: () => Promise.resolve() }
  }
  const opened = await openDatabase(where)
  return opened.ownerUrl === undefined ? opened : { ...opened, url: opened.ownerUrl }
}

function noteIn(dataDir: string): string {
  return join(dataDir, 'database-url')
}

async function answers(url: string): Promise<boolean> {
  const client = new DatabaseClient({ connectionString: url, connectionTimeoutMillis: 2000 })
  try {
    await client.connect()
    await client.end()
    return true
  } catch {
    return false
  }
}
