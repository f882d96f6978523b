import type { Database, Statement } from '../../database/database.js'
import { ORPHAN_GRACE_MS } from './blob-collector.js'
import { QUARANTINE, UNKNOWN_BLOBS } from './blob-references.js'
import type { BlobStore } from './blob-store.js'

const BATCH = 500

/** $1 who, $2 detail */
const RECORD: Statement<Record<string, never>, [string, string]> = {
  name: 'audit-unknown-blobs',
  text: `
    insert into audit_event (actor, action, object_id, outcome, detail)
    select $1, 'blobs-given-up', id, 'done', $2 from installation`,
}

/**
 * An operator says that nobody will miss them. They wait a month all the same, and are nobody's longer than any upload
 * lasts. @returns how many
 */
export async function giveUpUnknownBlobs(database: Database, blobs: BlobStore, by: string): Promise<number> {
  let count = 0
  let batch: string[] = []
  const giveUp = async (): Promise<void> => {
    const unknown = (await database.query(UNKNOWN_BLOBS, [batch])).map(({ blob }) => blob)
    count += (await database.query(QUARANTINE, [unknown, by])).length
    batch = []
  }
  for await (const { blob, writtenAt } of blobs.list()) {
    if (writtenAt.getTime() < Date.now() - ORPHAN_GRACE_MS) batch.push(blob)
    if (batch.length === BATCH) await giveUp()
  }
  await giveUp()
  await database.query(RECORD, [by, JSON.stringify({ blobs: count })])
  return count
}
