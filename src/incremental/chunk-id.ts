import { spookyHash } from './spooky-hash.js'

/** A chunk's id as JSON has it: 16 bytes in standard base64 with padding, 24 characters (WOPI.md §13.3). */
export type ChunkId = string & { readonly brand: 'ChunkId' }

const RAW_BYTES = 16
// The 22nd character carries two bits only: the others must be zero, or one id could be written in many ways.
const BASE64 = /^[A-Za-z0-9+/]{21}[AQgw]==$/
const HEX = /^[0-9a-fA-F]{32}$/

export function isChunkId(text: string): text is ChunkId {
  return BASE64.test(text)
}

/** The id of the 16 bytes that a frame or `SpookyHash.digest` has. */
export function chunkIdFrom(raw: Uint8Array): ChunkId {
  if (raw.length !== RAW_BYTES) throw new Error(`a chunk id has ${RAW_BYTES} bytes, not ${raw.length}`)
  return Buffer.from(raw.buffer, raw.byteOffset, raw.length).toString('base64') as ChunkId
}

/** The id of a whole chunk in memory. */
export function chunkIdOf(chunk: Uint8Array): ChunkId {
  return chunkIdFrom(spookyHash(chunk))
}

export function rawChunkId(id: ChunkId): Buffer {
  return Buffer.from(id, 'base64')
}

export function hexChunkId(id: ChunkId): string {
  return rawChunkId(id).toString('hex')
}

/** @returns undefined when it is not 32 hexadecimal digits */
export function chunkIdFromHex(hex: string): ChunkId | undefined {
  return HEX.test(hex) ? chunkIdFrom(Buffer.from(hex, 'hex')) : undefined
}

/** The id of no bytes at all. */
export const EMPTY_CHUNK_ID = chunkIdOf(new Uint8Array())
