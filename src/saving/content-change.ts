import { Injectable } from '@nestjs/common'
import type { AuditAction } from '../audit/audit.service.js'
import type { Tx } from '../database/database.js'
import type { FileId } from '../ids/ids.js'
import type { LockState } from '../lock/lock-state.js'
import type { ComparedBlob } from '../storage/blobs/twins.js'
import type { Head } from '../storage/files/file.service.js'
import type { VersionCause } from '../storage/versions/file-version.entity.js'
import { FileWrites, type WriteRight } from './file-write.js'
import type { ReceivedBlob } from './received-blob.js'

/** Somebody holds the file: whoever it is, nothing changes it from outside. */
export interface BeingEdited {
  readonly kind: 'being-edited'
  readonly lock: Exclude<LockState, { kind: 'none' }>
}

export interface ContentChange<Refusal> {
  readonly fileId: FileId
  readonly right: Extract<WriteRight, { of: 'caller' }>
  readonly content: ComparedBlob
  readonly received?: ReceivedBlob
  readonly editors?: readonly string[]
  readonly cause: VersionCause
  readonly action: AuditAction
  readonly detail?: Readonly<Record<string, unknown>>
  readonly correlationId: string
  /** Looks at the held head before it moves, and takes what comes with it. */
  readonly check: (tx: Tx, head: Head) => Promise<Refusal | undefined> | Refusal | undefined
}

export type ChangeOutcome<Refusal> =
  | { readonly kind: 'changed'; readonly head: Head }
  | Refusal
  | BeingEdited
  | { readonly kind: 'no-such-file' }

/**
 * Changes to a file from outside an editing session: uploads and what is restored. A lock must prevent them all
 * (RELIABILITY-SECURITY.md §3.8), so they go the same way as a save.
 */
@Injectable()
export class ContentChanges {
  constructor(private readonly writes: FileWrites) {}

  async change<Refusal>(change: ContentChange<Refusal>): Promise<ChangeOutcome<Refusal>> {
    const { content, editors = [], cause, action, detail = {}, check, ...write } = change
    const outcome = await this.writes.write<Refusal | BeingEdited, undefined>({
      ...write,
      judge: async (tx, { head, lock }) => {
        if (lock.kind !== 'none') return { kind: 'refused', refusal: { kind: 'being-edited', lock } }
        const refusal = await check(tx, head)
        if (refusal !== undefined) return { kind: 'refused', refusal }
        return {
          kind: 'write',
          next: { content, editors, cause, audit: { action, detail } },
          said: undefined,
        }
      },
    })
    switch (outcome.kind) {
      case 'written':
        return { kind: 'changed', head: outcome.head }
      case 'refused':
        return outcome.refusal
      default:
        return { kind: 'no-such-file' }
    }
  }
}
