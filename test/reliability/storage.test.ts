import { randomBytes } from 'node:crypto'
import { appendFile, readFile, rm, truncate, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execFile } from 'node:child_process'
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest'
import { createDataSource } from '../../ormconfig.js'
import { readConfig } from '../../src/config/config.js'
import { Database } from '../../src/database/database.js'
import type { BlobCollector } from '../../src/storage/blobs/blob-collector.js'
import { BlobStore } from '../../src/storage/blobs/blob-store.js'
import { checkStorage } from '../../src/storage/blobs/fsck.js'
import type { Person } from '../kit/people.js'
import { execute } from '../kit/postgres.js'
import { Housekeeping } from '../kit/storage.js'
import { Tandem } from '../kit/tandem.js'
import type { Editor } from '../kit/wopi.js'
import { blobsIn } from './held-upload.js'

const GRACE_MS = 24 * 3600_000

describe('what is on disk', () => {
  let tandem: Tandem
  let alice: Person
  let fileId: string
  let editor: Editor
  let database: Database
  let blobs: BlobStore
  let keeping: Housekeeping
  let collector: BlobCollector

  beforeAll(async () => {
    tandem = await Tandem.start(inject('postgres'))
    alice = await tandem.person('alice')
    database = new Database(await createDataSource(tandem.databaseUrl, 2).initialize())
    const config = readConfig({ DATA_DIR: tandem.dataDir })
    blobs = new BlobStore({ ...config, databaseUrl: tandem.databaseUrl, tokenSecrets: [] }, database)
    keeping = await Housekeeping.of(tandem)
    collector = keeping.blobs
  })
  afterAll(async () => {
    await keeping[Symbol.asyncDispose]()
    await database.dataSource.destroy()
    await tandem.stop()
  })

  /** A file with three versions and one refused save. */
  beforeEach(async () => {
    fileId = (await tandem.sharedFile(randomBytes(100))).id
    editor = await tandem.editor(alice, fileId)
    await editor.lock('L')
    for (let i = 0; i < 2; i++) expect((await editor.putFile(randomBytes(1000), 'L')).status).toBe(200)
    expect((await editor.putFile(randomBytes(1000), 'wrong')).status).toBe(409)
  })

  async function fsck(): Promise<string[]> {
    const complaints: string[] = []
    await checkStorage(database, blobs, (line) => complaints.push(line))
    return complaints
  }

  function pathOf(blob: string): string {
    return join(tandem.dataDir, 'blobs', blob.slice(0, 2), blob)
  }

  async function blobOf(version: string): Promise<string> {
    const { rows } = await execute(
      tandem.databaseUrl,
      'select blob from file_version where file_id = $1 and version = $2',
      [fileId, version],
    )
    return (rows[0] as { blob: string }).blob
  }

  const damages: {
    damage: string
    version: string
    inflict: (path: string) => Promise<void>
    found: string
  }[] = [
    { damage: 'a missing blob', version: '2', inflict: (path) => rm(path), found: 'is missing' },
    {
      damage: 'a truncated blob',
      version: '2',
      inflict: (path) => truncate(path, 999),
      found: 'has 999 bytes instead of 1000',
    },
    {
      damage: 'a blob that grew',
      version: '1',
      inflict: (path) => appendFile(path, '!'),
      found: 'has 101 bytes instead of 100',
    },
    {
      damage: 'a flipped bit',
      version: '1',
      inflict: async (path) => {
        const bytes = await readFile(path)
        bytes.writeUInt8(bytes.readUInt8(50) ^ 4, 50)
        await writeFile(path, bytes)
      },
      found: 'has other content than was saved',
    },
  ]
  for (const { damage, version, inflict, found } of damages) {
    it(`fsck finds ${damage}, and only that`, async () => {
      const blob = await blobOf(version)
      const sound = await readFile(pathOf(blob))
      expect(await fsck()).toEqual([])
      await inflict(pathOf(blob))
      expect(await fsck()).toEqual([`version ${version} of file ${fileId}: blob ${blob} ${found}`])
      await writeFile(pathOf(blob), sound)
    })
  }

  it('fsck on the command line ends with 0 when all is sound and with 1 when not, beside the running server', async () => {
    expect(await commandLineFsck()).toMatchObject({
      code: 0,
      text: expect.stringContaining(', 0 damaged') as string,
    })
    const blob = await blobOf('3')
    const sound = await readFile(pathOf(blob))
    await rm(pathOf(blob))
    const { code, text } = await commandLineFsck()
    expect(code).toBe(1)
    expect(text).toContain(`head of file ${fileId}: blob ${blob} is missing`)
    await writeFile(pathOf(blob), sound)
  })

  async function commandLineFsck(): Promise<{ code: number; text: string }> {
    const entry = join(import.meta.dirname, '../../dist/src/fsck.js')
    const env = { PATH: process.env['PATH'], DATABASE_URL: tandem.databaseUrl, DATA_DIR: tandem.dataDir }
    return new Promise((resolve) => {
      execFile(process.execPath, [entry], { env }, (error, stdout) =>
        resolve({ code: error ? Number(error.code) : 0, text: stdout }),
      )
    })
  }

  async function orphan(ageMs: number): Promise<string> {
    const { blob } = await blobs.receive(oneChunk(randomBytes(100)))
    await age(blob, ageMs)
    return blob
  }

  async function age(blob: string, ageMs: number): Promise<void> {
    const then = new Date(Date.now() - ageMs)
    await utimes(pathOf(blob), then, then)
  }

  it('the collector deletes orphans older than the grace and a month of quarantine, and nothing else (R-06, R-07)', async () => {
    const referenced = await blobsIn(tandem.dataDir)
    // However old they are: heads, old versions and open recovery items stay.
    for (const path of referenced) await age(path.slice(3), 30 * GRACE_MS)
    const old = [await orphan(GRACE_MS + 60_000), await orphan(2 * GRACE_MS)]
    const young = [await orphan(GRACE_MS - 60_000), await orphan(0)]

    expect(await collector.collect()).toBe(0)
    await monthLater()
    expect(await collector.collect()).toBe(old.length)
    const left = (await blobsIn(tandem.dataDir)).sort()
    expect(left).toEqual([...referenced, ...young.map((blob) => `${blob.slice(0, 2)}/${blob}`)].sort())
    expect(await fsck()).toEqual([])
    for (const blob of young) await blobs.remove(blob)
  })

  async function monthLater(): Promise<void> {
    await execute(tandem.databaseUrl, `update quarantined_blob set since = since - interval '30.01 days'`)
  }

  async function dayLater(): Promise<void> {
    await execute(
      tandem.databaseUrl,
      `update released_blob set released_at = released_at - interval '24.1 hours'`,
    )
  }

  it('the collector keeps the bytes of a discarded recovery item only as long as something else needs them', async () => {
    const [item] = await alice.recoveryItems(fileId)
    const before = await blobsIn(tandem.dataDir)
    for (const path of before) await age(path.slice(3), 2 * GRACE_MS)
    expect(await collector.collect()).toBe(0)
    expect((await alice.calls('DELETE', `/files/${fileId}/recovery-items/${item?.id}`)).status).toBe(204)
    expect(await collector.collect()).toBe(0)
    await dayLater()
    expect(await collector.collect()).toBe(1)
    expect(await blobsIn(tandem.dataDir)).toHaveLength(before.length - 1)
    expect(await fsck()).toEqual([])
  })

  it('the collector never takes a live blob, 100 passes with a short grace beside saves and restores (R-07)', async () => {
    const [first] = (await alice.versions(fileId)).slice(-1)
    await editor.unlock('L')
    const saving = new AbortController()
    const passes = (async () => {
      let count = 0
      // Everything but the blobs of the last two seconds counts as old.
      for (; !saving.signal.aborted || count < 100; count++) await collector.collect(2000)
      return count
    })()
    for (const path of await blobsIn(tandem.dataDir)) await age(path.slice(3), GRACE_MS)
    for (let i = 0; i < 40; i++) {
      const saved = await editor.lock('L')
      expect(saved.status).toBe(200)
      expect((await editor.putFile(randomBytes(500), 'L')).status).toBe(200)
      await editor.unlock('L')
      expect((await alice.calls('POST', `/files/${fileId}/versions/${first?.version}/restore`)).status).toBe(
        200,
      )
    }
    saving.abort()
    expect(await passes).toBeGreaterThanOrEqual(100)
    expect(await fsck()).toEqual([])
  })
})

// eslint-disable-next-line @typescript-eslint/require-await
async function* oneChunk(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes
}
