import { Injectable } from '@nestjs/common'
import type { FileId } from '../ids/ids.js'
import type { StoredBlob } from '../storage/blobs/blob-store.js'
import { RecoveryService } from '../storage/recovery/recovery.service.js'
import { VersionService } from '../storage/versions/version.service.js'
import { type ChangeOutcome, ContentChanges } from './content-change.js'
import type { WriteRight } from './file-write.js'

export interface Restore {
  readonly fileId: FileId
  readonly right: Extract<WriteRight, { of: 'caller' }>
  /** Stored already, and seen to be whole. */
  readonly content: StoredBlob
  readonly correlationId: string
}

/** What was to be restored is not there any more, or somebody else has dealt with it. */
export interface SourceGone {
  readonly kind: 'source-gone'
  readonly source: 'version' | 'recovery-item'
}

/** Makes a stored content the newest version. */
@Injectable()
export class Restores {
  constructor(
    private readonly changes: ContentChanges,
    private readonly versions: VersionService,
    private readonly recovery: RecoveryService,
  ) {}

  version(restore: Restore, version: string): Promise<ChangeOutcome<SourceGone>> {
    return this.changes.change<SourceGone>({
      ...restore,
      cause: 'restore',
      action: 'version-restored',
      detail: { restored: version },
      check: async (tx, { id }) => {
        // An unlisted version may have been deleted meanwhile, and its bytes with it.
        return (await this.versions.lockForShare(tx, id, version)) ? undefined : gone('version')
      },
    })
  }

  /** The bytes of a refused save, once. */
  recoveryItem(
    restore: Restore,
    { itemId, editors }: { itemId: string; editors: readonly string[] },
  ): Promise<ChangeOutcome<SourceGone>> {
    return this.changes.change<SourceGone>({
      ...restore,
      editors,
      cause: 'restore',
      action: 'recovery-restored',
      detail: { item: itemId },
      check: async (tx, { id }) => {
        if (!(await this.recovery.lock(tx, id, itemId))) return gone('recovery-item')
        await this.recovery.resolve(tx, itemId, 'restored')
        return undefined
      },
    })
  }
}

function gone(source: SourceGone['source']): SourceGone {
  return { kind: 'source-gone', source }
}
