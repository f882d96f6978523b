import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import type { Config } from '../config/config.js'
import { startEmbeddedPostgres } from './embedded-postgres.js'

export interface OpenDatabase {
  readonly url: string
  /** Stops PostgreSQL when it is our own; leaves any other alone. */
  close(): Promise<void>
}

type Where = Pick<Config, 'databaseUrl' | 'dataDir'>

/** The database that the configuration names, or PostgreSQL of our own under `DATA_DIR`. For the server. */
export async function openDatabase({ databaseUrl, dataDir }: Where): Promise<OpenDatabase> {
  if (databaseUrl !== undefined) return { url: databaseUrl, close: () => Promise.resolve() }
  const postgres = await startEmbeddedPostgres({ dataDir, durable: true })
  const note = noteIn(dataDir)
  await writeFile(note, postgres.url, { mode: 0o600 })
  return {
    url: postgres.url,
    close: async () => {
      await rm(note, { force: true })
      await postgres.stop()
    },
  }
}

/** The same database for a tool, whether the server runs beside it or not. */
export async function joinDatabase(where: Where): Promise<OpenDatabase> {
  const url = where.databaseUrl ?? (await readFile(noteIn(where.dataDir), 'utf8').catch(() => undefined))
  if (url !== undefined && (where.databaseUrl !== undefined || (await answers(url)))) {
    return { url, close: () => Promise.resolve() }
  }
  return openDatabase(where)
}

function noteIn(dataDir: string): string {
  return join(dataDir, 'database-url')
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2000 })
  try {
    await client.connect()
    await client.end()
    return true
  } catch {
    return false
  }
}
