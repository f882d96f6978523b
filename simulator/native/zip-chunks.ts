const localHeader = 0x04034b50
const centralHeader = 0x02014b50
const endOfDirectory = 0x06054b50
const endSize = 22
/** Stands for "see the zip64 record". */
const inZip64 = 0xffffffff

/**
 * The partition of a zip archive in the scheme `Zip` (WOPI.md §13.4): each entry's header and content, and the central
 * directory. Undefined for everything that is not a plain zip archive: it goes as one chunk.
 */
export function zipChunks(content: Uint8Array): Uint8Array[] | undefined {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.length)
  const directory = directoryOf(bytes)
  if (!directory) return undefined
  const offsets = directory.entries.map(({ offset }) => offset)
  if (offsets.length > 0 && offsets[0] !== 0) return undefined
  const chunks: Uint8Array[] = []
  for (const [index, entry] of directory.entries.entries()) {
    const end = offsets[index + 1] ?? directory.start
    const contentAt = contentOffset(bytes, entry.offset)
    if (contentAt === undefined || contentAt + entry.size > end) return undefined
    // What follows the content, like a data descriptor, goes with it.
    chunks.push(content.subarray(entry.offset, contentAt), content.subarray(contentAt, end))
  }
  return [...chunks.filter(({ length }) => length > 0), content.subarray(directory.start)]
}

interface Directory {
  readonly start: number
  /** In the order of the file. */
  readonly entries: readonly { readonly offset: number; readonly size: number }[]
}

function directoryOf(bytes: Buffer): Directory | undefined {
  const endAt = endRecord(bytes)
  if (endAt === undefined) return undefined
  const count = bytes.readUInt16LE(endAt + 10)
  const start = bytes.readUInt32LE(endAt + 16)
  if (start + bytes.readUInt32LE(endAt + 12) !== endAt) return undefined
  const entries: { offset: number; size: number }[] = []
  let at = start
  while (entries.length < count) {
    if (at + 46 > endAt || bytes.readUInt32LE(at) !== centralHeader) return undefined
    const size = bytes.readUInt32LE(at + 20)
    const offset = bytes.readUInt32LE(at + 42)
    if (size === inZip64 || offset === inZip64) return undefined
    entries.push({ offset, size })
    at += 46 + bytes.readUInt16LE(at + 28) + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32)
  }
  return at === endAt
    ? { start, entries: entries.toSorted((one, two) => one.offset - two.offset) }
    : undefined
}

/** A comment may follow the record, up to 64 KB. */
function endRecord(bytes: Buffer): number | undefined {
  for (let at = bytes.length - endSize; at >= 0 && at >= bytes.length - endSize - 0xffff; at -= 1) {
    if (bytes.readUInt32LE(at) !== endOfDirectory) continue
    if (at + endSize + bytes.readUInt16LE(at + 20) === bytes.length) return at
  }
  return undefined
}

function contentOffset(bytes: Buffer, at: number): number | undefined {
  if (at + 30 > bytes.length || bytes.readUInt32LE(at) !== localHeader) return undefined
  return at + 30 + bytes.readUInt16LE(at + 26) + bytes.readUInt16LE(at + 28)
}
