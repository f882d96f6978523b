// WOPI.md §13.2: type and length of the extended header (uint32), length of the payload (uint64), big-endian.
const headSize = 16
const frameType = { end: 1, message: 2, chunk: 3 } as const
const chunkIdSize = 16

/** A chunk's id as messages write it: base64. */
export type ChunkId = string

export interface Frames {
  readonly message: unknown
  readonly chunks: ReadonlyMap<ChunkId, Uint8Array>
}

/** The body of a request: the message, each chunk once, the end. */
export function writeFrames({ message, chunks }: Frames): Uint8Array {
  const none = new Uint8Array()
  return Buffer.concat([
    frame(frameType.message, none, Buffer.from(JSON.stringify(message))),
    ...Array.from(chunks, ([id, bytes]) => frame(frameType.chunk, Buffer.from(id, 'base64'), bytes)),
    frame(frameType.end, none, none),
  ])
}

/** @throws Error that says what is wrong, for a body that is not framed as WOPI.md §13.2 has it */
export function readFrames(body: Uint8Array): Frames {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.length)
  const chunks = new Map<ChunkId, Uint8Array>()
  let message: { readonly json: unknown } | undefined
  for (let at = 0; ;) {
    const { type, extended, payload, end } = frameAt(bytes, at)
    at = end
    if (type === frameType.end) {
      if (!message) throw new Error('there is no message')
      if (extended.length > 0 || payload.length > 0) throw new Error('the end frame is not empty')
      return { message: message.json, chunks }
    }
    if (type === frameType.message) {
      if (message || chunks.size > 0) throw new Error('a message is not the first frame')
      if (extended.length > 0) throw new Error('the message has an extended header')
      message = { json: JSON.parse(payload.toString('utf8')) as unknown }
    } else if (type === frameType.chunk) {
      if (extended.length !== chunkIdSize) throw new Error(`a chunk id has ${extended.length} bytes`)
      const id = extended.toString('base64')
      if (chunks.has(id)) throw new Error(`chunk ${id} comes twice`)
      chunks.set(id, payload)
    } else throw new Error(`there is no frame type ${type}`)
  }
}

function frame(type: number, extended: Uint8Array, payload: Uint8Array): Buffer {
  const head = Buffer.alloc(headSize)
  head.writeUInt32BE(type, 0)
  head.writeUInt32BE(extended.length, 4)
  head.writeBigUInt64BE(BigInt(payload.length), 8)
  return Buffer.concat([head, extended, payload])
}

interface Frame {
  readonly type: number
  readonly extended: Buffer
  readonly payload: Buffer
  readonly end: number
}

function frameAt(bytes: Buffer, at: number): Frame {
  if (at + headSize > bytes.length) throw new Error('the body ends before its end frame')
  const extendedAt = at + headSize
  const payloadAt = extendedAt + bytes.readUInt32BE(at + 4)
  const end = payloadAt + Number(bytes.readBigUInt64BE(at + 8))
  if (end > bytes.length) throw new Error('the body ends inside a frame')
  return {
    type: bytes.readUInt32BE(at),
    extended: bytes.subarray(extendedAt, payloadAt),
    payload: bytes.subarray(payloadAt, end),
    end,
  }
}
