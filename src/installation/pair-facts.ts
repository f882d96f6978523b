import { stat } from 'node:fs/promises'
import type pg from 'pg'
import { blobPath, listBlobs } from './blob-folder.js'
import { begunIds, readInstallationFile } from './installation-file.js'
import type { PairFacts } from './pair-rules.js'

const SAMPLE = 100

/** Looks at both sides. The database may have no table yet, or those of an older release. */
export async function gatherFacts(database: pg.ClientBase, folder: string): Promise<PairFacts> {
  const tables = await tablesOf(database)
  const id = tables.installation ? await idOf(database) : undefined
  const folderId = await readInstallationFile(folder)
  const versions = tables.file_version && (await hasVersions(database))
  // What an id says, no sample needs to say; it reads the whole table.
  const newcomers = id === undefined && folderId.id === undefined && !folderId.damaged
  const needed = versions && newcomers ? await sampleOf(database, tables) : []
  return {
    database: { id, versions },
    folder: { ...folderId, begun: await begunIds(folder), blobs: await hasBlobs(folder) },
    sample: { asked: needed.length, missing: await countMissing(folder, needed) },
  }
}

/** Are the blobs that the database's documents need in the folder? Some by chance stand for all. */
export async function sampleFacts(database: pg.ClientBase, folder: string): Promise<PairFacts['sample']> {
  const tables = await tablesOf(database)
  const needed = tables.file_version ? await sampleOf(database, tables) : []
  return { asked: needed.length, missing: await countMissing(folder, needed) }
}

export async function idOf(database: pg.ClientBase): Promise<string | undefined> {
  const { rows } = await database.query<{ id: string }>('select id from installation')
  return rows[0]?.id
}

interface Tables {
  readonly installation: boolean
  readonly file_version: boolean
  readonly stream_chunk: boolean
}

async function tablesOf(database: pg.ClientBase): Promise<Tables> {
  const { rows } = await database.query<Tables>(
    `select to_regclass('installation') is not null as installation,
       to_regclass('file_version') is not null as file_version,
       to_regclass('stream_chunk') is not null as stream_chunk`,
  )
  return rows[0] ?? { installation: false, file_version: false, stream_chunk: false }
}

async function hasVersions(database: pg.ClientBase): Promise<boolean> {
  const { rows } = await database.query(`select from file_version limit 1`)
  return rows.length > 0
}

/** Blobs that documents need; a composite (docs/adr/0018) has no file of its own, but ranges of others. */
async function sampleOf(database: pg.ClientBase, { stream_chunk: chunks }: Tables): Promise<string[]> {
  const { rows } = await database.query<{ blob: string }>(
    `select blob from (
       select distinct blob from (
         select blob from file_version where blob not like 'c:%'
         ${chunks ? `union all select blob from stream_chunk where blob <> content and blob <> ''` : ''}
       ) needed
     ) each_once order by random() limit ${SAMPLE}`,
  )
  return rows.map(({ blob }) => blob)
}

async function hasBlobs(folder: string): Promise<boolean> {
  for await (const _ of listBlobs(folder)) return true
  return false
}

async function countMissing(folder: string, blobs: readonly string[]): Promise<number> {
  const found = await Promise.all(
    blobs.map((blob) =>
      stat(blobPath(folder, blob)).then(
        (info) => info.isFile(),
        () => false,
      ),
    ),
  )
  return found.filter((there) => !there).length
}
