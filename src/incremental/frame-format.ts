/** FrameType on the wire (WOPI.md §13.2); 0 is undefined and refused. */
export const FRAME_TYPES = { end: 1, message: 2, chunk: 3, range: 4 } as const

export type FrameKind = keyof typeof FRAME_TYPES

/** Size of the ExtendedHeader that a frame of each kind must have. */
export const EXTENDED_HEADER_BYTES: Readonly<Record<FrameKind, number>> = {
  end: 0,
  message: 0,
  chunk: 16,
  range: 36,
}

export const FRAME_HEADER_BYTES = 16

/** ChunkRange flags. */
export const RANGE_FLAGS = { middle: 0, end: 1 } as const

/** Where a ChunkRange's extended header has what comes behind the chunk id. */
export const RANGE_OFFSETS = { offset: 16, length: 24, flags: 32 } as const

const KINDS: readonly (FrameKind | undefined)[] = [undefined, 'end', 'message', 'chunk', 'range']

export function frameKind(type: number): FrameKind | undefined {
  return KINDS[type]
}

export interface RawFrameHeader {
  readonly type: number
  readonly extendedHeaderBytes: number
  readonly payloadBytes: number
}

export function decodeFrameHeader(bytes: Buffer): RawFrameHeader {
  return {
    type: bytes.readUInt32BE(0),
    extendedHeaderBytes: bytes.readUInt32BE(4),
    payloadBytes: readSize(bytes, 8),
  }
}

/** The frame header, with room behind it for the extended header. */
export function encodeFrameHeader(kind: FrameKind, payloadBytes: number): Buffer {
  const bytes = Buffer.alloc(FRAME_HEADER_BYTES + EXTENDED_HEADER_BYTES[kind])
  bytes.writeUInt32BE(FRAME_TYPES[kind], 0)
  bytes.writeUInt32BE(EXTENDED_HEADER_BYTES[kind], 4)
  writeSize(bytes, payloadBytes, 8)
  return bytes
}

/** A big-endian uint64. Beyond 2^53 it is rounded, which no limit on a size can tell. */
export function readSize(bytes: Buffer, at: number): number {
  return bytes.readUInt32BE(at) * 2 ** 32 + bytes.readUInt32BE(at + 4)
}

export function writeSize(bytes: Buffer, size: number, at: number): void {
  bytes.writeUInt32BE(Math.floor(size / 2 ** 32), at)
  bytes.writeUInt32BE(size % 2 ** 32, at + 4)
}
