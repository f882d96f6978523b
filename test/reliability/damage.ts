import { open, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createDataSource } from '../../ormconfig.js'
import { readConfig } from '../../src/config/config.js'
import { Database } from '../../src/database/database.js'
import { BlobStore } from '../../src/storage/blobs/blob-store.js'
import { checkStorage } from '../../src/storage/blobs/fsck.js'
import { execute } from '../kit/postgres.js'
import type { Tandem } from '../kit/tandem.js'

/** What a failing disk, or somebody's hand, does to a blob. */
export interface Damage {
  readonly name: string
  readonly inflict: (path: string) => Promise<void>
}

export const damages: readonly Damage[] = [
  { name: 'deleted', inflict: (path) => rm(path) },
  { name: 'cut short', inflict: async (path) => truncate(path, (await readFile(path)).length - 1) },
  { name: 'emptied', inflict: (path) => truncate(path, 0) },
  { name: 'changed by one bit', inflict: (path) => flipBit(path) },
  { name: 'replaced by another', inflict: async (path) => writeFile(path, await other(path)) },
]

/** In the middle, or at some byte: length and all other bytes stay as they are. */
export async function flipBit(path: string, at?: number): Promise<void> {
  const file = await open(path, 'r+')
  try {
    const position = at ?? Math.floor((await file.stat()).size / 2)
    const byte = Buffer.alloc(1)
    await file.read(byte, 0, 1, position)
    byte.writeUInt8(byte.readUInt8() ^ 1)
    await file.write(byte, 0, 1, position)
  } finally {
    await file.close()
  }
}

export function blobPath(dataDir: string, blob: string): string {
  return join(dataDir, 'blobs', blob.slice(0, 2), blob)
}

/** Where a Tandem's contents lie on disk, and whether they are what they should be. */
export class StoredBlobs {
  constructor(private readonly tandem: Pick<Tandem, 'databaseUrl' | 'dataDir'>) {}

  async blobOf(fileId: string): Promise<string> {
    return this.one('select blob from file where id = $1', [fileId])
  }

  async pathOf(fileId: string): Promise<string> {
    return blobPath(this.tandem.dataDir, await this.blobOf(fileId))
  }

  async pathOfVersion(fileId: string, version: string): Promise<string> {
    const text = 'select blob from file_version where file_id = $1 and version = $2'
    return blobPath(this.tandem.dataDir, await this.one(text, [fileId, version]))
  }

  async pathOfItem(itemId: string): Promise<string> {
    return blobPath(
      this.tandem.dataDir,
      await this.one('select blob from recovery_item where id = $1', [itemId]),
    )
  }

  /** Where the bytes of a chunk of the file's head lie. */
  async placeOfChunk(fileId: string, chunkId: string): Promise<{ path: string; start: number }> {
    const { rows } = await execute(
      this.tandem.databaseUrl,
      'select c.blob, c.start from file f join stream_chunk c on c.content = f.blob where f.id = $1 and c.chunk_id = $2',
      [fileId, chunkId],
    )
    const [row] = rows as { blob: string; start: string }[]
    if (!row) throw new Error('there is no such chunk')
    return { path: blobPath(this.tandem.dataDir, row.blob), start: Number(row.start) }
  }

  /** @returns what is wrong, in words */
  async fsck(): Promise<string[]> {
    const { databaseUrl, dataDir } = this.tandem
    const database = new Database(await createDataSource(databaseUrl, 2).initialize())
    try {
      const settings = { ...readConfig({ DATA_DIR: dataDir }), databaseUrl, tokenSecrets: [] }
      const complaints: string[] = []
      await checkStorage(database, new BlobStore(settings, database), (line) => complaints.push(line))
      return complaints
    } finally {
      await database.dataSource.destroy()
    }
  }

  private async one(text: string, values: unknown[]): Promise<string> {
    const { rows } = await execute(this.tandem.databaseUrl, text, values)
    const [row] = rows as { blob: string }[]
    if (!row) throw new Error('there is no such content')
    return row.blob
  }
}

async function other(path: string): Promise<Buffer> {
  const bytes = await readFile(path)
  return Buffer.from(bytes.map((byte) => byte ^ 0xff))
}
