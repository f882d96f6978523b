import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import type { FileView, Person } from '../kit/people.js'
import { Tandem } from '../kit/tandem.js'
import type { Editor, Headers } from '../kit/wopi.js'
import { blobsIn, untilBlobs } from './held-upload.js'
import { RawUpload } from './raw-upload.js'

const MOST = 1024 ** 2

describe('a save that fails changes nothing (R-04, R-05)', () => {
  let tandem: Tandem
  let alice: Person
  let file: FileView
  let editor: Editor

  beforeAll(async () => {
    tandem = await Tandem.start(inject('postgres'), { env: { MAX_FILE_SIZE: String(MOST) } })
    alice = await tandem.person('alice')
    file = await tandem.sharedFile('the content before')
    editor = await tandem.editor(alice, file.id)
    expect((await editor.lock('L')).status).toBe(200)
  })
  afterAll(() => tandem.stop())

  /** Everything about the file that anybody can see, and every blob on disk. */
  async function everything(): Promise<unknown> {
    const info = (await editor.checkFileInfo()).json<Record<string, unknown>>()
    return {
      seen: [info['Version'], info['Size'], info['LastModifiedTime'], info['SHA256']],
      view: await alice.seesFile(file.id),
      content: (await editor.getFile()).body.toString(),
      lock: (await editor.getLock()).lock,
      versions: await alice.versions(file.id),
      recoveryItems: await alice.recoveryItems(file.id),
      blobs: (await blobsIn(tandem.dataDir)).sort(),
    }
  }

  async function expectNoChange(work: () => Promise<void>): Promise<void> {
    const before = await everything()
    const { length } = await blobsIn(tandem.dataDir)
    await work()
    await untilBlobs(tandem.dataDir, length)
    expect(await everything()).toEqual(before)
  }

  const ends = [
    { how: 'resets the connection', end: (upload: RawUpload) => upload.reset() },
    { how: 'ends its side of the connection', end: (upload: RawUpload) => upload.hangUp() },
  ]
  for (const { how, end } of ends) {
    it(`when the client ${how} at any of 25 offsets`, async () => {
      const body = randomBytes(300_000)
      await expectNoChange(async () => {
        const before = (await blobsIn(tandem.dataDir)).length
        const uploads = await Promise.all(
          Array.from({ length: 25 }, async (_, i) => {
            const upload = await RawUpload.start(editor, 'L', { 'Content-Length': String(body.length) })
            upload.write(body.subarray(0, Math.floor((i / 24) * (body.length - 1))))
            return upload
          }),
        )
        await untilBlobs(tandem.dataDir, before + 25)
        uploads.forEach(end)
        for (const upload of uploads) expect(await upload.status()).not.toBe(200)
      })
    })
  }

  it('when a chunked body breaks off between two chunks', async () => {
    await expectNoChange(async () => {
      const before = (await blobsIn(tandem.dataDir)).length
      const upload = await RawUpload.start(editor, 'L', { 'Transfer-Encoding': 'chunked' })
      upload.writeChunk(randomBytes(70_000))
      await untilBlobs(tandem.dataDir, before + 1)
      upload.hangUp()
      expect(await upload.status()).not.toBe(200)
    })
  })

  const lies: { what: string; length: number; headers: Headers }[] = [
    {
      what: 'X-WOPI-Size announces more than a chunked body has',
      length: 1000,
      headers: { 'X-WOPI-Size': '1001' },
    },
    {
      what: 'X-WOPI-Size announces less than a chunked body has',
      length: 1000,
      headers: { 'X-WOPI-Size': '999' },
    },
  ]
  for (const { what, length, headers } of lies) {
    it(`when ${what}: 400`, async () => {
      await expectNoChange(async () => {
        const answer = await editor.putFile(Readable.from([randomBytes(length)]), 'L', headers)
        expect(answer.status).toBe(400)
        expect(answer.headers['x-wopi-servererror']).toMatch(/size|bytes/i)
      })
    })
  }

  it('when more bytes come than Content-Length announced, and X-WOPI-Size tells: 400', async () => {
    await expectNoChange(async () => {
      const headers = { 'Content-Length': '10', 'X-WOPI-Size': '20' }
      const upload = await RawUpload.start(editor, 'L', headers)
      upload.write(randomBytes(20))
      expect(await upload.status()).toBe(400)
    })
  })

  it('when the announced body is larger than the limit: 413, which reaches a client that goes on sending', async () => {
    await expectNoChange(async () => {
      for (const size of [MOST + 1, 20 * MOST]) {
        const upload = await RawUpload.start(editor, 'L', { 'Content-Length': String(size) })
        upload.write(randomBytes(size))
        expect(await upload.status()).toBe(413)
      }
    })
  })

  it('when a body of unknown length grows past the limit: 413', async () => {
    await expectNoChange(async () => {
      for (const megabytes of [2, 20]) {
        const upload = await RawUpload.start(editor, 'L', { 'Transfer-Encoding': 'chunked' })
        for (let i = 0; i < megabytes; i++) upload.writeChunk(randomBytes(MOST))
        expect(await upload.status()).toBe(413)
      }
    })
  })

  it('and the same editor saves all the same afterwards; sent twice, its number rises and its bytes are there once (R-18)', async () => {
    const saved = await editor.putFile('the content after', 'L', { 'X-WOPI-Size': '17' })
    expect(saved.status).toBe(200)
    const { length } = await blobsIn(tandem.dataDir)
    const again = await editor.putFile('the content after', 'L')
    expect([again.status, again.version]).toEqual([200, String(Number(saved.version) + 1)])
    expect(await alice.versions(file.id)).toHaveLength(3)
    expect((await editor.getFile()).body.toString()).toBe('the content after')
    expect(await blobsIn(tandem.dataDir)).toHaveLength(length)
  })
})
