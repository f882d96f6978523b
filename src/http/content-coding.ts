import type { IncomingMessage } from 'node:http'
import type { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib'

/** What a 415 for a coding says in `Accept-Encoding` (RFC 9110 §15.5.16). */
export const CODINGS = 'gzip, deflate, br'

/** One is what clients send; each more costs a pass over what the others made of the body. */
const MAX_CODINGS = 3
const MAX_GROWTH = 1000
/** Short of this a body may be as blank as it likes. */
const GROWTH_FREE_BYTES = 1024 ** 2
const OUT_BYTES = 64 * 1024

/** A body in a form that nobody here can read: kept as it came, it would be a broken document. */
export class UnreadableForm extends Error {
  constructor(
    message: string,
    readonly what: 'coding' | 'media-type' | 'range',
  ) {
    super(message)
  }
}

/** A coded body that is damaged, or has lost its end. */
export class UndecodableBody extends Error {}

/** A body that is small only on the wire. */
export class GrowingBody extends Error {
  constructor() {
    super(`the decoded body is more than ${MAX_GROWTH} times as large as what was sent`)
  }
}

export type CodingFault = UnreadableForm | UndecodableBody | GrowingBody

/** What was wrong with the form of a body, whoever wrapped it on the way. */
export function codingFault(error: unknown): CodingFault | undefined {
  const cause = error instanceof Error ? error.cause : undefined
  return [error, cause].find(
    (one) => one instanceof UnreadableForm || one instanceof UndecodableBody || one instanceof GrowingBody,
  )
}

type Coding = 'gzip' | 'deflate' | 'br'

const NAMES: Readonly<Record<string, Coding>> = {
  gzip: 'gzip',
  'x-gzip': 'gzip',
  deflate: 'deflate',
  br: 'br',
}

/**
 * The codings of a body in the order in which they were applied; none for nearly every body. A transfer coding beside
 * `chunked` is no different: Node takes the chunks apart, and nothing else.
 * @throws UnreadableForm
 */
export function codingsOf({ headers }: IncomingMessage): readonly Coding[] {
  const content = headers['content-encoding']
  const transfer = headers['transfer-encoding']
  if (content === undefined && (transfer === undefined || transfer === 'chunked')) return []
  const names = [...listOf(content), ...listOf(transfer).filter((name) => name !== 'chunked')]
  if (names.length > MAX_CODINGS)
    throw new UnreadableForm(`the body has more than ${MAX_CODINGS} codings`, 'coding')
  return names.map((name) => {
    const coding = Object.hasOwn(NAMES, name) ? NAMES[name] : undefined
    if (!coding) throw new UnreadableForm(`the body has a coding that is none of ${CODINGS}`, 'coding')
    return coding
  })
}

function listOf(header: string | undefined): string[] {
  const names = (header ?? '').split(',').map((name) => name.trim().toLowerCase())
  return names.filter((name) => name !== '' && name !== 'identity')
}

/** Takes the codings off again, the last one first. @throws while it is read: UndecodableBody, GrowingBody */
export function decoded(body: AsyncIterable<Buffer>, codings: readonly Coding[]): AsyncIterable<Buffer> {
  const wire = { size: 0 }
  return codings.reduceRight<AsyncIterable<Buffer>>(
    (coded, coding) => without(coding, coded, wire),
    counted(body, wire),
  )
}

async function* counted(
  body: AsyncIterable<Buffer>,
  wire: { size: number },
): AsyncGenerator<Buffer, void, undefined> {
  for await (const piece of body) {
    wire.size += piece.length
    yield piece
  }
}

/** @param wire what came from the client so far: two codings that grow within measure grow beyond it together */
async function* without(
  coding: Coding,
  body: AsyncIterable<Buffer>,
  wire: { readonly size: number },
): AsyncGenerator<Buffer, void, undefined> {
  const source = new Source(body)
  const first = await source.next()
  if (first === undefined) throw new UndecodableBody(`the body is no ${coding} stream: it is empty`)
  const decoder = decoderOf(coding, first)
  // Whatever becomes of it: an error that comes when nobody reads any more must not end the process.
  decoder.on('error', () => undefined)
  const feeding = pipeline(source.from(first), decoder)
  feeding.catch(() => undefined)
  let size = 0
  try {
    for await (const piece of decoder) {
      size += (piece as Buffer).length
      if (size > GROWTH_FREE_BYTES && size > MAX_GROWTH * wire.size) throw new GrowingBody()
      yield piece as Buffer
    }
    await feeding
  } catch (error) {
    if (error instanceof GrowingBody || error === source.failure) throw error
    const why = error instanceof Error ? error.message : String(error)
    throw new UndecodableBody(`the body is no whole ${coding} stream: ${why}`, { cause: error })
  } finally {
    decoder.destroy()
  }
}

function decoderOf(coding: Coding, first: Buffer): Transform {
  const options = { chunkSize: OUT_BYTES }
  switch (coding) {
    case 'gzip':
      return createGunzip(options)
    case 'br':
      return createBrotliDecompress(options)
    case 'deflate':
      // Some send it without the zlib wrapping that RFC 9110 §8.4.1.2 asks for; its first byte tells.
      return ((first[0] ?? 0) & 0x0f) === 8 ? createInflate(options) : createInflateRaw(options)
  }
}

/** Remembers what it failed with: that is the client's fault, and none of the coding. */
class Source {
  failure: unknown
  private readonly pieces: AsyncIterator<Buffer>

  constructor(body: AsyncIterable<Buffer>) {
    this.pieces = body[Symbol.asyncIterator]()
  }

  /** The next piece with a byte in it; undefined at the end. */
  async next(): Promise<Buffer | undefined> {
    try {
      for (;;) {
        const next = await this.pieces.next()
        if (next.done === true) return undefined
        if (next.value.length > 0) return next.value
      }
    } catch (error) {
      this.failure = error
      throw error
    }
  }

  async *from(first: Buffer): AsyncGenerator<Buffer, void, undefined> {
    try {
      for (let piece: Buffer | undefined = first; piece !== undefined; piece = await this.next()) yield piece
    } finally {
      await this.pieces.return?.()
    }
  }
}
