import { unzipSync, zipSync, type Zippable } from 'fflate'
import { randomBytes } from 'node:crypto'
import { expect } from 'vitest'
import { bufferSource } from '../../src/incremental/byte-source.js'
import { type ChunkId, chunkIdOf } from '../../src/incremental/chunk-id.js'
import { type ChunkingScheme, chunkStream } from '../../src/incremental/chunking.js'
import { messageFrame, type OutgoingFrame } from '../../src/incremental/frame-writer.js'
import type { StreamSignature } from '../../src/incremental/messages.js'
import type { Editor, Headers, WopiAnswer } from '../kit/wopi.js'
import { inPieces, readAll, written } from './frame-kit.js'

export interface SentStream {
  readonly id?: string
  readonly bytes: Buffer
  readonly scheme?: ChunkingScheme
}

export interface Sent {
  readonly sequence: number | string
  readonly streams?: readonly SentStream[]
  /** Chunks that the server has already. */
  readonly without?: ReadonlySet<string>
  readonly properties?: readonly object[]
  readonly headers?: Headers
  /** In place of what the streams come to. */
  readonly message?: object
  readonly session?: string | null
}

const LIMITS = { chunkBytes: 64 * 1024 ** 2, bodyBytes: 128 * 1024 ** 2, messageBytes: 4 * 1024 ** 2 }

/** A stream's signature and chunks, as a client makes them. */
export async function chunked({ id = 'MainContent', bytes, scheme }: SentStream): Promise<{
  readonly signature: StreamSignature
  readonly frames: ReadonlyMap<ChunkId, OutgoingFrame>
}> {
  const cut =
    scheme === 'FullFile'
      ? { scheme, chunks: [{ id: chunkIdOf(bytes), offset: 0, length: bytes.length }] }
      : await chunkStream(bufferSource(bytes))
  const frames = new Map<ChunkId, OutgoingFrame>()
  for (const { id: chunk, offset, length } of cut.chunks) {
    const payload = [bytes.subarray(offset, offset + length)]
    frames.set(chunk, { kind: 'chunk', id: chunk, length, payload })
  }
  const ChunkSignatures = cut.chunks.map(({ id: ChunkId, length: Length }) => ({ ChunkId, Length }))
  return { signature: { StreamId: id, ChunkingScheme: cut.scheme, ChunkSignatures }, frames }
}

export async function putBody({
  streams = [],
  without = new Set<string>(),
  properties = [],
  message,
  session = null,
}: Omit<Sent, 'sequence'>): Promise<Buffer> {
  const made = await Promise.all(streams.map(chunked))
  const frames = new Map<ChunkId, OutgoingFrame>(made.flatMap((one) => [...one.frames]))
  const json = message ?? {
    ContentProperties: properties,
    Signatures: made.map(({ signature }) => signature),
    UploadSessionTokenToCommit: session,
  }
  const wanted = [...frames].filter(([id]) => !without.has(id)).map(([, frame]) => frame)
  return written([messageFrame(json), ...wanted])
}

export async function put(editor: Editor, sent: Sent): Promise<WopiAnswer> {
  return putRaw(editor, sent.sequence, await putBody(sent), sent.headers)
}

export function putRaw(
  editor: Editor,
  sequence: number | string,
  body: Buffer | string,
  headers: Headers = {},
): Promise<WopiAnswer> {
  const given = { 'X-WOPI-Override': 'PUT_CHUNKED_FILE', 'X-WOPI-SequenceNumber': String(sequence) }
  return editor.call('POST', '/contents', { ...given, ...headers }, body)
}

export interface Filter {
  readonly stream?: string
  readonly scheme?: ChunkingScheme
  readonly chunks?: 'All' | 'None' | 'LastZipChunk'
  readonly known?: readonly string[]
}

export interface Got {
  readonly properties: readonly object[]
  readonly signatures: readonly StreamSignature[]
  readonly chunks: ReadonlyMap<string, Buffer>
  readonly answer: WopiAnswer
}

export async function getRaw(
  editor: Editor,
  filters: readonly Filter[],
  properties: readonly string[] = [],
): Promise<WopiAnswer> {
  const ContentFilters = filters.map(({ stream, scheme, chunks, known }) => ({
    StreamId: stream ?? 'MainContent',
    ChunkingScheme: scheme ?? 'Zip',
    ChunksToReturn: chunks ?? 'All',
    AlreadyKnownChunks: known ?? [],
  }))
  return ask(editor, 'GET_CHUNKED_FILE', { ContentPropertiesToReturn: properties, ContentFilters })
}

export async function ask(editor: Editor, override: string, message: object): Promise<WopiAnswer> {
  return editor.operation(override, {}, await written([messageFrame(message)]))
}

export async function get(
  editor: Editor,
  filters: readonly Filter[] = [{}],
  properties: readonly string[] = [],
): Promise<Got> {
  const answer = await getRaw(editor, filters, properties)
  expect(answer.status).toBe(200)
  const [message, ...rest] = await readAll(inPieces(answer.body, []), 'message-and-chunks', LIMITS)
  if (message?.kind !== 'message') throw new Error('no message')
  const value = message.value as { ContentProperties: object[]; Signatures: StreamSignature[] }
  const chunks = rest.flatMap((frame) => (frame.kind === 'chunk' ? [[frame.id, frame.bytes] as const] : []))
  return {
    properties: value.ContentProperties,
    signatures: value.Signatures,
    chunks: new Map(chunks),
    answer,
  }
}

/** The bytes of a stream, put together as a client does. */
export function assembled({ signatures, chunks }: Got, stream = 'MainContent'): Buffer {
  const signature = signatures.find(({ StreamId }) => StreamId === stream)
  return Buffer.concat(
    (signature?.ChunkSignatures ?? []).map(({ ChunkId }) => chunks.get(ChunkId) ?? Buffer.alloc(0)),
  )
}

export async function textOf(editor: Editor, stream: string): Promise<string> {
  return assembled(await get(editor, [{ stream }]), stream).toString()
}

export async function sequenceOf(editor: Editor): Promise<number> {
  const answer = await editor.operation('GET_SEQUENCE_NUMBER')
  expect(answer.status).toBe(200)
  return sequenceIn(answer)
}

export function sequenceIn({ headers }: WopiAnswer): number {
  return Number(headers['x-wopi-sequencenumber'])
}

export const property = (
  Name: string,
  Value: string,
  Retention: 'DeleteOnContentChange' | 'KeepOnContentChange' = 'KeepOnContentChange',
): object => ({ Name, Value, Retention })

/** A workbook with pictures that do not compress, so that it is as large as people's are. */
export function workbook(megabytes: number): Buffer {
  const parts: Zippable = {
    '[Content_Types].xml': Buffer.from('<Types/>'),
    'xl/workbook.xml': Buffer.from('<workbook/>'),
    'xl/worksheets/sheet1.xml': Buffer.from('<sheetData><c r="A1"><v>1</v></c></sheetData>'),
  }
  for (let number = 1; number <= megabytes; number++)
    parts[`xl/media/image${number}.png`] = [randomBytes(1024 ** 2), { level: 0 }]
  return Buffer.from(zipSync(parts, { mtime: '2026-01-01' }))
}

/** The same with another value in one cell. */
export function withCell(bytes: Buffer, value: string): Buffer {
  const parts = unzipSync(bytes)
  parts['xl/worksheets/sheet1.xml'] = Buffer.from(`<sheetData><c r="A1"><v>${value}</v></c></sheetData>`)
  const stored = Object.entries(parts).map(
    ([name, content]) => [name, [content, { level: name.endsWith('.png') ? 0 : 6 }]] as const,
  )
  return Buffer.from(zipSync(Object.fromEntries(stored) as Zippable, { mtime: '2026-01-01' }))
}
