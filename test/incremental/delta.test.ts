import { createHash } from 'node:crypto'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createDataSource } from '../../ormconfig.js'
import { readConfig } from '../../src/config/config.js'
import { Database } from '../../src/database/database.js'
import { BlobStore } from '../../src/storage/blobs/blob-store.js'
import { checkStorage, type StorageReport } from '../../src/storage/blobs/fsck.js'
import { Housekeeping } from '../kit/storage.js'
import type { Editor } from '../kit/wopi.js'
import { useFixture } from '../wopi/fixture.js'
import {
  assembled,
  chunked,
  get,
  put,
  putBody,
  putRaw,
  sequenceIn,
  workbook,
  withCell,
} from './plus-client.js'

const withLock = { 'X-WOPI-Lock': 'L' }
const MEGABYTES = 20

describe('a one-cell edit of a workbook of 20 MB', () => {
  const fixture = useFixture({ COAUTH_PROFILE: 'plus' })

  it('uploads and stores the chunks that changed, and no more; everything else reads it as one', async () => {
    const before = workbook(MEGABYTES)
    const editor = await fixture.open(before)
    await editor.lock('L')
    const known = new Set(
      (await get(editor, [{ chunks: 'None' }])).signatures[0]?.ChunkSignatures.map(({ ChunkId }) => ChunkId),
    )
    const blobs = await fixture.blobs()
    const stored = await bytesStored()

    const after = withCell(before, '2')
    const body = await putBody({ streams: [{ bytes: after }], without: known })
    expect((await putRaw(editor, 1, body, withLock)).status).toBe(200)
    const added = (await bytesStored()) - stored
    const sent = `${body.length} bytes sent, ${added} stored`
    console.log(`one cell of a workbook of ${after.length} bytes: ${sent}`)
    expect(body.length).toBeLessThan(after.length / 1000)
    expect(added).toBeLessThan(after.length / 1000)
    expect(await fixture.blobs()).toBe(blobs + 1)

    await expectContent(editor, after, '2')
    const had = await get(editor, [{ known: [...known] }])
    expect(had.answer.body.length).toBeLessThan(after.length / 1000)

    // Whoever sends all of it again costs the wire, not the disk.
    const again = withCell(before, '3')
    const storedUntilNow = await bytesStored()
    const whole = await put(editor, { sequence: 2, streams: [{ bytes: again }], headers: withLock })
    expect([whole.status, sequenceIn(whole)]).toEqual([200, 3])
    expect((await bytesStored()) - storedUntilNow).toBeLessThan(again.length / 1000)
    await expectContent(editor, again, '3')

    // Ten more, each on top of the last; the first version is still whole.
    let latest = again
    for (let edit = 4; edit <= 12; edit++) {
      const present = (await chunked({ bytes: latest })).signature.ChunkSignatures
      latest = withCell(before, `value ${edit}`)
      const without = new Set<string>(present.map(({ ChunkId }) => ChunkId))
      const streams = [{ bytes: latest }]
      const answer = await put(editor, { sequence: edit - 1, streams, without, headers: withLock })
      expect([answer.status, sequenceIn(answer)]).toEqual([200, edit])
    }
    expect((await bytesStored()) - stored).toBeLessThan(after.length / 100)
    await expectContent(editor, latest, '12')

    const report = await fsck()
    expect([report.damaged, report.orphans]).toEqual([0, 0])
    await using keeping = await Housekeeping.of(fixture.tandem)
    await keeping.blobs.collect(-60_000)
    await expectContent(editor, latest, '12')
    const alice = await fixture.person('alice')
    const first = await alice.calls('GET', `/files/${editor.fileId}/versions/1/content`)
    expect(first.body.equals(before)).toBe(true)

    // Only once no version uses them may the blobs go.
    await fixture.sql('delete from file_version where file_id = $1 and version < 12', [editor.fileId])
    await keeping.blobs.collect(-60_000)
    await expectContent(editor, latest, '12')
    await fixture.sql(`update file_version set blob = 'gone' where file_id = $1`, [editor.fileId])
    expect(await keeping.blobs.collect(-60_000)).toBeGreaterThan(1)
    expect(await fixture.blobs()).toBe(0)
    const [left] = await fixture.sql('select count(*)::int as chunks from stream_chunk')
    expect(left).toEqual({ chunks: 0 })
  }, 60_000)

  async function expectContent(editor: Editor, bytes: Buffer, version: string): Promise<void> {
    const [file, chunks, info] = [await editor.getFile(), await get(editor), await editor.checkFileInfo()]
    expect(file.body.equals(bytes)).toBe(true)
    expect(file.version).toBe(version)
    expect(assembled(chunks).equals(bytes)).toBe(true)
    expect(chunks.signatures).toEqual([(await chunked({ bytes })).signature])
    const { SHA256, Size } = info.json<{ SHA256: string; Size: number }>()
    expect([SHA256, Size]).toEqual([createHash('sha256').update(bytes).digest('base64'), bytes.length])
  }

  async function bytesStored(): Promise<number> {
    const folder = join(fixture.tandem.dataDir, 'blobs')
    let size = 0
    for (const blob of await readdir(folder, { recursive: true }))
      if (blob.includes('/')) size += (await stat(join(folder, blob))).size
    return size
  }

  async function fsck(): Promise<StorageReport> {
    const { databaseUrl, dataDir } = fixture.tandem
    const database = new Database(await createDataSource(databaseUrl, 2).initialize())
    const settings = { ...readConfig({ DATA_DIR: dataDir }), databaseUrl, tokenSecrets: [] }
    try {
      return await checkStorage(database, new BlobStore(settings, database), (line) => {
        console.log(line)
      })
    } finally {
      await database.dataSource.destroy()
    }
  }
})
