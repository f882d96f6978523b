import type { Database, Statement } from '../../database/database.js'
import { ORPHAN_GRACE_MS } from './blob-collector.js'
import { UNREFERENCED } from './blob-references.js'
import type { BlobStore } from './blob-store.js'

interface StoredRow {
  readonly what: string
  readonly blob: string
  readonly size: string
  readonly sha256: string
}

const ALL_STORED: Statement<StoredRow, []> = {
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
  /** What lies among the blobs and is none of ours: nobody deletes it, nobody reads it. */
  readonly others: readonly string[]
}

const BATCH = 5000

/**
 * Every version's blob exists and has its hash; every blob is referenced or young (RELIABILITY-SECURITY.md R-06). What
 * cannot be read is a finding like any other: the rest is looked at all the more.
 */
export async function checkStorage(
  database: Database,
  blobs: BlobStore,
  complain: (line: string) => void,
): Promise<StorageReport> {
  const stored = await database.query(ALL_STORED, [])
  const seen = new Map<string, Inspection>()
  let damaged = 0
  for (const { what, blob, size, sha256 } of stored) {
    const found = seen.get(blob) ?? (await inspect(blobs, blob))
    seen.set(blob, found)
    const trouble = troubleOf(found, Number(size), sha256)
    if (trouble === undefined) continue
    damaged++
    complain(`${what}: blob ${blob} ${trouble}`)
  }
  return { checked: stored.length, damaged, ...(await listAll(database, blobs)) }
}

/** What is there, or why nobody can tell. */
type Inspection = { readonly size: number; readonly sha256: string } | string

async function inspect(blobs: BlobStore, blob: string): Promise<Inspection> {
  try {
    return (await blobs.inspect(blob)) ?? 'is missing'
  } catch (error) {
    return `cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)})`
  }
}

function troubleOf(found: Inspection, size: number, sha256: string): string | undefined {
  if (typeof found === 'string') return found
  if (found.size !== size) return `has ${found.size} bytes instead of ${size}`
  return found.sha256 === sha256 ? undefined : 'has other content than was saved'
}

async function listAll(
  database: Database,
  blobs: BlobStore,
): Promise<Pick<StorageReport, 'blobs' | 'orphans' | 'others'>> {
  let [count, orphans] = [0, 0]
  const others: string[] = []
  let old: string[] = []
  const judge = async (): Promise<void> => {
    orphans += (await database.query(UNREFERENCED, [old])).length
    old = []
  }
  for await (const { blob, writtenAt } of blobs.list((path, why) => others.push(`${path} ${why}`))) {
    count++
    if (writtenAt.getTime() < Date.now() - ORPHAN_GRACE_MS) old.push(blob)
    if (old.length === BATCH) await judge()
  }
  await judge()
  return { blobs: count, orphans, others }
}
