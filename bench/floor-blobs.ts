import { createHash, randomBytes } from 'node:crypto'
import { close, fsync, open, openSync, read, writev } from 'node:fs'
import type { ServerResponse } from 'node:http'
import type { Readable } from 'node:stream'
import { join } from 'node:path'
import { promisify } from 'node:util'

const [openFile, readFile] = [promisify(open), promisify(read)]
const [closeFile, syncFile] = [promisify(close), promisify(fsync)]
const writeParts = promisify(writev)
/** The disk gets pieces of at least this size: fewer trips to the thread pool. At 1 MB the caches suffer more. */
const pieceBytes = 256 * 1024

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
  await syncFile(file)
  await syncFile(folder)
  await closeFile(file)
  return { blob, size, sha256: hash.digest('base64') }
}

async function writePiece(file: number, parts: Buffer[], bytes: number): Promise<void> {
  const { bytesWritten } = await writeParts(file, parts)
  if (bytesWritten !== bytes) throw new Error('the disk took only a part of the bytes')
}

const bufferBytes = 1024 * 1024
const spareBuffers: Buffer[] = []

/**
 * Sends a file as the answer's body. Large ones go through buffers that are kept and used again: with fresh memory for
 * every megabyte (createReadStream, or one read of it all) half the CPU and more goes to page faults and collection.
 */
export async function sendBlob(res: ServerResponse, path: string, size: number): Promise<void> {
  const file = await openFile(path, 'r')
  let whole: Buffer | undefined
  try {
    if (size <= 64 * 1024) whole = await readExactly(file, Buffer.allocUnsafe(size), 0)
    else await sendPieces(res, file, size)
  } finally {
    await closeFile(file)
  }
  res.end(whole)
}

async function sendPieces(res: ServerResponse, file: number, size: number): Promise<void> {
  const buffer = spareBuffers.pop() ?? Buffer.allocUnsafe(bufferBytes)
  for (let sent = 0; sent < size; sent += bufferBytes) {
    const piece = await readExactly(file, buffer.subarray(0, Math.min(bufferBytes, size - sent)), sent)
    await new Promise<void>((resolve, reject) => {
      // Called back when the kernel has the bytes: the buffer is free again.
      res.write(piece, (error) => (error ? reject(error) : resolve()))
    })
  }
  spareBuffers.push(buffer)
}

async function readExactly(file: number, buffer: Buffer, position: number): Promise<Buffer> {
  const { bytesRead } = await readFile(file, buffer, 0, buffer.length, position)
  if (bytesRead !== buffer.length) throw new Error('a blob is short')
  return buffer
}
