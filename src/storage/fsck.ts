import type { Database, Statement } from '../database/database.js'
import { ORPHAN_GRACE_MS, UNREFERENCED } from './blob-collector.js'
import type { BlobStore } from './blob-store.js'

interface StoredRow {
  readonly what: string
  readonly blob: string
  readonly size: string
  readonly sha256: string
}

const ALL_STORED: Statement<StoredRow> = {
  name: 'all-stored',
  text: `
    select 'version ' || version || ' of file ' || file_id as what, blob, size, sha256 from file_version
    union all
    select 'head of file ' || id, blob, size, sha256 from file where deleted_at is null
    union all
    select 'stream ' || stream_id || ' of file ' || file_id, content, size, sha256 from stream
    union all
    select 'recovery item ' || id, blob, size, sha256 from recovery_item where resolution is distinct from 'discarded'`,
}

export interface StorageReport {
  readonly checked: number
  readonly damaged: number
  readonly blobs: number
  readonly orphans: number
}

/** Every version's blob exists and has its hash; every blob is referenced or young (RELIABILITY-SECURITY.md R-06). */
export async function checkStorage(
  database: Database,
  blobs: BlobStore,
  complain: (line: string) => void,
): Promise<StorageReport> {
  const stored = await database.query(ALL_STORED, [])
  const seen = new Map<string, { size: number; sha256: string } | undefined>()
  let damaged = 0
  for (const { what, blob, size, sha256 } of stored) {
    if (!seen.has(blob)) seen.set(blob, await blobs.inspect(blob))
    const found = seen.get(blob)
    const trouble = !found
      ? 'is missing'
      : found.size !== Number(size)
        ? `has ${found.size} bytes instead of ${size}`
        : found.sha256 !== sha256
          ? 'has other content than was saved'
          : undefined
    if (trouble === undefined) continue
    damaged++
    complain(`${what}: blob ${blob} ${trouble}`)
  }
  return { checked: stored.length, damaged, ...(await countOrphans(database, blobs)) }
}

async function countOrphans(
  database: Database,
  blobs: BlobStore,
): Promise<{ blobs: number; orphans: number }> {
  let count = 0
  const old: string[] = []
  for await (const { blob, writtenAt } of blobs.list()) {
    count++
    if (writtenAt.getTime() < Date.now() - ORPHAN_GRACE_MS) old.push(blob)
  }
  return { blobs: count, orphans: (await database.query(UNREFERENCED, [old])).length }
}
