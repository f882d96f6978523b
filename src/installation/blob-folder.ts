import { type Dirent } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'

const BLOB = /^[0-9a-f]{32}$/
const SHARD = /^[0-9a-f]{2}$/

/** All folders that blobs lie in. */
export const SHARDS: readonly string[] = Array.from({ length: 256 }, (_, i) =>
  i.toString(16).padStart(2, '0'),
)

export interface ListedBlob {
  readonly blob: string
  readonly writtenAt: Date
}

/** Where a blob lies: its first two digits are its folder. */
export function blobPath(folder: string, blob: string): string {
  return join(shardPath(folder, blob), blob)
}

export function shardPath(folder: string, blob: string): string {
  return join(folder, blob.slice(0, 2))
}

/**
 * All blobs, shard by shard. Only names that are ours: a folder on a shared volume fills with `.DS_Store`, `lost+found`,
 * somebody's copy; nothing of that may stop the list, and nobody may take it for a blob.
 * @param onOther told of everything else, by its path below the folder, and why
 */
export async function* listBlobs(
  folder: string,
  onOther: (path: string, why: string) => void = () => undefined,
): AsyncGenerator<ListedBlob> {
  for (const { name } of await entriesOf(folder, '', onOther)) {
    if (INSTALLATION_FILE.test(name)) continue
    if (!SHARD.test(name)) {
      onOther(name, 'is not ours')
      continue
    }
    for (const entry of await entriesOf(folder, name, onOther)) {
      const path = `${name}/${entry.name}`
      if (!BLOB.test(entry.name) || !entry.name.startsWith(name)) onOther(path, 'is not ours')
      else if (!entry.isFile()) onOther(path, 'has the name of a blob, but is no file')
      else {
        // It may be deleted meanwhile.
        const info = await stat(join(folder, path)).catch(() => undefined)
        if (info) yield { blob: entry.name, writtenAt: info.mtime }
      }
    }
  }
}

/** The id of the installation lies beside the shards (installation-file.ts). */
const INSTALLATION_FILE = /^installation(\.[0-9a-f]{32})?$/

async function entriesOf(
  folder: string,
  below: string,
  onOther: (path: string, why: string) => void,
): Promise<Dirent[]> {
  try {
    return await readdir(join(folder, below), { withFileTypes: true })
  } catch (error) {
    onOther(below || '.', `cannot be listed (${(error as NodeJS.ErrnoException).code ?? String(error)})`)
    return []
  }
}
