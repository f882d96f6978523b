import { mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { Tandem } from '../kit/tandem.js'

describe('a volume that goes away under a server', () => {
  let tandem: Tandem
  beforeAll(async () => {
    tandem = await Tandem.start(inject('postgres'))
  })
  afterAll(() => tandem.stop())

  it('takes no save with it: 503 into whatever lies below, and 200 again when it is back (A1)', async () => {
    const alice = await tandem.person('alice')
    const { id } = await tandem.sharedFile('content')
    const editor = await tandem.editor(alice, id)
    await editor.lock('L')
    const [blobs, away] = [join(tandem.dataDir, 'blobs'), join(tandem.dataDir, 'away')]
    await rename(blobs, away)
    try {
      // As a server leaves it that was started before the volume was mounted.
      for (let shard = 0; shard < 256; shard++)
        await mkdir(join(blobs, shard.toString(16).padStart(2, '0')), { recursive: true })
      const saved = await editor.putFile('never hidden', 'L')
      expect([saved.status, saved.headers['retry-after']]).toEqual([503, '5'])
      const made = await alice.calls('POST', '/files?name=Hidden.docx', 'never hidden')
      expect([made.status, made.json<{ detail: string }>().detail]).toEqual([
        503,
        expect.stringContaining('volume may not be mounted'),
      ])
    } finally {
      await rm(blobs, { recursive: true })
      await rename(away, blobs)
    }
    expect((await editor.putFile('there again', 'L')).status).toBe(200)
    expect((await editor.getFile()).body.toString()).toBe('there again')
  })
})
