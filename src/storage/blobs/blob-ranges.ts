import { type FileHandle, open } from 'node:fs/promises'
import type { ByteSource } from '../../incremental/byte-source.js'
import { readExactly } from './blob-reader.js'

/** Some neighbouring bytes of a blob. */
export interface BlobRange {
  readonly blob: string
  readonly start: number
  readonly length: number
}

const PIECE_BYTES = 256 * 1024
/** A content that was edited a hundred times lies in a hundred blobs; not all are open at once. */
const MAX_OPEN = 8

/** Reads ranges of blobs, each of which is opened when it is first needed. One caller at a time; to be closed. */
export class OpenBlobs {
  readonly #open = new Map<string, FileHandle>()
  readonly #pathOf: (blob: string) => string
  #buffer: Buffer | undefined

  constructor(pathOf: (blob: string) => string) {
    this.#pathOf = pathOf
  }

  /** Always in the same buffer: a piece is only good until the next one is asked for. */
  async *pieces({ blob, start, length }: BlobRange): AsyncGenerator<Buffer, void, undefined> {
    if (length === 0) return
    const file = await this.#file(blob)
    this.#buffer ??= Buffer.allocUnsafeSlow(PIECE_BYTES)
    for (let done = 0; done < length; done += PIECE_BYTES) {
      const piece = this.#buffer.subarray(0, Math.min(PIECE_BYTES, length - done))
      yield await readExactly(file, piece, start + done)
    }
  }

  async readInto(target: Buffer, { blob, start }: Pick<BlobRange, 'blob' | 'start'>): Promise<void> {
    if (target.length > 0) await readExactly(await this.#file(blob), target, start)
  }

  async close(): Promise<void> {
    const files = [...this.#open.values()]
    this.#open.clear()
    for (const file of files) await file.close()
  }

  async #file(blob: string): Promise<FileHandle> {
    const known = this.#open.get(blob)
    if (known) return known
    const [oldest] = this.#open
    if (oldest && this.#open.size >= MAX_OPEN) {
      this.#open.delete(oldest[0])
      await oldest[1].close()
    }
    const file = await open(this.#pathOf(blob))
    this.#open.set(blob, file)
    return file
  }
}

/** The same bytes in as few ranges as possible. */
export function merged(ranges: Iterable<BlobRange>): BlobRange[] {
  const few: BlobRange[] = []
  for (const { blob, start, length } of ranges) {
    if (length === 0) continue
    const last = few.at(-1)
    if (last?.blob === blob && last.start + last.length === start) {
      few[few.length - 1] = { blob, start: last.start, length: last.length + length }
    } else few.push({ blob, start, length })
  }
  return few
}

/** How much of each blob must be there. */
export function endsOf(ranges: Iterable<BlobRange>): Map<string, number> {
  const ends = new Map<string, number>()
  for (const { blob, start, length } of ranges) {
    if (length > 0) ends.set(blob, Math.max(ends.get(blob) ?? 0, start + length))
  }
  return ends
}

export function sizeOf(ranges: Iterable<{ readonly length: number }>): number {
  let size = 0
  for (const { length } of ranges) size += length
  return size
}

/** Ranges one after the other, as one stream whose bytes can be had in any order. */
export function rangesSource(blobs: OpenBlobs, ranges: readonly BlobRange[]): ByteSource {
  const ends: number[] = []
  for (const { length } of ranges) ends.push((ends.at(-1) ?? 0) + length)
  return {
    size: ends.at(-1) ?? 0,
    read: async (offset, length) => {
      const bytes = Buffer.allocUnsafe(length)
      let filled = 0
      for (let at = firstEndAfter(ends, offset); filled < length; at++) {
        const range = ranges[at]
        if (!range) throw new Error(`a content ends before byte ${offset + length}`)
        const skipped = offset + filled - ((ends[at] ?? 0) - range.length)
        const part = bytes.subarray(filled, filled + Math.min(length - filled, range.length - skipped))
        await blobs.readInto(part, { blob: range.blob, start: range.start + skipped })
        filled += part.length
      }
      return bytes
    },
  }
}

function firstEndAfter(ends: readonly number[], offset: number): number {
  let low = 0
  for (let high = ends.length; low < high;) {
    const middle = (low + high) >> 1
    if ((ends[middle] ?? 0) > offset) high = middle
    else low = middle + 1
  }
  return low
}
