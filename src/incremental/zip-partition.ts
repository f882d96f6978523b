import type { ByteSource } from './byte-source.js'
import { readZipDirectory, type ZipEntry } from './zip-directory.js'
import { insist } from './zip-error.js'

const LOCAL_HEADER_BYTES = 30
const LOCAL_SIGNATURE = 0x04034b50
const SIZES_FOLLOW_LATER = 0x0008

/**
 * The lengths of the chunks of a zip archive, which follow each other without a gap from the first byte to the last
 * (WOPI.md §13.4): for each entry its local header, then its payload with whatever lies between it and what comes next;
 * at the end the central directory with all behind it. There is no empty chunk.
 * @throws NoPlainZip when the archive contradicts itself
 */
export async function zipPartition(source: ByteSource): Promise<number[]> {
  const directory = await readZipDirectory(source)
  const { entries } = directory
  insist((entries[0]?.offset ?? directory.offset) === 0, 'something lies before its first entry')
  const lengths: number[] = []
  for (const [index, entry] of entries.entries()) {
    const next = entries[index + 1]?.offset ?? directory.offset
    const headerBytes = await localHeaderBytes(source, entry, next)
    const payloadBytes = next - entry.offset - headerBytes
    insist(entry.compressedBytes <= payloadBytes, 'its entries overlap')
    lengths.push(headerBytes)
    if (payloadBytes > 0) lengths.push(payloadBytes)
  }
  return [...lengths, source.size - directory.offset]
}

async function localHeaderBytes(source: ByteSource, entry: ZipEntry, next: number): Promise<number> {
  insist(entry.offset + LOCAL_HEADER_BYTES <= next, 'its entries overlap')
  const header = await source.read(entry.offset, LOCAL_HEADER_BYTES)
  insist(header.readUInt32LE(0) === LOCAL_SIGNATURE, 'an entry has no local header')
  const compressedBytes = header.readUInt32LE(18)
  const isKnown = (header.readUInt16LE(6) & SIZES_FOLLOW_LATER) === 0 && compressedBytes !== 0xffffffff
  insist(!isKnown || compressedBytes === entry.compressedBytes, 'an entry has two sizes')
  return LOCAL_HEADER_BYTES + header.readUInt16LE(26) + header.readUInt16LE(28)
}
