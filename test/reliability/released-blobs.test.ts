import { existsSync } from 'node:fs'
import { readdir, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest'
import { execute } from '../kit/postgres.js'
import { Housekeeping } from '../kit/storage.js'
import { Tandem } from '../kit/tandem.js'
import { blobPath, StoredBlobs } from './damage.js'

/** what is on disk goes late, and by the latest word. */
describe('how long bytes stay that nothing names any more', () => {
  let tandem: Tandem
  let keeping: Housekeeping

  beforeEach(async () => {
    tandem = await Tandem.start(inject('postgres'))
    keeping = await Housekeeping.of(tandem)
  })
  afterEach(async () => {
    await keeping[Symbol.asyncDispose]()
    await tandem.stop()
  })
  const sql = (text: string, values: unknown[] = []): Promise<unknown> =>
    execute(tandem.databaseUrl, text, values)

  it('a day from when the last of those who had them let them go, not the first', async () => {
    const alice = await tandem.person('alice')
    const { id } = await alice.createsFile('Report.docx', 'the same bytes')
    const path = blobPath(tandem.dataDir, await new StoredBlobs(tandem).blobOf(id))
    const again = await alice.calls('PUT', `/files/${id}/content`, 'the same bytes', { 'if-match': '"1"' })
    expect(again.status).toBe(200)
    // The first version was purged yesterday, and the file just now; nobody looked in between.
    await sql('delete from file_version where file_id = $1 and version = 1', [id])
    await sql(`update released_blob set released_at = released_at - interval '25 hours'`)
    expect((await alice.calls('DELETE', `/files/${id}`)).status).toBe(204)
    expect((await alice.calls('DELETE', `/bin/${id}`)).status).toBe(204)
    expect(await keeping.blobs.collect()).toBe(0)
    expect(existsSync(path)).toBe(true)
    await sql(`update released_blob set released_at = released_at - interval '25 hours'`)
    expect(await keeping.blobs.collect()).toBe(1)
    expect(existsSync(path)).toBe(false)
  })

  it('a month in quarantine when the database has never heard of them, and not a day less', async () => {
    const alice = await tandem.person('alice')
    const { id } = await alice.createsFile('Report.docx', 'of another dump')
    const path = blobPath(tandem.dataDir, await new StoredBlobs(tandem).blobOf(id))
    const folder = join(tandem.dataDir, 'blobs')
    const old = new Date(Date.now() - 48 * 3600_000)
    for (const name of await readdir(folder, { recursive: true }))
      if (/\/[0-9a-f]{32}$/.test(name)) await utimes(join(folder, name), old, old)
    await sql('delete from file_version where file_id = $1', [id])
    await sql('delete from released_blob')
    await keeping.blobs.collect()
    await sql(`update quarantined_blob set since = since - interval '29 days 23 hours'`)
    expect(await keeping.blobs.collect()).toBe(0)
    expect(existsSync(path)).toBe(true)
    await sql(`update quarantined_blob set since = since - interval '2 hours'`)
    expect(await keeping.blobs.collect()).toBe(1)
    expect(existsSync(path)).toBe(false)
  })
})
