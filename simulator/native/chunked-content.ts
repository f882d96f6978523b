import type { ChunkId } from './frames.js'
import { spookyHash } from './spooky.js'
import { zipChunks } from './zip-chunks.js'

export type ChunkingScheme = 'FullFile' | 'Zip'

export interface ChunkSignature {
  readonly ChunkId: ChunkId
  readonly Length: number
}

/** A document as incremental transfer knows it: the order of its chunks, and the bytes of each. */
export interface ChunkedContent {
  readonly scheme: ChunkingScheme
  /** An id may occur several times. */
  readonly signature: readonly ChunkSignature[]
  readonly chunks: ReadonlyMap<ChunkId, Uint8Array>
}

export function chunkIdOf(bytes: Uint8Array): ChunkId {
  return Buffer.from(spookyHash(bytes)).toString('base64')
}

/** What is `known` is told by its bytes: hashing takes its time here. */
export function chunked(content: Uint8Array, known: ChunkedContent['chunks'] = new Map()): ChunkedContent {
  const zip = zipChunks(content)
  const idOf = (bytes: Uint8Array): ChunkId =>
    [...known].find(([, other]) => Buffer.compare(bytes, other) === 0)?.[0] ?? chunkIdOf(bytes)
  const pieces = (zip ?? [content]).map((bytes) => [idOf(bytes), bytes] as const)
  return {
    scheme: zip ? 'Zip' : 'FullFile',
    signature: pieces.map(([ChunkId, { length }]) => ({ ChunkId, Length: length })),
    chunks: new Map(pieces),
  }
}

/** @throws Error when a chunk is not there, or is not as long as the signature says */
export function joined({ signature, chunks }: Omit<ChunkedContent, 'scheme'>): Uint8Array {
  return Buffer.concat(
    signature.map(({ ChunkId, Length }) => {
      const bytes = chunks.get(ChunkId)
      if (bytes?.length === Length) return bytes
      throw new Error(`chunk ${ChunkId} has ${bytes?.length ?? 'no'} bytes instead of ${Length}`)
    }),
  )
}

/** With the chunks that were left out because they were known; without what of those it does not need any more. */
export function completed(content: ChunkedContent, known: ReadonlyMap<ChunkId, Uint8Array>): ChunkedContent {
  const needed = new Set(content.signature.map(({ ChunkId }) => ChunkId))
  const all = [...known, ...content.chunks]
  return { ...content, chunks: new Map(all.filter(([id]) => needed.has(id))) }
}

/** Of these chunks the ones that the other side has not got already. */
export function unknownTo(
  known: ReadonlyMap<ChunkId, unknown>,
  chunks: ReadonlyMap<ChunkId, Uint8Array>,
): Map<ChunkId, Uint8Array> {
  return new Map([...chunks].filter(([id]) => !known.has(id)))
}
