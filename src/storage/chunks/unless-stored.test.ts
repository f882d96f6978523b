import fc from 'fast-check'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { OpenBlobs } from '../blobs/blob-ranges.js'
import { unlessStored } from './unless-stored.js'

const STORED = Buffer.from('before|abcdefghij|after')
const CHUNK = { blob: 'stored', start: 7, length: 10 }

describe('unlessStored', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tandem-stored-'))
    await writeFile(join(folder, 'stored'), STORED)
  })
  afterAll(() => rm(folder, { recursive: true }))

  /** What is handed out for bytes that come cut at these places. */
  async function handedOut(bytes: Buffer, cuts: readonly number[]): Promise<{ out: string; isNew: boolean }> {
    const open = new OpenBlobs((blob) => join(folder, blob))
    const places = [0, ...[...cuts].sort((a, b) => a - b), bytes.length]
    const pieces = places.slice(1).map((end, i) => bytes.subarray(places[i], end))
    async function* payload(): AsyncGenerator<Buffer> {
      yield* await Promise.resolve(pieces)
    }
    const out: Buffer[] = []
    try {
      const reading = unlessStored(payload(), CHUNK, open)
      for (;;) {
        const next = await reading.next()
        if (next.done === true) return { out: Buffer.concat(out).toString(), isNew: next.value }
        out.push(next.value)
      }
    } finally {
      await open.close()
    }
  }
  const cuts = fc.array(fc.integer({ min: 0, max: 10 }), { maxLength: 5 })

  it('hands out nothing of a chunk that is there, however it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(cuts, async (places) => {
        expect(await handedOut(Buffer.from('abcdefghij'), places)).toEqual({ out: '', isNew: false })
      }),
    )
  })

  it('hands out all of one that differs anywhere, though its id says the same', async () => {
    await fc.assert(
      fc.asyncProperty(cuts, fc.integer({ min: 0, max: 9 }), async (places, at) => {
        const other = Buffer.from('abcdefghij')
        other[at] = 0x21
        expect(await handedOut(other, places)).toEqual({ out: other.toString(), isNew: true })
      }),
    )
  })
})
