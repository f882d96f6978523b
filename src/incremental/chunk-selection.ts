import { type ChunkId, EMPTY_CHUNK_ID } from './chunk-id.js'
import type { ContentFilter, RangeFilter, StreamSignature } from './messages.js'

/**
 * Which chunks an answer of GetChunkedFile carries, each once (WOPI.md §13.6): the union of what each filter wants of its
 * stream. What one filter knows already another may still want.
 */
export function chunksToSend(
  filters: readonly ContentFilter[],
  signatures: readonly StreamSignature[],
): ChunkId[] {
  const chosen = new Set<ChunkId>()
  for (const filter of filters) {
    const signature = signatures.find(({ StreamId }) => StreamId === filter.StreamId)
    if (!signature) continue
    const known = new Set(filter.AlreadyKnownChunks)
    for (const id of wanted(filter, signature)) if (!known.has(id)) chosen.add(id)
  }
  return [...chosen]
}

/** A stream is reported as what it is, so LastZipChunk looks at the signature and not at the filter's scheme. */
function wanted(
  { ChunksToReturn }: ContentFilter,
  { ChunkingScheme, ChunkSignatures }: StreamSignature,
): ChunkId[] {
  const ids = ChunkSignatures.map(({ ChunkId }) => ChunkId)
  switch (ChunksToReturn) {
    case 'All':
      return ids
    case 'None':
      return []
    case 'LastZipChunk':
      return ChunkingScheme === 'Zip' ? ids.slice(-1) : []
  }
}

export interface ChunkRange {
  readonly id: ChunkId
  readonly offset: number
  readonly length: number
  readonly containsEnd: boolean
}

/**
 * The ranges that an answer of GetChunks carries of one stream (WOPI.md §13.8), cut at the end of their chunk. Left out is
 * what begins behind that end, or is of a chunk that the stream does not have (any more).
 */
export function rangesToSend(filter: RangeFilter, { ChunkSignatures }: StreamSignature): ChunkRange[] {
  const lengths = new Map(ChunkSignatures.map(({ ChunkId, Length }) => [ChunkId, Length]))
  return filter.ChunkRangesToReturn.flatMap(({ ChunkId: id, Offset: offset, Length }) => {
    const rest = (lengths.get(id) ?? -1) - offset
    if (rest < 0) return []
    const length = Length < 0 ? rest : Math.min(Length, rest)
    return [{ id, offset, length, containsEnd: length === rest }]
  })
}

/** Why the signatures of a PutChunkedFile cannot be stored. */
export interface UnusableChunk {
  readonly id: ChunkId
  readonly problem: 'missing' | 'of-another-length' | 'damaged'
}

/**
 * Whether each chunk that signatures name is there, with the length that they say (WOPI.md §13.7, check 9). The empty
 * chunk is always there.
 * @param lengthOf of the chunks in the request, in the upload session and stored for the file; undefined when there is none
 */
export function unusableChunk(
  signatures: readonly StreamSignature[],
  lengthOf: (id: ChunkId) => number | undefined,
): UnusableChunk | undefined {
  for (const { ChunkSignatures } of signatures) {
    for (const { ChunkId: id, Length } of ChunkSignatures) {
      const length = id === EMPTY_CHUNK_ID ? 0 : lengthOf(id)
      if (length === undefined) return { id, problem: 'missing' }
      if (length !== Length) return { id, problem: 'of-another-length' }
    }
  }
  return undefined
}
