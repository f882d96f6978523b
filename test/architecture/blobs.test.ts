import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ROOT } from './cruise.js'

/** Of the one BlobStore, under whatever name: `this.blobs.remove(`, `store.receive(`. */
const TAKES_IN = /\b(?:blobs|store|storage|blobStore)\.receive\(/
const REMOVES = /\b(?:blobs|store|storage|blobStore)\.remove\(/

async function saying(what: RegExp): Promise<string[]> {
  const names = (await readdir(join(ROOT, 'src'), { recursive: true })).filter(
    (name) => name.endsWith('.ts') && !name.endsWith('.test.ts'),
  )
  const texts = await Promise.all(
    names.map(async (name) => ({ name, text: await readFile(join(ROOT, 'src', name), 'utf8') })),
  )
  return texts
    .filter(({ text }) => what.test(text))
    .map(({ name }) => name)
    .toSorted()
}

describe('whose a blob is', () => {
  it('nobody takes one in but for a lease', async () => {
    expect(await saying(TAKES_IN)).toEqual(['saving/received-blob.ts'])
  })

  it('nobody removes one but the lease that ends, and the collector', async () => {
    expect(await saying(REMOVES)).toEqual(['saving/received-blob.ts', 'storage/blobs/blob-collector.ts'])
  })

  it.each([
    ['await this.blobs.remove(content.blob)', REMOVES],
    ['const stored = await this.store.receive(body)', TAKES_IN],
  ])('would object to %s', (line, what) => {
    expect(what.test(line)).toBe(true)
  })
})
