import type { ByteSource } from './byte-source.js'
import { readUint64, readZipEnd } from './zip-end.js'
import { insist } from './zip-error.js'

export interface ZipEntry {
  /** Of its local header. */
  readonly offset: number
  readonly compressedBytes: number
}

export interface ZipDirectory {
  /** Of the first central directory header. */
  readonly offset: number
  /** In the order in which they lie in the file. */
  readonly entries: readonly ZipEntry[]
}

/**
 * The signature of more could not be sent back within MAX_MESSAGE_BYTES, and would keep everybody else waiting while it
 * is read. Office packages have hundreds.
 */
export const MAX_ZIP_ENTRIES = 30_000

const SIGNATURE = 0x02014b50
const HEADER_BYTES = 46
/** With the longest name, extra field and comment. */
const MAX_BYTES = HEADER_BYTES + 3 * 0xffff
const WINDOW_BYTES = 1024 ** 2

/**
 * Entries as the central directory has them (APPNOTE 4.3.12): it is right even where a local header could not know the
 * sizes yet.
 * @throws NoPlainZip
 */
export async function readZipDirectory(source: ByteSource): Promise<ZipDirectory> {
  const directory = await readZipEnd(source)
  const end = directory.offset + directory.size
  insist(end <= directory.at, 'its central directory reaches beyond its end record')
  insist(directory.entries <= MAX_ZIP_ENTRIES, `it has more than ${MAX_ZIP_ENTRIES} entries`)
  const entries: ZipEntry[] = []
  let at = directory.offset
  let window: Buffer = Buffer.alloc(0)
  while (entries.length < directory.entries) {
    const left = end - at
    if (window.length < Math.min(MAX_BYTES, left))
      window = await source.read(at, Math.min(WINDOW_BYTES, left))
    const { entry, length } = readEntry(window)
    entries.push(entry)
    window = window.subarray(length)
    at += length
  }
  insist(at === end, 'its central directory has another size than its end record says')
  entries.sort((one, other) => one.offset - other.offset)
  return { offset: directory.offset, entries }
}

function readEntry(bytes: Buffer): { entry: ZipEntry; length: number } {
  insist(bytes.length >= HEADER_BYTES, 'its central directory breaks off')
  insist(bytes.readUInt32LE(0) === SIGNATURE, 'its central directory has something else than headers')
  const extraAt = HEADER_BYTES + bytes.readUInt16LE(28)
  const commentAt = extraAt + bytes.readUInt16LE(30)
  const length = commentAt + bytes.readUInt16LE(32)
  insist(bytes.length >= length, 'its central directory breaks off')
  const wide = wideNumbers(bytes.subarray(extraAt, commentAt))
  numberAt(bytes, UNCOMPRESSED_SIZE_AT, wide)
  const compressedBytes = numberAt(bytes, COMPRESSED_SIZE_AT, wide)
  const offset = numberAt(bytes, OFFSET_AT, wide)
  return { entry: { offset, compressedBytes }, length }
}

// The zip64 extra field has those that do not fit, in this order (APPNOTE 4.5.3).
const UNCOMPRESSED_SIZE_AT = 24
const COMPRESSED_SIZE_AT = 20
const OFFSET_AT = 42

function numberAt(header: Buffer, at: number, wide: Iterator<number>): number {
  const number = header.readUInt32LE(at)
  if (number !== 0xffffffff) return number
  const next = wide.next()
  insist(next.done !== true, 'a number is missing in a zip64 extra field')
  return next.value
}

const ZIP64_EXTRA = 0x0001

function* wideNumbers(extra: Buffer): Generator<number, void, undefined> {
  for (let at = 0; at + 4 <= extra.length;) {
    const next = at + 4 + extra.readUInt16LE(at + 2)
    if (extra.readUInt16LE(at) === ZIP64_EXTRA) {
      for (at += 4; at + 8 <= Math.min(next, extra.length); at += 8) yield readUint64(extra, at)
      return
    }
    at = next
  }
}
