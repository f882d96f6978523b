import { z } from 'zod'
import type { ChunkedContent } from './chunked-content.js'
import { chunkIdOf } from './chunked-content.js'
import type { ChunkId, Frames } from './frames.js'
import { readFrames, writeFrames } from './frames.js'

const mainContent = 'MainContent'

const chunkedFile = z.strictObject({
  ContentProperties: z.array(z.unknown()),
  Signatures: z.tuple([
    z.strictObject({
      StreamId: z.literal(mainContent),
      ChunkingScheme: z.enum(['FullFile', 'Zip']),
      ChunkSignatures: z.array(z.strictObject({ ChunkId: z.base64().length(24), Length: z.int().min(0) })),
    }),
  ]),
})

/** GetChunkedFile for the whole document, but for the chunks that are here already (WOPI.md §13.6). */
export function fetchRequest(known: Iterable<ChunkId>): Uint8Array {
  const filter = {
    StreamId: mainContent,
    ChunkingScheme: 'Zip',
    ChunksToReturn: 'All',
    AlreadyKnownChunks: [...known],
  }
  return writeFrames({
    message: { ContentPropertiesToReturn: [], ContentFilters: [filter] },
    chunks: new Map(),
  })
}

/**
 * The answer to it, whose chunks are only those that were not known.
 * @throws Error that says what is wrong with it
 */
export function readFetched(body: Uint8Array): ChunkedContent {
  const { message, chunks } = readFrames(body)
  for (const [id, bytes] of chunks) {
    if (chunkIdOf(bytes) !== id) throw new Error(`chunk ${id} has other bytes than its id says`)
  }
  const { data, error } = chunkedFile.safeParse(message)
  if (!data) throw new Error(z.prettifyError(error))
  const [{ ChunkingScheme: scheme, ChunkSignatures: signature }] = data.Signatures
  return { scheme, signature, chunks }
}

/** PutChunkedFile of the whole document, with the chunks that are given (WOPI.md §13.7). */
export function saveRequest(content: ChunkedContent, chunks: Frames['chunks']): Uint8Array {
  const { scheme, signature } = content
  const message = {
    ContentProperties: [],
    Signatures: [{ StreamId: mainContent, ChunkingScheme: scheme, ChunkSignatures: signature }],
    UploadSessionTokenToCommit: '',
  }
  return writeFrames({ message, chunks })
}
