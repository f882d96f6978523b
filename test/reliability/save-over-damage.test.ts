import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import type { FileView, Person } from '../kit/people.js'
import { Tandem } from '../kit/tandem.js'
import type { Editor } from '../kit/wopi.js'
import { blobPath, damages, StoredBlobs } from './damage.js'

describe('a save of bytes that the storage has lost (a row is no proof that a blob is there)', () => {
  let tandem: Tandem
  let alice: Person
  let stored: StoredBlobs

  beforeAll(async () => {
    tandem = await Tandem.start(inject('postgres'))
    alice = await tandem.person('alice')
    stored = new StoredBlobs(tandem)
  })
  afterAll(() => tandem.stop())

  async function edited(bytes: Buffer): Promise<{ file: FileView; editor: Editor }> {
    const file = await tandem.sharedFile(bytes)
    const editor = await tandem.editor(alice, file.id)
    await editor.lock('L')
    return { file, editor }
  }

  for (const { name, inflict } of damages) {
    for (const size of [5000, 3_000_000]) {
      it(`takes the place of a blob that was ${name}, in the versions before it, too (${size} bytes)`, async () => {
        const bytes = randomBytes(size)
        const { file, editor } = await edited(bytes)
        await inflict(await stored.pathOf(file.id))
        expect((await editor.putFile(bytes, 'L')).version).toBe('2')
        expect((await editor.getFile()).body.equals(bytes)).toBe(true)
        expect(await stored.fsck()).toEqual([])
        const first = await alice.calls('GET', `/files/${file.id}/versions/1/content`)
        expect(first.body.equals(bytes)).toBe(true)
      })
    }
  }

  it('is an upload by REST, too', async () => {
    const bytes = randomBytes(5000)
    const file = await tandem.sharedFile(bytes)
    await rm(await stored.pathOf(file.id))
    const answer = await alice.calls('PUT', `/files/${file.id}/content`, bytes, { 'if-match': '"1"' })
    expect(answer.json<FileView>().version).toBe('2')
    expect((await alice.downloads(file.id)).equals(bytes)).toBe(true)
    expect(await stored.fsck()).toEqual([])
  })

  it('shares the blob once the stored bytes are good again', async () => {
    const bytes = randomBytes(5000)
    const { file, editor } = await edited(bytes)
    await rm(await stored.pathOf(file.id))
    await editor.putFile(bytes, 'L')
    const mended = await stored.blobOf(file.id)
    expect((await editor.putFile(bytes, 'L')).version).toBe('3')
    expect(await stored.blobOf(file.id)).toBe(mended)
  })

  it('mends other files that share the damaged blob', async () => {
    const bytes = randomBytes(5000)
    const { file, editor } = await edited(randomBytes(10))
    await editor.putFile(bytes, 'wrong lock')
    const [item] = await alice.recoveryItems(file.id)
    const items = `/files/${file.id}/recovery-items/${item?.id}`
    const copy = (await alice.calls('POST', `${items}/save-copy`)).json<FileView>()
    await rm(await stored.pathOf(copy.id))
    const other = await tandem.editor(alice, copy.id)
    await other.lock('L')
    expect((await other.putFile(bytes, 'L')).status).toBe(200)
    expect(await stored.fsck()).toEqual([])
  })

  it('that is refused is kept as well, although a row says that the head has these bytes', async () => {
    const bytes = randomBytes(5000)
    const { file, editor } = await edited(bytes)
    const path = await stored.pathOf(file.id)
    await rm(path)
    expect((await editor.putFile(bytes, 'wrong lock')).status).toBe(409)
    expect((await editor.getFile()).body.equals(bytes)).toBe(true)
    expect(blobPath(tandem.dataDir, await stored.blobOf(file.id))).not.toBe(path)
    expect(await stored.fsck()).toEqual([])
  })

  it('that is refused twice is kept, although an item says that it has these bytes', async () => {
    const bytes = randomBytes(5000)
    const { file, editor } = await edited(randomBytes(10))
    await editor.putFile(bytes, 'wrong lock')
    const [item] = await alice.recoveryItems(file.id)
    await rm(await stored.pathOfItem(item?.id ?? ''))
    expect((await editor.putFile(bytes, 'wrong lock')).status).toBe(409)
    expect(await alice.recoveryItems(file.id)).toHaveLength(1)
    const kept = await alice.calls('GET', `/files/${file.id}/recovery-items/${item?.id}/content`)
    expect(kept.body.equals(bytes)).toBe(true)
  })

  it('that is refused mends the head, and stays, although an item has its bytes unharmed', async () => {
    // Which of the two is looked at first is by their names, which are random.
    for (let tries = 1; ; tries++) {
      const bytes = randomBytes(5000)
      const { file, editor } = await edited(randomBytes(10))
      await editor.putFile(bytes, 'wrong lock')
      expect((await editor.putFile(bytes, 'L')).status).toBe(200)
      const lost = await stored.blobOf(file.id)
      await rm(await stored.pathOf(file.id))
      expect((await editor.putFile(bytes, 'wrong lock')).status).toBe(409)
      if ((await stored.blobOf(file.id)) !== lost) {
        expect((await editor.getFile()).body.equals(bytes)).toBe(true)
        return
      }
      expect(tries, 'the head was never looked at first').toBeLessThan(50)
    }
  })
})
