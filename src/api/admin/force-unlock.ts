import { Injectable } from '@nestjs/common'
import { AuditService } from '../../audit/audit.service.js'
import type { Tx } from '../../database/database.js'
import { EventLog } from '../../events/event-log.js'
import type { FileId } from '../../ids/ids.js'
import { LockService } from '../../lock/lock.service.js'
import type { BreakOutcome } from '../../lock/lock-state.js'
import type { ApiUser } from '../../auth/api-user.js'
import { FileService } from '../../storage/files/file.service.js'
import { ApiProblem } from '../http/api-problem.js'
import { Changes } from '../http/changes.js'

/** While a lock was refreshed or its file saved within this time, somebody is there (RELIABILITY-SECURITY.md §3.5). */
const QUIET_SECONDS = 60

export interface Breaking {
  readonly caller: ApiUser
  readonly reason: string
  readonly evenIfBusy: boolean
  /** Not a lock that a batch job or maintenance holds. */
  readonly onlyEditors?: boolean
  readonly correlationId: string
}

/** Takes locks away that nobody uses any more, or that an administrator knows better about. */
@Injectable()
export class ForceUnlock {
  constructor(
    private readonly changes: Changes,
    private readonly files: FileService,
    private readonly locks: LockService,
    private readonly audit: AuditService,
    private readonly events: EventLog,
  ) {}

  /**
   * Lock, audit and event in one transaction. A save that was admitted before is finished first; one that comes later
   * with the broken lock's id is refused and kept.
   * @throws ApiProblem not-found, being-edited
   */
  async break(fileId: FileId, by: Breaking): Promise<void> {
    await this.changes.by(by.caller, async (tx) => {
      const outcome = await this.breakWithin(tx, fileId, by)
      if (outcome === 'not-locked') throw new ApiProblem('not-found', 'The file is not locked.')
    })
  }

  /** The same as a part of something more. */
  async breakWithin(tx: Tx, fileId: FileId, by: Breaking): Promise<'broken' | 'not-locked'> {
    const { reason, evenIfBusy, correlationId } = by
    const actor = by.caller.id
    const head = await this.files.lockHead(tx, fileId)
    const lockNow = head && by.onlyEditors ? await this.locks.lockForUpdate(tx, fileId) : undefined
    if (lockNow?.kind === 'exclusive') return 'not-locked'
    const outcome = head && (await this.locks.break(tx, fileId, evenIfBusy ? 0 : QUIET_SECONDS * 1000))
    if (!outcome) throw new ApiProblem('not-found', 'There is no such file.')
    if (outcome.kind === 'not-locked') return 'not-locked'
    const { lock } = outcome
    if (outcome.kind === 'in-use') {
      const detail = `Within the last ${QUIET_SECONDS} seconds the lock was refreshed or the file saved; force=true breaks it all the same.`
      throw new ApiProblem('being-edited', detail, { lockKind: lock.kind, quietSeconds: QUIET_SECONDS })
    }
    const detail = { ...broken(outcome), reason, forced: evenIfBusy }
    const event = { actor, action: 'lock-broken', objectId: fileId, outcome: 'done' } as const
    await this.audit.record(tx, { ...event, correlationId, detail })
    await this.events.append(tx, [
      { kind: 'lock-broken', fileId, detail: { ...detail, by: actor, correlationId } },
    ])
    return 'broken'
  }
}

function broken({
  lock,
  coauthLocks,
}: Exclude<BreakOutcome, { kind: 'not-locked' }>): Record<string, unknown> {
  switch (lock.kind) {
    case 'wopi':
      return { kind: lock.kind, lockId: lock.lockId }
    case 'exclusive':
      return { kind: lock.kind, holder: lock.holder }
    case 'coauth':
      return { kind: lock.kind, coauthLocks }
  }
}
