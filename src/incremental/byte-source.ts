import type { FileHandle } from 'node:fs/promises'

/** A stream of known length whose bytes can be had in any order: a blob, a file, a buffer. */
export interface ByteSource {
  readonly size: number
  /**
   * Exactly these bytes, which lie within the size; good until the next read.
   * @throws Error when they cannot be had
   */
  read(offset: number, length: number): Promise<Buffer>
}

export function bufferSource(bytes: Buffer): ByteSource {
  return {
    size: bytes.length,
    read: (offset, length) => Promise.resolve(bytes.subarray(offset, offset + length)),
  }
}

/** The first `size` bytes of an open file. */
export function fileSource(file: FileHandle, size: number): ByteSource {
  return {
    size,
    read: async (offset, length) => {
      const bytes = Buffer.allocUnsafe(length)
      for (let filled = 0; filled < length;) {
        const { bytesRead } = await file.read(bytes, filled, length - filled, offset + filled)
        if (bytesRead === 0) throw new Error(`a file of ${size} bytes ends after ${offset + filled}`)
        filled += bytesRead
      }
      return bytes
    },
  }
}

/** Large enough to be fast, small enough not to keep others waiting while it is hashed. */
const PIECE_BYTES = 1024 ** 2

/** All bytes of a source in order. */
export async function* piecesOf(source: ByteSource): AsyncGenerator<Buffer, void, undefined> {
  for (let offset = 0; offset < source.size; offset += PIECE_BYTES) {
    yield await source.read(offset, Math.min(PIECE_BYTES, source.size - offset))
  }
}
