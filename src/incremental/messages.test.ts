import { zipSync } from 'fflate'
import { describe, expect, it } from 'vitest'
import { bufferSource } from './byte-source.js'
import {
  chunkIdFromHex,
  chunkIdOf,
  EMPTY_CHUNK_ID,
  hexChunkId,
  isChunkId,
  rawChunkId,
  chunkIdFrom,
} from './chunk-id.js'
import { chunkStream, MISSING_STREAM } from './chunking.js'
import {
  getChunkedFileRequest,
  getChunksRequest,
  InvalidMessage,
  MAIN_CONTENT,
  MAX_CHUNKS_OF_STREAM,
  MAX_MESSAGE_BYTES,
  parseMessage,
  putChunkedFileRequest,
  signatureOf,
} from './messages.js'
import { MAX_SEQUENCE_NUMBER, nextSequenceNumber, parseSequenceNumber } from './sequence-number.js'

const ID = 'OpSWhpt12BRkuGX4z7bQPg=='
const PROPERTY = { Name: 'lastocssave', Value: 'x', Retention: 'KeepOnContentChange' }
const SIGNATURE = {
  StreamId: MAIN_CONTENT,
  ChunkingScheme: 'FullFile',
  ChunkSignatures: [{ ChunkId: ID, Length: 19 }],
}
const FILTER = {
  StreamId: MAIN_CONTENT,
  ChunkingScheme: 'Zip',
  ChunksToReturn: 'None',
  AlreadyKnownChunks: [ID],
}
const RANGES = {
  StreamId: MAIN_CONTENT,
  ChunkingScheme: 'Zip',
  ChunkRangesToReturn: [{ ChunkId: ID, Offset: 3, Length: -1 }],
}

const asks = (filters: readonly object[], properties: readonly unknown[] = []): object => ({
  ContentPropertiesToReturn: properties,
  ContentFilters: filters,
})
const puts = (signatures: readonly object[], properties: readonly object[] = []): object => ({
  ContentProperties: properties,
  Signatures: signatures,
})

describe('GetChunkedFile requests (WOPI.md §13.6)', () => {
  it('§13.6: are read as they are documented', () => {
    const message = asks([FILTER, { ...FILTER, StreamId: 'Alternate' }], ['prop1'])
    expect(parseMessage(getChunkedFileRequest, message)).toEqual(message)
  })

  it.each([[undefined], [null]])('§13.6: ChunksToReturn is All when it is %s', (ChunksToReturn) => {
    const { ContentFilters } = parseMessage(getChunkedFileRequest, asks([{ ...FILTER, ChunksToReturn }]))
    expect(ContentFilters[0]?.ChunksToReturn).toBe('All')
  })

  it('§13.6: a known chunk that is no id does no harm', () => {
    const message = asks([{ ...FILTER, AlreadyKnownChunks: ['ChunkId1'] }])
    expect(parseMessage(getChunkedFileRequest, message)).toEqual(message)
  })

  it('properties that nobody knows are left out', () => {
    expect(parseMessage(getChunkedFileRequest, { ...asks([FILTER]), New: 1 })).toEqual(asks([FILTER]))
  })

  it.each([
    ['no filter', asks([]), 'ContentFilters'],
    ['two filters for one stream', asks([FILTER, FILTER]), 'ContentFilters'],
    ['no list of filters', { ContentPropertiesToReturn: [] }, 'ContentFilters'],
    ['no list of properties', { ContentFilters: [FILTER] }, 'ContentPropertiesToReturn'],
    ['a property that is no text', asks([FILTER], [7]), 'ContentPropertiesToReturn.0'],
    ['a filter without stream', asks([{ ...FILTER, StreamId: undefined }]), 'ContentFilters.0.StreamId'],
    ['an unknown scheme', asks([{ ...FILTER, ChunkingScheme: 'zip' }]), 'ContentFilters.0.ChunkingScheme'],
    ['an unknown choice', asks([{ ...FILTER, ChunksToReturn: 'Some' }]), 'ContentFilters.0.ChunksToReturn'],
    [
      'no known chunks',
      asks([{ ...FILTER, AlreadyKnownChunks: undefined }]),
      'ContentFilters.0.AlreadyKnownChunks',
    ],
    ['a list', [], 'the message'],
    ['null', null, 'the message'],
  ])('§13.6: are refused with %s, saying where', (_title, message, where) => {
    expect(() => parseMessage(getChunkedFileRequest, message)).toThrow(InvalidMessage)
    expect(() => parseMessage(getChunkedFileRequest, message)).toThrow(`${where}: `)
  })
})

describe('PutChunkedFile requests (WOPI.md §13.7)', () => {
  it.each([[null], [''], [undefined]])(
    '§13.7: commit no upload session with the token %j',
    (UploadSessionTokenToCommit) => {
      const message = { ...puts([SIGNATURE], [PROPERTY]), UploadSessionTokenToCommit }
      expect(parseMessage(putChunkedFileRequest, message)).toEqual(puts([SIGNATURE], [PROPERTY]))
    },
  )

  it('§13.7: commit the upload session that they name', () => {
    const message = { ...puts([SIGNATURE]), UploadSessionTokenToCommit: 'token' }
    expect(parseMessage(putChunkedFileRequest, message)).toEqual(message)
  })

  it.each([
    ['without MainContent', [{ ...SIGNATURE, StreamId: 'Alternate' }]],
    ['of no chunk', [{ ...SIGNATURE, ChunkSignatures: [] }]],
    ['of one empty chunk', [{ ...SIGNATURE, ChunkSignatures: [{ ChunkId: EMPTY_CHUNK_ID, Length: 0 }] }]],
    [
      'of the same chunk twice',
      [{ ...SIGNATURE, ChunkSignatures: [...SIGNATURE.ChunkSignatures, ...SIGNATURE.ChunkSignatures] }],
    ],
  ])('§13.7 and §13.4: may have signatures %s', (_title, signatures) => {
    expect(parseMessage(putChunkedFileRequest, puts(signatures))).toEqual(puts(signatures))
  })

  const chunk = (ChunkId: unknown, Length: unknown): object =>
    puts([{ ...SIGNATURE, ChunkSignatures: [{ ChunkId, Length }] }])
  const property = (changes: object): object => puts([SIGNATURE], [{ ...PROPERTY, ...changes }])
  const many = <T>(count: number, one: (index: number) => T): T[] =>
    Array.from({ length: count }, (_, index) => one(index))

  it.each([
    ['a name of 256 characters', property({ Name: 'é'.repeat(256) })],
    ['a value of 1 KB', property({ Value: 'é'.repeat(512) })],
    ['an empty value', property({ Value: '' })],
    [
      '256 properties',
      puts(
        [SIGNATURE],
        many(256, (index) => ({ ...PROPERTY, Name: `p${index}` })),
      ),
    ],
    ['MainContent and 256 others', puts(many(257, (index) => ({ ...SIGNATURE, StreamId: `s${index}` })))],
  ])('§13.1: may have %s', (_title, message) => {
    expect(parseMessage(putChunkedFileRequest, message)).toEqual(message)
  })

  it.each([
    ['no signature', puts([]), 'Signatures'],
    ['two signatures of one stream', puts([SIGNATURE, SIGNATURE]), 'Signatures'],
    ['258 streams', puts(many(258, (index) => ({ ...SIGNATURE, StreamId: `s${index}` }))), 'Signatures'],
    [
      '257 properties',
      puts(
        [SIGNATURE],
        many(257, (index) => ({ ...PROPERTY, Name: `p${index}` })),
      ),
      'ContentProperties',
    ],
    ['one property twice', puts([SIGNATURE], [PROPERTY, PROPERTY]), 'ContentProperties'],
    ['a name of 257 characters', property({ Name: 'n'.repeat(257) }), 'ContentProperties.0.Name'],
    ['a name of none', property({ Name: '' }), 'ContentProperties.0.Name'],
    ['a name that no database takes', property({ Name: 'a\0b' }), 'ContentProperties.0.Name'],
    ['a value of more than 1 KB', property({ Value: 'é'.repeat(513) }), 'ContentProperties.0.Value'],
    ['a value that UTF-8 has not', property({ Value: '\ud800' }), 'ContentProperties.0.Value'],
    ['an unknown retention', property({ Retention: 'Keep' }), 'ContentProperties.0.Retention'],
    [
      'an id that is no base64',
      chunk('ZZbM20yjAXOFHEnVJ7Q2cg//', 1),
      'Signatures.0.ChunkSignatures.0.ChunkId',
    ],
    ['a negative length', chunk(ID, -1), 'Signatures.0.ChunkSignatures.0.Length'],
    ['a length of 1.5', chunk(ID, 1.5), 'Signatures.0.ChunkSignatures.0.Length'],
    ['a length beyond 2^53', chunk(ID, 2 ** 63), 'Signatures.0.ChunkSignatures.0.Length'],
    [
      'a token that is no text',
      { ...puts([SIGNATURE]), UploadSessionTokenToCommit: 5 },
      'UploadSessionTokenToCommit',
    ],
  ])('§13.7: are refused with %s, saying where', (_title, message, where) => {
    expect(() => parseMessage(putChunkedFileRequest, message)).toThrow(InvalidMessage)
    expect(() => parseMessage(putChunkedFileRequest, message)).toThrow(`${where}: `)
  })

  it('may have as many chunks as the largest signature of our own, which fits into a message', () => {
    const signature = (chunks: number): object => ({
      ...SIGNATURE,
      ChunkSignatures: many(chunks, () => ({ ChunkId: ID, Length: 1_000_000 })),
    })
    const largest = puts([signature(MAX_CHUNKS_OF_STREAM)])
    expect(JSON.stringify(largest).length).toBeLessThan(MAX_MESSAGE_BYTES)
    expect(parseMessage(putChunkedFileRequest, largest).Signatures[0]?.ChunkSignatures).toHaveLength(60_001)
    expect(() => parseMessage(putChunkedFileRequest, puts([signature(MAX_CHUNKS_OF_STREAM + 1)]))).toThrow(
      'Signatures.0.ChunkSignatures: ',
    )
  })
})

describe('GetChunks requests (WOPI.md §13.8)', () => {
  it('§13.8: are read as they are documented', () => {
    const message = { ContentFilters: [RANGES] }
    expect(parseMessage(getChunksRequest, message)).toEqual(message)
  })

  it.each([
    ['no filter', [], 'ContentFilters'],
    ['two filters for one stream', [RANGES, RANGES], 'ContentFilters'],
    [
      'a negative offset',
      [{ ...RANGES, ChunkRangesToReturn: [{ ChunkId: ID, Offset: -1, Length: 1 }] }],
      'ContentFilters.0.ChunkRangesToReturn.0.Offset',
    ],
    [
      'a length of -2',
      [{ ...RANGES, ChunkRangesToReturn: [{ ChunkId: ID, Offset: 0, Length: -2 }] }],
      'ContentFilters.0.ChunkRangesToReturn.0.Length',
    ],
  ])('§13.8: are refused with %s, saying where', (_title, ContentFilters, where) => {
    expect(() => parseMessage(getChunksRequest, { ContentFilters })).toThrow(`${where}: `)
  })
})

describe('signatures', () => {
  it('§13.6: name each chunk of a stream in order', async () => {
    const bytes = Buffer.from(zipSync({ 'a.xml': Buffer.from('text') }))
    const { StreamId, ChunkingScheme, ChunkSignatures } = signatureOf(
      MAIN_CONTENT,
      await chunkStream(bufferSource(bytes)),
    )
    expect({ StreamId, ChunkingScheme }).toEqual({ StreamId: 'MainContent', ChunkingScheme: 'Zip' })
    expect(ChunkSignatures).toHaveLength(3)
    expect(ChunkSignatures.every(({ ChunkId }) => isChunkId(ChunkId))).toBe(true)
    expect(ChunkSignatures.reduce((sum, { Length }) => sum + Length, 0)).toBe(bytes.length)
  })

  it('§13.4: of a missing stream have no chunks, of an empty one a chunk of length 0', async () => {
    expect(signatureOf('Alternate', MISSING_STREAM)).toEqual({
      StreamId: 'Alternate',
      ChunkingScheme: 'Zip',
      ChunkSignatures: [],
    })
    expect(
      signatureOf(MAIN_CONTENT, await chunkStream(bufferSource(Buffer.alloc(0)))).ChunkSignatures,
    ).toEqual([{ ChunkId: 'GQn1a/wGJyPHUei0Ze5yiw==', Length: 0 }])
  })
})

describe('chunk ids', () => {
  it('§13.3: are base64 in JSON, 16 bytes in frames, and hexadecimal for people', () => {
    const id = chunkIdOf(Buffer.from('SampleTextVersion-1'))
    expect(id).toBe(ID)
    expect(rawChunkId(id)).toHaveLength(16)
    expect(chunkIdFrom(rawChunkId(id))).toBe(id)
    expect(hexChunkId(id)).toBe('3a9496869b75d81464b865f8cfb6d03e')
    expect(chunkIdFromHex('3A9496869b75d81464b865f8cfb6d03e')).toBe(id)
  })

  it.each([
    '',
    'OpSWhpt12BRkuGX4z7bQPg',
    'OpSWhpt12BRkuGX4z7bQPh==',
    'OpSWhpt12BRkuGX4z7bQPg==\n',
    'OpSWhpt12BRkuGX4z7bQ-_==',
    'R3ZBz20okt9LmDaePUpB8Q--',
  ])('§13.3: %j is none', (text) => {
    expect(isChunkId(text)).toBe(false)
  })

  it.each(['', '3a', '3a9496869b75d81464b865f8cfb6d03g'])('%j is none in hexadecimal', (hex) => {
    expect(chunkIdFromHex(hex)).toBeUndefined()
  })

  it('have 16 bytes', () => {
    expect(() => chunkIdFrom(Buffer.alloc(15))).toThrow('16 bytes')
  })
})

describe('sequence numbers', () => {
  it.each([
    ['1', 1],
    ['0', 0],
    ['2147483647', MAX_SEQUENCE_NUMBER],
    ['99999999999', 99_999_999_999],
  ])('§13.5: %s is one', (text, number) => {
    expect(parseSequenceNumber(text)).toBe(number)
  })

  it.each(['', '-1', '1.0', '1e3', ' 1', '0x1', 'one', '9'.repeat(20)])('§13.7: %j is none', (text) => {
    expect(parseSequenceNumber(text)).toBeUndefined()
  })

  it('§13.5: stay within 31 bits', () => {
    expect(nextSequenceNumber(1)).toBe(2)
    expect(nextSequenceNumber(MAX_SEQUENCE_NUMBER - 1)).toBe(2_147_483_647)
    expect(() => nextSequenceNumber(MAX_SEQUENCE_NUMBER)).toThrow(RangeError)
  })
})
