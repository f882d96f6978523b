import { crc32, deflateSync } from 'node:zlib'
import { unzipSync, zipSync } from 'fflate'
import type { Random } from '../random.js'

const part = 'docProps/thumbnail.png'
const relationship = 'http://schemas.openxmlformats.org/package/2006/relationships/metadata/thumbnail'

/** The same package with a picture of about `kilobytes`, which no editing changes: most of a real document is like that. */
export function withThumbnail(document: Uint8Array, kilobytes: number, random: Random): Uint8Array {
  const parts = unzipSync(document)
  const put = (name: string, before: string, addition: string): void => {
    const xml = Buffer.from(parts[name] ?? []).toString('utf8')
    parts[name] = Buffer.from(xml.replace(before, addition + before))
  }
  put('[Content_Types].xml', '<Default ', '<Default Extension="png" ContentType="image/png"/>')
  put(
    '_rels/.rels',
    '</Relationships>',
    `<Relationship Id="rIdThumbnail" Type="${relationship}" Target="${part}"/>`,
  )
  // Compressed like the other parts, so that it stays the same bytes when the document is written again.
  const picture = noise(1024, kilobytes, random)
  return zipSync({ ...parts, [part]: picture }, { level: 6, mtime: new Date(1980, 0, 1) })
}

/** A PNG in grey that cannot be compressed. */
function noise(width: number, height: number, random: Random): Uint8Array {
  const rows = Uint8Array.from({ length: (width + 1) * height }, (_, at) =>
    at % (width + 1) === 0 ? 0 : Math.floor(random.next() * 256),
  )
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.writeUInt8(8, 8)
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
  return Buffer.concat([
    signature,
    pngChunk('IHDR', header),
    pngChunk('IDAT', deflateSync(rows)),
    pngChunk('IEND', Buffer.alloc(0)),
  ])
}

function pngChunk(type: string, data: Uint8Array): Buffer {
  const named = Buffer.concat([Buffer.from(type), data])
  const length = Buffer.alloc(4)
  length.writeUInt32BE(data.length)
  const sum = Buffer.alloc(4)
  sum.writeUInt32BE(crc32(named))
  return Buffer.concat([length, named, sum])
}
