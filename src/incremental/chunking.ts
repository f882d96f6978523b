import { type ByteSource, piecesOf } from './byte-source.js'
import { type ChunkId, chunkIdFrom } from './chunk-id.js'
import { SpookyHash } from './spooky-hash.js'
import { NoPlainZip } from './zip-error.js'
import { zipPartition } from './zip-partition.js'

export const CHUNKING_SCHEMES = ['FullFile', 'Zip'] as const

export type ChunkingScheme = (typeof CHUNKING_SCHEMES)[number]

export interface Chunk {
  readonly id: ChunkId
  readonly offset: number
  readonly length: number
}

/** The chunks follow each other: together they are the stream, byte for byte. */
export interface ChunkedStream {
  readonly scheme: ChunkingScheme
  readonly chunks: readonly Chunk[]
}

/** What is reported of a stream that does not exist, whatever was asked for (WOPI.md §13.4). */
export const MISSING_STREAM: ChunkedStream = { scheme: 'Zip', chunks: [] }

/**
 * The chunks of a stream, and their ids. Only the content decides on the scheme; no bytes at all are one empty chunk
 * (WOPI.md §13.4). Goes through the source once, by the megabyte.
 */
export async function chunkStream(source: ByteSource): Promise<ChunkedStream> {
  const { scheme, lengths } = await partition(source)
  const chunks: Chunk[] = []
  let offset = 0
  for await (const id of chunkIds(source, lengths)) {
    const length = lengths[chunks.length] ?? 0
    chunks.push({ id, offset, length })
    offset += length
  }
  return { scheme, chunks }
}

/** Where a stream is cut: the lengths of its chunks, which add up to its size. */
export async function partition(source: ByteSource): Promise<{ scheme: ChunkingScheme; lengths: number[] }> {
  try {
    return { scheme: 'Zip', lengths: await zipPartition(source) }
  } catch (error) {
    if (!(error instanceof NoPlainZip)) throw error
    return { scheme: 'FullFile', lengths: [source.size] }
  }
}

async function* chunkIds(
  source: ByteSource,
  lengths: readonly number[],
): AsyncGenerator<ChunkId, void, undefined> {
  const remaining = lengths.values()
  let hash = new SpookyHash()
  let left = remaining.next().value ?? 0
  for await (const piece of piecesOf(source)) {
    let rest = piece
    while (rest.length > 0) {
      const bytes = rest.subarray(0, left)
      hash.update(bytes)
      left -= bytes.length
      rest = rest.subarray(bytes.length)
      if (left > 0) continue
      yield chunkIdFrom(hash.digest())
      hash = new SpookyHash()
      left = remaining.next().value ?? 0
    }
  }
  // The one chunk of no bytes at all.
  if (source.size === 0) yield chunkIdFrom(hash.digest())
}
