import { describe, expect, it } from 'vitest'
import { type ChunkId, chunkIdOf, EMPTY_CHUNK_ID } from './chunk-id.js'
import { chunksToSend, rangesToSend, unusableChunk } from './chunk-selection.js'
import type { ContentFilter, StreamSignature } from './messages.js'

const [A, B, C, D] = ['a', 'b', 'c', 'd'].map((text) => chunkIdOf(Buffer.from(text))) as [
  ChunkId,
  ChunkId,
  ChunkId,
  ChunkId,
]

function stream(StreamId: string, ChunkingScheme: 'Zip' | 'FullFile', ...ids: ChunkId[]): StreamSignature {
  return { StreamId, ChunkingScheme, ChunkSignatures: ids.map((ChunkId) => ({ ChunkId, Length: 10 })) }
}

function filter(
  StreamId: string,
  ChunksToReturn: ContentFilter['ChunksToReturn'],
  ...AlreadyKnownChunks: string[]
): ContentFilter {
  return { StreamId, ChunkingScheme: 'Zip', ChunksToReturn, AlreadyKnownChunks }
}

const MAIN = stream('MainContent', 'Zip', A, B, A, C)
const OTHER = stream('Alternate', 'Zip', B, D)
const TEXT = stream('MainContent', 'FullFile', A)

describe('the chunks of an answer (WOPI.md §13.6)', () => {
  it.each([
    ['All sends each once', [filter('MainContent', 'All')], [MAIN], [A, B, C]],
    ['All leaves out what is known', [filter('MainContent', 'All', B, 'ChunkId1')], [MAIN], [A, C]],
    ['None sends nothing', [filter('MainContent', 'None')], [MAIN], []],
    ['LastZipChunk sends the last', [filter('MainContent', 'LastZipChunk')], [MAIN], [C]],
    ['LastZipChunk sends nothing when it is known', [filter('MainContent', 'LastZipChunk', C)], [MAIN], []],
    ['LastZipChunk sends nothing of what is no zip', [filter('MainContent', 'LastZipChunk')], [TEXT], []],
    [
      'LastZipChunk sends nothing of a stream that does not exist',
      [filter('x', 'LastZipChunk')],
      [stream('x', 'Zip')],
      [],
    ],
    [
      'what several streams share is sent once',
      [filter('MainContent', 'All'), filter('Alternate', 'All')],
      [MAIN, OTHER],
      [A, B, C, D],
    ],
    [
      'what one filter knows another may want',
      [filter('MainContent', 'All', B), filter('Alternate', 'All')],
      [MAIN, OTHER],
      [A, C, B, D],
    ],
    ['a stream not asked for sends nothing', [filter('Alternate', 'All')], [MAIN, OTHER], [B, D]],
    [
      'the scheme of the filter does not count',
      [{ ...filter('MainContent', 'LastZipChunk'), ChunkingScheme: 'FullFile' as const }],
      [MAIN],
      [C],
    ],
  ])('§13.6: %s', (_title, filters, signatures, ids) => {
    expect(chunksToSend(filters, signatures)).toEqual(ids)
  })
})

describe('the ranges of an answer (WOPI.md §13.8)', () => {
  it.each([
    ['a range in the middle', 2, 3, [{ id: A, offset: 2, length: 3, containsEnd: false }]],
    ['up to the end', 2, 8, [{ id: A, offset: 2, length: 8, containsEnd: true }]],
    ['-1 is up to the end', 2, -1, [{ id: A, offset: 2, length: 8, containsEnd: true }]],
    ['beyond the end is up to the end', 2, 100, [{ id: A, offset: 2, length: 8, containsEnd: true }]],
    ['nothing at the end', 10, -1, [{ id: A, offset: 10, length: 0, containsEnd: true }]],
    ['behind the end is left out', 11, 1, []],
  ])('§13.8: %s', (_title, Offset, Length, ranges) => {
    const asked = {
      StreamId: 'MainContent',
      ChunkingScheme: 'Zip' as const,
      ChunkRangesToReturn: [{ ChunkId: A, Offset, Length }],
    }
    expect(rangesToSend(asked, MAIN)).toEqual(ranges)
  })

  it('§13.8: a chunk that the stream no longer has is left out', () => {
    const asked = {
      StreamId: 'MainContent',
      ChunkingScheme: 'Zip' as const,
      ChunkRangesToReturn: [{ ChunkId: D, Offset: 0, Length: -1 }],
    }
    expect(rangesToSend(asked, MAIN)).toEqual([])
  })
})

describe('the chunks of a PutChunkedFile (WOPI.md §13.7)', () => {
  const lengths = new Map([
    [A, 10],
    [B, 10],
    [C, 11],
  ])
  const check = (...signatures: StreamSignature[]): unknown =>
    unusableChunk(signatures, (id) => lengths.get(id))

  it('§13.7, check 9: may come from anywhere, several times', () => {
    expect(check(stream('MainContent', 'Zip', A, B, A), stream('Alternate', 'Zip', B))).toBeUndefined()
  })

  it('§13.7, check 9: are refused when nobody has one', () => {
    expect(check(stream('MainContent', 'Zip', A), stream('Alternate', 'Zip', D))).toEqual({
      id: D,
      problem: 'missing',
    })
  })

  it('§13.7, check 9: are refused when a length is not that of the bytes', () => {
    expect(check(stream('MainContent', 'Zip', C))).toEqual({ id: C, problem: 'of-another-length' })
  })

  it('§13.4: no bytes need no frame, but have no length either', () => {
    const empty = (Length: number): StreamSignature => ({
      ...TEXT,
      ChunkSignatures: [{ ChunkId: EMPTY_CHUNK_ID, Length }],
    })
    expect(check(empty(0))).toBeUndefined()
    expect(check(empty(1))).toEqual({ id: EMPTY_CHUNK_ID, problem: 'of-another-length' })
  })
})
