import { createHash } from 'node:crypto'
import { chunkIdFrom } from '../../incremental/chunk-id.js'
import { SpookyHash } from '../../incremental/spooky-hash.js'
import { merged, type OpenBlobs } from '../blobs/blob-ranges.js'
import type { BlobStore } from '../blobs/blob-store.js'
import type { PlacedChunk } from './chunk-checks.js'
import { type ContentKind, KindSniffer } from '../files/content-kind.js'
import { ContentDamaged, type DamageKind } from '../storage-errors.js'

/** One of the chunks that a content shall consist of is not what its id says: the client has to send it again. */
export class ChunkDamaged extends ContentDamaged {
  constructor(
    readonly chunk: PlacedChunk,
    what: DamageKind,
  ) {
    super(chunk.blob, what)
  }
}

/**
 * The hash of a content, of bytes each of which has just been compared with what the client calls them. Reads neighbours
 * in one go: a document has thousands of small chunks.
 * @throws ChunkDamaged, StorageFailed
 */
export async function hashOfChunks(
  { checks, chunks: known }: Pick<BlobStore, 'checks' | 'chunks'>,
  open: OpenBlobs,
  chunks: readonly PlacedChunk[],
): Promise<{ sha256: string; kind: ContentKind }> {
  const remaining = chunks.filter(({ length }) => length > 0)
  const whole = createHash('sha256')
  const sniffer = new KindSniffer()
  let at = 0
  let hash = new SpookyHash()
  let left = remaining[0]?.length ?? 0
  try {
    for (const range of merged(remaining)) {
      for await (const piece of open.pieces(range)) {
        whole.update(piece)
        sniffer.update(piece)
        for (let rest = piece; rest.length > 0;) {
          const bytes = rest.subarray(0, left)
          hash.update(bytes)
          left -= bytes.length
          rest = rest.subarray(bytes.length)
          const chunk = remaining[at]
          if (left > 0 || !chunk) continue
          if (chunkIdFrom(hash.digest()) !== chunk.id) throw known.damaged(chunk)
          known.good(chunk)
          hash = new SpookyHash()
          left = remaining[++at]?.length ?? 0
        }
      }
    }
  } catch (error) {
    // Where the reading stopped, that chunk is the one that cannot be had.
    const chunk = remaining[at]
    const failure = checks.readFailure(chunk?.blob ?? '', error)
    if (chunk && failure instanceof ContentDamaged) throw new ChunkDamaged(chunk, failure.what)
    throw failure
  }
  return { sha256: whole.digest('hex'), kind: sniffer.kind }
}
