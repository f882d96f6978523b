import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { readInstallationFile } from '../../installation/installation-file.js'
import { StorageBusy } from '../storage-errors.js'

/** A look serves the saves of a moment: between a look and the name being on the disk passes more. */
const GOOD_FOR_MS = 5

/**
 * Is the folder of blobs still the one that the server began with? Under a volume that went away lies another one, with
 * shards of its own perhaps: what is acknowledged into it is hidden when the volume comes back. The file `installation`
 * says whose a folder is; while it stays the same file, a look at it is enough.
 */
export class BlobMount {
  private id: string | undefined
  private seen: string | undefined
  private look: Promise<void> | undefined
  private lookedAt = 0

  constructor(
    private readonly folder: string,
    /** Called when it is another folder than before, or may be. */
    private readonly changed: () => void,
  ) {}

  /** @throws StorageBusy while it is another folder, or none */
  require(): Promise<void> {
    const now = performance.now()
    if (this.look && now - this.lookedAt < GOOD_FOR_MS) return this.look
    this.lookedAt = now
    this.look = this.lookAgain()
    return this.look
  }

  private async lookAgain(): Promise<void> {
    const found = await stat(join(this.folder, 'installation'), { bigint: true }).catch(() => undefined)
    if (!found) {
      this.seen = undefined
      throw elsewhere()
    }
    const now = `${found.dev}:${found.ino}:${found.mtimeNs}`
    if (now === this.seen) return
    this.changed()
    const { id } = await readInstallationFile(this.folder)
    this.id ??= id
    if (id === undefined || id !== this.id) throw elsewhere()
    this.seen = now
  }
}

function elsewhere(): StorageBusy {
  return new StorageBusy(
    'the folder of blobs is not the one of this installation; its volume may not be mounted',
  )
}
