import { z } from 'zod'
import { type ChunkId, isChunkId } from './chunk-id.js'
import { type ChunkedStream, CHUNKING_SCHEMES } from './chunking.js'
import { MAX_ZIP_ENTRIES } from './zip-directory.js'

/** Limits of WOPI.md §13.1; the main content is a stream beside the alternate ones. */
export const MAX_STREAMS = 1 + 256
export const MAX_CONTENT_PROPERTIES = 256
/** More than any client has a reason to ask for in one call. */
const MAX_ASKED = 1000
/** For the limits of `readFrames`: parsing so much takes a tenth of a second. */
export const MAX_MESSAGE_BYTES = 4 * 1024 ** 2
export const MAX_CHUNKS_OF_STREAM = 2 * MAX_ZIP_ENTRIES + 1

export const MAIN_CONTENT = 'MainContent'

/** Neither can be stored nor sent back as it came: PostgreSQL takes no NUL, UTF-8 no half of a surrogate pair. */
const storable = (text: string): boolean => !/[\0\p{Cs}]/u.test(text)
const name = z.string().min(1).max(256).refine(storable, 'has a NUL or half a character')
const value = z
  .string()
  .refine((text) => Buffer.byteLength(text) <= 1024, 'is longer than 1 KB')
  .refine(storable, 'has a NUL or half a character')

const chunkId = z.custom<ChunkId>(
  (id) => typeof id === 'string' && isChunkId(id),
  'is not the base64 of a chunk id',
)
const scheme = z.enum(CHUNKING_SCHEMES)
const length = z.int().min(0)

const contentProperty = z.object({
  Name: name,
  Value: value,
  Retention: z.enum(['DeleteOnContentChange', 'KeepOnContentChange']),
})

const signature = z.object({
  StreamId: name,
  ChunkingScheme: scheme,
  ChunkSignatures: z.array(z.object({ ChunkId: chunkId, Length: length })).max(MAX_CHUNKS_OF_STREAM),
})

const contentFilter = z.object({
  StreamId: name,
  ChunkingScheme: scheme,
  ChunksToReturn: z
    .enum(['All', 'None', 'LastZipChunk'])
    .nullish()
    .transform((chosen) => chosen ?? 'All'),
  // What is no id cannot be the id of a chunk here, and does no harm.
  AlreadyKnownChunks: z.array(z.string()).max(MAX_CHUNKS_OF_STREAM),
})

const rangeFilter = z.object({
  StreamId: name,
  ChunkingScheme: scheme,
  ChunkRangesToReturn: z
    .array(z.object({ ChunkId: chunkId, Offset: length, Length: z.int().min(-1) }))
    .max(MAX_CHUNKS_OF_STREAM),
})

/** Which streams and properties a client wants, and which chunks it has already (WOPI.md §13.6). */
export const getChunkedFileRequest = z.object({
  ContentPropertiesToReturn: z.array(name).max(MAX_ASKED),
  ContentFilters: onceEach(z.array(contentFilter).min(1).max(MAX_ASKED), ({ StreamId }) => StreamId),
})

/** A client without an upload session sends null, '' or nothing for its token (WOPI.md §13.7; §20, 6). */
export const putChunkedFileRequest = z.object({
  ContentProperties: onceEach(z.array(contentProperty).max(MAX_CONTENT_PROPERTIES), ({ Name }) => Name),
  Signatures: onceEach(z.array(signature).min(1).max(MAX_STREAMS), ({ StreamId }) => StreamId),
  UploadSessionTokenToCommit: z
    .string()
    .max(1024)
    .nullish()
    .transform((token) => (token === '' ? undefined : (token ?? undefined))),
})

/** Parts of chunks; a range of length -1 goes to the end of its chunk (WOPI.md §13.8). */
export const getChunksRequest = z.object({
  ContentFilters: onceEach(z.array(rangeFilter).min(1).max(MAX_ASKED), ({ StreamId }) => StreamId),
})

export type ContentProperty = z.infer<typeof contentProperty>
export type StreamSignature = z.infer<typeof signature>
export type ContentFilter = z.infer<typeof contentFilter>
export type RangeFilter = z.infer<typeof rangeFilter>
export type GetChunkedFileRequest = z.infer<typeof getChunkedFileRequest>
export type PutChunkedFileRequest = z.infer<typeof putChunkedFileRequest>
export type GetChunksRequest = z.infer<typeof getChunksRequest>

/** The whole signature of each stream, whatever the client has of it (WOPI.md §13.6). */
export interface GetChunkedFileAnswer {
  readonly ContentProperties: readonly ContentProperty[]
  readonly Signatures: readonly StreamSignature[]
}

/** The ids of the chunks of which ranges follow: those that are gone are missing here (WOPI.md §13.8). */
export interface GetChunksAnswer {
  readonly ChunkRangeCollection: readonly {
    readonly StreamId: string
    readonly ChunkIds: readonly ChunkId[]
  }[]
}

/** The token by which the parts and the save name the session (WOPI.md §13.9). */
export interface CreateUploadSessionAnswer {
  readonly UploadSessionToken: string
}

/** A MessageJSON that is JSON, but not what the operation asks for; the message says where. */
export class InvalidMessage extends Error {}

/** @throws InvalidMessage */
export function parseMessage<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const [first] = parsed.error.issues
  const where = first?.path.map(String).join('.')
  throw new InvalidMessage(
    `${where === undefined || where === '' ? 'the message' : where}: ${first?.message ?? ''}`,
  )
}

export function signatureOf(streamId: string, { scheme, chunks }: ChunkedStream): StreamSignature {
  const ChunkSignatures = chunks.map(({ id, length }) => ({ ChunkId: id, Length: length }))
  return { StreamId: streamId, ChunkingScheme: scheme, ChunkSignatures }
}

function onceEach<T>(list: z.ZodType<T[]>, key: (one: T) => string): z.ZodType<T[]> {
  return list.refine((all) => new Set(all.map(key)).size === all.length, 'names one twice')
}
