import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import type { Editor, WopiAnswer } from '../kit/wopi.js'
import { until } from './until.js'

/** A save whose second half does not come before it is released. */
export interface HeldUpload {
  readonly answer: Promise<WopiAnswer>
  release(): void
}

export function holdUpload(editor: Editor, bytes: Buffer, lockId: string): HeldUpload {
  let release: () => void = () => undefined
  const released = new Promise<void>((resolve) => (release = resolve))
  const half = Math.floor(bytes.length / 2)
  async function* halves(): AsyncGenerator<Buffer> {
    yield bytes.subarray(0, half)
    await released
    yield bytes.subarray(half)
  }
  const length = { 'Content-Length': String(bytes.length) }
  const answer = editor.putFile(Readable.from(halves(), { objectMode: false }), lockId, length)
  answer.catch(() => undefined)
  return { answer, release }
}

export async function blobsIn(dataDir: string): Promise<string[]> {
  const names = await readdir(join(dataDir, 'blobs'), { recursive: true })
  return names.filter((name) => name.includes('/'))
}

/** An upload past every check at its start has a blob of its own already. */
export async function untilBlobs(dataDir: string, count: number): Promise<void> {
  await until(`there are ${count} blobs`, async () => (await blobsIn(dataDir)).length === count)
}
