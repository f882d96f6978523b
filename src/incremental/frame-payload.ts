import type { ByteReader } from './byte-reader.js'
import { type ChunkId, chunkIdFrom } from './chunk-id.js'
import { FrameError } from './frame-error.js'
import { SpookyHash } from './spooky-hash.js'

/** The payload of a frame, piece by piece as it arrives, and once only. */
export class Payload implements AsyncIterable<Buffer> {
  readonly #bytes: ByteReader
  readonly #expected: { readonly id: ChunkId; readonly hash: SpookyHash } | undefined
  #left: number
  #actual: ChunkId | undefined
  #isOpen = true

  private constructor(bytes: ByteReader, size: number, id: ChunkId | undefined) {
    this.#bytes = bytes
    this.#left = size
    this.#expected = id === undefined ? undefined : { id, hash: new SpookyHash() }
  }

  /** A whole chunk: its bytes must hash to its id. */
  static ofChunk(bytes: ByteReader, size: number, id: ChunkId): Payload {
    return new Payload(bytes, size, id)
  }

  /** A part of a chunk, which its id says nothing about. */
  static ofRange(bytes: ByteReader, size: number): Payload {
    return new Payload(bytes, size, undefined)
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer, void, undefined> {
    // An empty loop would pass for an empty chunk.
    if (!this.#isOpen) throw new Error('a payload can be read once only, and before the next frame')
    this.#isOpen = false
    yield* this.#pieces()
  }

  /** Reads what nobody has read. */
  async skip(): Promise<void> {
    this.#isOpen = false
    const pieces = this.#pieces()
    while (!(await pieces.next()).done);
  }

  async *#pieces(): AsyncGenerator<Buffer, void, undefined> {
    while (this.#left > 0) {
      const piece = await this.#bytes.some(this.#left)
      this.#left -= piece.length
      this.#expected?.hash.update(piece)
      yield piece
    }
    this.#check()
  }

  #check(): void {
    if (!this.#expected) return
    const { id, hash } = this.#expected
    // Asked a second time when what was read is skipped: a hash can be finished once only.
    const actual = (this.#actual ??= chunkIdFrom(hash.digest()))
    if (actual !== id) throw new FrameError('chunk-id-wrong', `the bytes of chunk ${id} hash to ${actual}`)
  }
}
