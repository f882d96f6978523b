import { Injectable } from '@nestjs/common'
import { changedNothing } from '../database/unavailable.js'
import { BlobStore, type StoredBlob } from '../storage/blobs/blob-store.js'

/**
 * Bytes that have come, and that no row names yet. A lease with one owner, who ends it (`await using`): they are removed
 * then, unless they were kept. Nobody else removes a blob but the collector (test/architecture/blobs.test.ts).
 */
export class ReceivedBlob implements AsyncDisposable {
  private isKept = false

  constructor(
    readonly content: StoredBlob,
    private readonly blobs: BlobStore,
  ) {}

  /**
   * From now on a row may name it, so that only the collector may take it, whatever fails: a commit that nobody answered
   * may have happened all the same, and then the blob is the document. So it is called before the commit, as the last
   * thing in the transaction.
   */
  keep(): void {
    this.isKept = true
  }

  /** It is known by now that no row names it. */
  letGo(): void {
    this.isKept = false
  }

  /** For a statement that may name it and is a transaction of its own: it is kept unless that is known to have failed. */
  async named<T>(statement: () => Promise<T>): Promise<T> {
    this.keep()
    try {
      return await statement()
    } catch (error) {
      if (changedNothing(error)) this.letGo()
      throw error
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.isKept) await this.blobs.remove(this.content.blob)
  }
}

/** Takes bodies in. */
@Injectable()
export class ReceivedBlobs {
  constructor(private readonly blobs: BlobStore) {}

  /**
   * Streams a body to disk, with no transaction open; when this returns, a power cut cannot take it back.
   * @param announcedSize what Content-Length or X-WOPI-Size promised
   * @throws BodyTooLarge, BodyIncomplete, StorageFailed, StorageBusy; nothing is left behind then
   */
  async receive(body: AsyncIterable<Buffer>, announcedSize?: number): Promise<ReceivedBlob> {
    return new ReceivedBlob(await this.blobs.receive(body, announcedSize), this.blobs)
  }
}
