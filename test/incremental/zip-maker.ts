export interface MadeEntry {
  readonly name: string
  /** As it lies in the archive. */
  readonly payload: Buffer
  /** In the local header; Office pads with it. */
  readonly extra?: Buffer
  /** The local header knows no sizes; they follow the payload. */
  readonly descriptor?: boolean
  /** Bytes that belong to nothing, behind the payload. */
  readonly gap?: Buffer
  /** What the central directory claims, in place of the truth. */
  readonly lie?: { readonly offset?: number; readonly compressedBytes?: number }
}

export interface ZipOptions {
  /** Before the first entry. */
  readonly prefix?: Buffer
  readonly comment?: Buffer
  /** Everything that can be said in the 64-bit form is. */
  readonly zip64?: boolean
  /** In the central directory, last entry first. */
  readonly reversed?: boolean
}

/**
 * Zip archives of every lawful and some unlawful kinds, which no library makes. The checksums are zero: nothing here
 * unpacks them. Also tells the lengths of the chunks that WOPI.md §13.4 wants.
 */
export function makeZip(
  entries: readonly MadeEntry[],
  options: ZipOptions = {},
): { bytes: Buffer; lengths: number[] } {
  const pieces: Buffer[] = [options.prefix ?? Buffer.alloc(0)]
  const lengths: number[] = []
  const central: Buffer[] = []
  let offset = options.prefix?.length ?? 0
  for (const entry of entries) {
    const header = localHeader(entry, options)
    const body = Buffer.concat([entry.payload, descriptor(entry), entry.gap ?? Buffer.alloc(0)])
    central.push(centralHeader(entry, offset, options))
    pieces.push(header, body)
    lengths.push(header.length, body.length)
    offset += header.length + body.length
  }
  if (options.reversed === true) central.reverse()
  const end = endOf(entries.length, Buffer.concat(central).length, offset, options)
  lengths.push(Buffer.concat([...central, end]).length)
  return {
    bytes: Buffer.concat([...pieces, ...central, end]),
    lengths: lengths.filter((length) => length > 0),
  }
}

function localHeader(
  { name, payload, extra = Buffer.alloc(0), descriptor }: MadeEntry,
  { zip64 }: ZipOptions,
): Buffer {
  const header = Buffer.alloc(30)
  const fields = zip64 === true ? Buffer.concat([wide([payload.length, payload.length]), extra]) : extra
  header.writeUInt32LE(0x04034b50, 0)
  header.writeUInt16LE(20, 4)
  header.writeUInt16LE(descriptor === true ? 8 : 0, 6)
  if (descriptor !== true) {
    header.writeUInt32LE(zip64 === true ? 0xffffffff : payload.length, 18)
    header.writeUInt32LE(zip64 === true ? 0xffffffff : payload.length, 22)
  }
  header.writeUInt16LE(Buffer.byteLength(name), 26)
  header.writeUInt16LE(fields.length, 28)
  return Buffer.concat([header, Buffer.from(name), fields])
}

function descriptor({ descriptor, payload }: MadeEntry): Buffer {
  if (descriptor !== true) return Buffer.alloc(0)
  const bytes = Buffer.alloc(16)
  bytes.writeUInt32LE(0x08074b50, 0)
  bytes.writeUInt32LE(payload.length, 8)
  bytes.writeUInt32LE(payload.length, 12)
  return bytes
}

function centralHeader(
  { name, payload, descriptor, lie }: MadeEntry,
  at: number,
  { zip64 }: ZipOptions,
): Buffer {
  const header = Buffer.alloc(46)
  const size = lie?.compressedBytes ?? payload.length
  const offset = lie?.offset ?? at
  const extra = zip64 === true ? wide([size, size, offset]) : Buffer.alloc(0)
  header.writeUInt32LE(0x02014b50, 0)
  header.writeUInt16LE(descriptor === true ? 8 : 0, 8)
  header.writeUInt32LE(zip64 === true ? 0xffffffff : size, 20)
  header.writeUInt32LE(zip64 === true ? 0xffffffff : size, 24)
  header.writeUInt16LE(Buffer.byteLength(name), 28)
  header.writeUInt16LE(extra.length, 30)
  header.writeUInt32LE(zip64 === true ? 0xffffffff : offset, 42)
  return Buffer.concat([header, Buffer.from(name), extra])
}

/** A zip64 extra field, behind one of another kind. */
function wide(numbers: readonly number[]): Buffer {
  const extra = Buffer.alloc(8 + 4 + 8 * numbers.length)
  extra.writeUInt16LE(0xcafe, 0)
  extra.writeUInt16LE(4, 2)
  extra.writeUInt16LE(1, 8)
  extra.writeUInt16LE(8 * numbers.length, 10)
  numbers.forEach((number, index) => extra.writeBigUInt64LE(BigInt(number), 12 + 8 * index))
  return extra
}

function endOf(
  entries: number,
  size: number,
  offset: number,
  { zip64, comment = Buffer.alloc(0) }: ZipOptions,
): Buffer {
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(zip64 === true ? 0xffff : entries, 8)
  end.writeUInt16LE(zip64 === true ? 0xffff : entries, 10)
  end.writeUInt32LE(zip64 === true ? 0xffffffff : size, 12)
  end.writeUInt32LE(zip64 === true ? 0xffffffff : offset, 16)
  end.writeUInt16LE(comment.length, 20)
  if (zip64 !== true) return Buffer.concat([end, comment])
  const end64 = Buffer.alloc(56 + 20)
  end64.writeUInt32LE(0x06064b50, 0)
  end64.writeBigUInt64LE(44n, 4)
  end64.writeBigUInt64LE(BigInt(entries), 24)
  end64.writeBigUInt64LE(BigInt(entries), 32)
  end64.writeBigUInt64LE(BigInt(size), 40)
  end64.writeBigUInt64LE(BigInt(offset), 48)
  end64.writeUInt32LE(0x07064b50, 56)
  end64.writeBigUInt64LE(BigInt(offset + size), 64)
  end64.writeUInt32LE(1, 72)
  return Buffer.concat([end64, end, comment])
}
