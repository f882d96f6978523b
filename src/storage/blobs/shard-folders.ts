import { open, type FileHandle } from 'node:fs/promises'

/** Not for ever: under a folder's name another one may lie some day, and a volume that is in use cannot be unmounted. */
const KEPT_MS = 10_000

interface KeptFolder {
  readonly handle: Promise<FileHandle>
  users: number
  isKept: boolean
}

/**
 * The folders that blobs lie in, kept open for a while. To open, sync and close one for each new name is three trips to
 * the thread pool, which cost a small save more than the writing of it.
 */
export class ShardFolders {
  private readonly kept = new Map<string, KeptFolder>()
  private timer: NodeJS.Timeout | undefined

  /** When this returns, a power cut takes back no name that was made in the folder before the call. */
  async sync(path: string): Promise<void> {
    const folder = this.kept.get(path) ?? this.keep(path)
    folder.users++
    try {
      const handle = await folder.handle
      await handle.sync()
    } finally {
      folder.users--
      closeIfDone(folder)
    }
  }

  /** They are opened anew: what they were may be gone, or somewhere else. */
  letGo(): void {
    clearTimeout(this.timer)
    this.timer = undefined
    for (const folder of this.kept.values()) {
      folder.isKept = false
      closeIfDone(folder)
    }
    this.kept.clear()
  }

  private keep(path: string): KeptFolder {
    const folder: KeptFolder = { handle: open(path), users: 0, isKept: true }
    this.kept.set(path, folder)
    this.timer ??= setTimeout(() => {
      this.letGo()
    }, KEPT_MS).unref()
    return folder
  }
}

/** Never while somebody waits for it: its number could be another file's by the time that the disk is asked. */
function closeIfDone({ handle, users, isKept }: KeptFolder): void {
  if (!isKept && users === 0) void handle.then((opened) => opened.close()).catch(() => undefined)
}
