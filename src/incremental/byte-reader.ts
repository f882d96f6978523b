import { FrameError } from './frame-error.js'

const NOTHING: Buffer = Buffer.alloc(0)
const FIRST_ROOM = 16 * 1024

/** Takes bytes from a stream that arrives in pieces of any size. Asks for the next piece only when it is needed. */
export class ByteReader {
  readonly #pieces: AsyncIterator<Buffer>
  readonly #mostBytes: number
  #piece = NOTHING
  #received = 0

  constructor(source: AsyncIterable<Buffer>, mostBytes: number) {
    this.#pieces = source[Symbol.asyncIterator]()
    this.#mostBytes = mostBytes
  }

  /** Whether the stream is over; may have to wait for its next piece to know. */
  async atEnd(): Promise<boolean> {
    while (this.#piece.length === 0) {
      const next = await this.#pieces.next()
      if (next.done === true) return true
      this.#received += next.value.length
      if (this.#received > this.#mostBytes) {
        throw new FrameError('body-too-long', `the body is longer than ${this.#mostBytes} bytes`)
      }
      this.#piece = next.value
    }
    return false
  }

  /** Whatever is there already, 1 to `most` bytes: a part of a received piece, not a copy. @throws FrameError at the end */
  async some(most: number): Promise<Buffer> {
    if (this.#piece.length === 0 && (await this.atEnd())) {
      throw new FrameError(
        'body-truncated',
        `the body ends in the middle of a frame, after ${this.#received} bytes`,
      )
    }
    const taken = this.#piece.subarray(0, most)
    this.#piece = this.#piece.subarray(taken.length)
    return taken
  }

  /** Memory grows with what arrives, not with what was announced. @throws FrameError at the end */
  async exactly(size: number): Promise<Buffer> {
    if (size === 0) return NOTHING
    const first = await this.some(size)
    if (first.length === size) return first
    let bytes = Buffer.allocUnsafe(Math.min(size, Math.max(FIRST_ROOM, 2 * first.length)))
    let filled = first.copy(bytes)
    while (filled < size) {
      const piece = await this.some(size - filled)
      if (filled + piece.length > bytes.length) {
        const larger = Buffer.allocUnsafe(Math.min(size, 2 * (filled + piece.length)))
        bytes.copy(larger, 0, 0, filled)
        bytes = larger
      }
      filled += piece.copy(bytes, filled)
    }
    return bytes
  }

  /** Reads to the end, so that the next request on the connection begins where it should. */
  async skipRest(): Promise<void> {
    while (!(await this.atEnd())) this.#piece = NOTHING
  }

  async close(): Promise<void> {
    await this.#pieces.return?.()
  }
}
