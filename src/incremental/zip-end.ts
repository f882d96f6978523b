import type { ByteSource } from './byte-source.js'
import { insist } from './zip-error.js'

export interface ZipEnd {
  readonly entries: number
  /** Of the central directory, in bytes. */
  readonly size: number
  readonly offset: number
  /** Where the end record itself begins, the zip64 one if there is one. */
  readonly at: number
}

const SIGNATURE = Buffer.from('PK\x05\x06', 'latin1')
const RECORD_BYTES = 22
const MAX_COMMENT_BYTES = 0xffff

const LOCATOR_SIGNATURE = 0x07064b50
const LOCATOR_BYTES = 20
const ZIP64_SIGNATURE = 0x06064b50
const ZIP64_BYTES = 56

/**
 * The end of central directory record (APPNOTE 4.3.16), which says where the directory lies. It is the last thing in the
 * file but for a comment of the length that it names.
 * @throws NoPlainZip
 */
export async function readZipEnd(source: ByteSource): Promise<ZipEnd> {
  const tailBytes = Math.min(source.size, RECORD_BYTES + MAX_COMMENT_BYTES)
  const tail = await source.read(source.size - tailBytes, tailBytes)
  const found = findRecord(tail)
  insist(found >= 0, 'it has no end of central directory record')
  const record = tail.subarray(found)
  const end = {
    entries: record.readUInt16LE(10),
    size: record.readUInt32LE(12),
    offset: record.readUInt32LE(16),
    at: source.size - tailBytes + found,
  }
  if (end.entries === 0xffff || end.size === 0xffffffff || end.offset === 0xffffffff) {
    return readZip64End(source, end.at)
  }
  const disks = [record.readUInt16LE(4), record.readUInt16LE(6), record.readUInt16LE(8) - end.entries]
  insist(
    disks.every((disk) => disk === 0),
    'it is spread over several disks',
  )
  return end
}

function findRecord(tail: Buffer): number {
  for (let at = tail.length - RECORD_BYTES; at >= 0; at--) {
    at = tail.lastIndexOf(SIGNATURE, at)
    if (at < 0 || at + RECORD_BYTES + tail.readUInt16LE(at + 20) === tail.length) return at
  }
  return -1
}

/** APPNOTE 4.3.14 and 4.3.15. */
async function readZip64End(source: ByteSource, endAt: number): Promise<ZipEnd> {
  const locatorAt = endAt - LOCATOR_BYTES
  insist(locatorAt >= 0, 'it has no zip64 locator')
  const locator = await source.read(locatorAt, LOCATOR_BYTES)
  insist(locator.readUInt32LE(0) === LOCATOR_SIGNATURE, 'it has no zip64 locator')
  const at = readUint64(locator, 8)
  insist(at + ZIP64_BYTES <= locatorAt, 'its zip64 locator points behind itself')
  const record = await source.read(at, ZIP64_BYTES)
  insist(record.readUInt32LE(0) === ZIP64_SIGNATURE, 'its zip64 locator points nowhere')
  insist(record.readUInt32LE(16) === 0 && record.readUInt32LE(20) === 0, 'it is spread over several disks')
  return { entries: readUint64(record, 32), size: readUint64(record, 40), offset: readUint64(record, 48), at }
}

/** Rounded beyond 2^53, where no file ends. */
export function readUint64(bytes: Buffer, at: number): number {
  return bytes.readUInt32LE(at + 4) * 2 ** 32 + bytes.readUInt32LE(at)
}
