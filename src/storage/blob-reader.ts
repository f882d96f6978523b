import type { FileHandle } from 'node:fs/promises'
import { BlobTooShort } from './storage-errors.js'

const PIECE_BYTES = 256 * 1024
const MOST_SPARE_BUFFERS = 16
const spareBuffers: Buffer[] = []

/**
 * A file's first `size` bytes, piece by piece, always in the same buffer: a piece is only good until the next one is
 * asked for. Fresh memory for every megabyte would cost more than reading it. Closes the file at the end, however it
 * comes; so whoever holds this must go through it.
 */
export async function* readPieces(file: FileHandle, size: number): AsyncGenerator<Buffer> {
  const buffer = spareBuffers.pop() ?? Buffer.allocUnsafeSlow(PIECE_BYTES)
  try {
    for (let position = 0; position < size; position += PIECE_BYTES) {
      yield await readExactly(file, buffer.subarray(0, Math.min(PIECE_BYTES, size - position)), position)
    }
  } finally {
    if (spareBuffers.length < MOST_SPARE_BUFFERS) spareBuffers.push(buffer)
    await file.close()
  }
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
