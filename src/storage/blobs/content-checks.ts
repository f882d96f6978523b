import { createHash } from 'node:crypto'
import { CheckedLately } from './checked-lately.js'
import { Damages } from './damages.js'
import { BlobTooShort, type DamageKind, StorageFailed } from '../storage-errors.js'
import type { StoredBlob } from './stored-blob.js'

/**
 * Nobody is handed bytes that are not what was saved: a content is compared with its hash when this process first reads
 * it, and again after an hour. In between nothing is paid.
 */
export class ContentChecks {
  readonly damages = new Damages()
  readonly #lately = new CheckedLately()

  isGood({ blob, sha256 }: StoredBlob): boolean {
    return this.#lately.has(blob + sha256)
  }

  /** @throws ContentDamaged */
  whole(content: StoredBlob, bytes: Buffer): Buffer {
    if (createHash('sha256').update(bytes).digest('hex') !== content.sha256)
      throw this.damaged(content, 'changed')
    this.#good(content)
    return bytes
  }

  /**
   * The last piece is held back until all are known to be right: whoever has counted the bytes that were announced must
   * have the right ones.
   * @throws ContentDamaged in place of the last piece
   */
  async *pieces(content: StoredBlob, pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
    const hash = createHash('sha256')
    let size = 0
    try {
      for await (const piece of pieces) {
        hash.update(piece)
        size += piece.length
        if (size >= content.size) {
          if (hash.digest('hex') !== content.sha256) throw this.damaged(content, 'changed')
          this.#good(content)
        }
        yield piece
      }
    } catch (error) {
      throw this.readFailure(content.blob, error)
    }
    if (size < content.size) throw this.damaged(content, 'cut-short')
  }

  /** What to throw for a blob that cannot be read. */
  readFailure(blob: string, error: unknown): StorageFailed {
    if (error instanceof StorageFailed) return error
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return this.damages.add(blob, 'missing')
    return error instanceof BlobTooShort ? this.damages.add(blob, 'cut-short') : new StorageFailed(error)
  }

  damaged({ blob, sha256 }: StoredBlob, what: DamageKind): StorageFailed {
    this.#lately.forget(blob + sha256)
    return this.damages.add(blob, what)
  }

  #good({ blob, sha256 }: StoredBlob): void {
    this.#lately.add(blob + sha256)
    this.damages.mended(blob)
  }
}
