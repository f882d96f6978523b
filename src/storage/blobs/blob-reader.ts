import { close, open, read } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { promisify } from 'node:util'
import { BlobTooShort } from '../storage-errors.js'

/** Each piece costs a trip to the thread pool and one to the socket: a document of a megabyte is sent in one. */
const LARGE_BYTES = 1024 ** 2
/** That many downloads at a time read so much at once; a thousand that nobody takes would fill the memory. */
const MAX_LARGE = 16
const SMALL_BYTES = 256 * 1024
const MAX_SPARE_SMALL = 16

const large = { spare: [] as Buffer[], made: 0 }
const spareSmall: Buffer[] = []

/**
 * A file's first `size` bytes, piece by piece, always in the same buffer: a piece is only good until the next one is
 * asked for. Fresh memory for every megabyte would cost more than reading it. Closes the file at the end, however it
 * comes; so whoever holds this must go through it.
 */
export async function* readPieces(file: FileHandle, size: number): AsyncGenerator<Buffer> {
  const buffer = takeBuffer()
  try {
    for (let position = 0; position < size; position += buffer.length) {
      yield await readExactly(file, buffer.subarray(0, Math.min(buffer.length, size - position)), position)
    }
  } finally {
    giveBack(buffer)
    await file.close()
  }
}

/**
 * A file's first `size` bytes, read at once, before anything of them is sent: that it is short shows then. To be gone
 * through like `readPieces`.
 * @returns undefined, and has done nothing, when it is too large for that, or too many others are being sent
 */
export async function readAtOnce(path: string, size: number): Promise<AsyncGenerator<Buffer> | undefined> {
  const buffer = size > LARGE_BYTES ? undefined : takeLarge()
  if (!buffer) return undefined
  try {
    return lent(await readBeginning(path, buffer.subarray(0, size)), buffer)
  } catch (error) {
    giveBack(buffer)
    throw error
  }
}

/**
 * Fills the buffer with what a file begins with. By the file's number, which nothing else can get hold of here: a
 * FileHandle takes half as much processor time again.
 */
export async function readBeginning(path: string, buffer: Buffer): Promise<Buffer> {
  const file = await openFile(path, 'r')
  try {
    for (let filled = 0; filled < buffer.length;) {
      const count = await readSome(file, buffer, filled)
      if (count === 0) throw new BlobTooShort(`a blob ends after ${filled} bytes`)
      filled += count
    }
    return buffer
  } finally {
    // Nothing was written that could be lost by it.
    close(file, () => undefined)
  }
}

const openFile = promisify(open)

function readSome(file: number, buffer: Buffer, filled: number): Promise<number> {
  return new Promise((resolve, reject) => {
    read(file, buffer, filled, buffer.length - filled, filled, (error, count) => {
      if (error) reject(error)
      else resolve(count)
    })
  })
}

// eslint-disable-next-line @typescript-eslint/require-await
async function* lent(bytes: Buffer, buffer: Buffer): AsyncGenerator<Buffer> {
  try {
    yield bytes
  } finally {
    giveBack(buffer)
  }
}

function takeBuffer(): Buffer {
  return takeLarge() ?? spareSmall.pop() ?? Buffer.allocUnsafeSlow(SMALL_BYTES)
}

function takeLarge(): Buffer | undefined {
  const spare = large.spare.pop()
  if (spare || large.made === MAX_LARGE) return spare
  large.made++
  return Buffer.allocUnsafeSlow(LARGE_BYTES)
}

function giveBack(buffer: Buffer): void {
  if (buffer.length === LARGE_BYTES) large.spare.push(buffer)
  else if (spareSmall.length < MAX_SPARE_SMALL) spareSmall.push(buffer)
}

export async function readExactly(file: FileHandle, buffer: Buffer, position: number): Promise<Buffer> {
  let filled = 0
  while (filled < buffer.length) {
    const { bytesRead } = await file.read(buffer, filled, buffer.length - filled, position + filled)
    if (bytesRead === 0) throw new BlobTooShort(`a blob ends after ${position + filled} bytes`)
    filled += bytesRead
  }
  return buffer
}

/** Reads for the sake of reading. */
export async function drained(pieces: AsyncGenerator<Buffer>): Promise<void> {
  while ((await pieces.next()).done !== true);
}
