import { createHash, randomBytes } from 'node:crypto'
import { close, fsync, open, openSync, writev } from 'node:fs'
import type { Readable } from 'node:stream'
import { join } from 'node:path'
import { promisify } from 'node:util'

const [openFile, closeFile, syncFile] = [promisify(open), promisify(close), promisify(fsync)]
const writeParts = promisify(writev)
/** The disk gets its bytes in pieces of at least this size: fewer trips to Node's thread pool. */
const pieceBytes = 1024 * 1024

export interface Received {
  readonly blob: string
  readonly size: number
  /** base64 */
  readonly sha256: string
}

let folder: number | undefined

/** Streams a body to a new file; when this returns, file and name survive a power cut. */
export async function receive(body: Readable, blobs: string): Promise<Received> {
  folder ??= openSync(blobs, 'r')
  const blob = randomBytes(16).toString('hex')
  const file = await openFile(join(blobs, blob), 'wx')
  const hash = createHash('sha256')
  let size = 0
  let piece: Buffer[] = []
  let pieceSize = 0
  let written = Promise.resolve()
  // The disk writes one piece while the next one comes in.
  const flush = async (): Promise<void> => {
    const [parts, bytes] = [piece, pieceSize]
    piece = []
    pieceSize = 0
    await written
    written = writePiece(file, parts, bytes)
  }
  for await (const chunk of body as AsyncIterable<Buffer>) {
    hash.update(chunk)
    size += chunk.length
    piece.push(chunk)
    pieceSize += chunk.length
    if (pieceSize >= pieceBytes) await flush()
  }
  if (pieceSize > 0) await flush()
  await written
  // One after the other: the file's sync has usually written the name too. Side by side, each waits for the disk in
  // one of the four threads of Node's pool, and on a busy disk saves become two to three times as slow.
  await syncFile(file)
  await syncFile(folder)
  await closeFile(file)
  return { blob, size, sha256: hash.digest('base64') }
}

async function writePiece(file: number, parts: Buffer[], bytes: number): Promise<void> {
  const { bytesWritten } = await writeParts(file, parts)
  if (bytesWritten !== bytes) throw new Error('the disk took only a part of the bytes')
}
