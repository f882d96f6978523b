import { rename } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Gate } from '../kit/gate.js'
import { Housekeeping } from '../kit/storage.js'
import type { Editor } from '../kit/wopi.js'
import { StoredBlobs } from '../reliability/damage.js'
import { useFixture } from '../wopi/fixture.js'
import { chunked, put, withCell, workbook } from './plus-client.js'

const withLock = { 'X-WOPI-Lock': 'L' }

describe('R-07: the collector, in the middle of a PutChunkedFile', () => {
  const fixture = useFixture({ COAUTH_PROFILE: 'plus' })
  let keeping: Housekeeping
  let stored: StoredBlobs

  beforeAll(async () => {
    keeping = await Housekeeping.of(fixture.tandem)
    stored = new StoredBlobs(fixture.tandem)
  })
  afterAll(() => keeping[Symbol.asyncDispose]())

  /** A workbook as it is stored, and the same with another value in one cell, of which all but that is stored. */
  async function halfStored(): Promise<{ editor: Editor; bytes: Buffer; without: ReadonlySet<string> }> {
    const before = workbook(1)
    const editor = await fixture.open('', { name: `Budget ${Math.random()}.xlsx` })
    expect((await editor.lock('L')).status).toBe(200)
    const first = { sequence: 1, streams: [{ bytes: before }], headers: withLock }
    expect((await put(editor, first)).status).toBe(200)
    const without = new Set<string>((await chunked({ bytes: before })).frames.keys())
    return { editor, bytes: withCell(before, '2'), without }
  }

  it('leaves what was put together and is not committed yet', async () => {
    const { editor, bytes, without } = await halfStored()
    await using gate = await Gate.at(fixture.tandem.databaseUrl, {
      when: 'before',
      event: 'update',
      table: 'file',
    })
    const answer = put(editor, { sequence: 2, streams: [{ bytes }], without, headers: withLock })
    await gate.stopped()
    await keeping.blobs.collect()
    await gate.open()
    expect((await answer).status).toBe(200)
    expect((await editor.getFile()).body.equals(bytes)).toBe(true)
    expect(await stored.fsck()).toEqual([])
  })

  it('what it took before it could know of the save is missed: nothing is acknowledged', async () => {
    const { editor, bytes, without } = await halfStored()
    const taken = await stored.pathOf(editor.fileId)
    {
      await using gate = await Gate.at(fixture.tandem.databaseUrl, {
        when: 'before',
        event: 'insert',
        table: 'chunked_content',
      })
      const answer = put(editor, { sequence: 2, streams: [{ bytes }], without, headers: withLock })
      // All chunks were read and found good; the next moment their bytes are gone.
      await gate.stopped()
      await rename(taken, `${taken}-taken`)
      await gate.open()
      expect((await answer).status).not.toBe(200)
    }
    await rename(`${taken}-taken`, taken)
    expect(
      (await (await fixture.person('alice')).versions(editor.fileId)).map(({ version }) => version),
    ).toEqual(['2', '1'])
    const again = await put(editor, { sequence: 2, streams: [{ bytes }], headers: withLock })
    expect(again.status).toBe(200)
    expect((await editor.getFile()).body.equals(bytes)).toBe(true)
  })

  fixture.leavesNoTokenInTheLog()
})
