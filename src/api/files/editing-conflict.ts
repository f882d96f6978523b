import { Injectable } from '@nestjs/common'
import { CoauthStatusService } from '../../coauth-status/coauth-status.service.js'
import type { FileId } from '../../ids/ids.js'
import type { LockState } from '../../lock/lock-state.js'
import { ApiProblem } from '../http/api-problem.js'

const EDITORS_LOCKS: ReadonlySet<unknown> = new Set(['wopi', 'coauth'])

/** Says in a refusal for being edited who it is that edits, so that the caller can go and ask them. */
@Injectable()
export class EditingConflict {
  constructor(private readonly status: CoauthStatusService) {}

  /** Outside of any transaction: `work` opens its own, and the names are looked up when it is over. */
  async named<T>(fileId: FileId, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof ApiProblem) || !EDITORS_LOCKS.has(error.extra['lockKind'])) throw error
      const editors = (await this.status.ofFile(fileId))?.editors ?? []
      const names = editors.map(({ displayName }) => displayName).join(', ')
      const detail = editors.length === 0 ? error.detail : `${error.detail} Editing: ${names}.`
      throw new ApiProblem(error.code, detail, {
        ...error.extra,
        editors: editors.map(({ userId, displayName }) => ({ userId, displayName })),
      })
    }
  }
}

export function beingEdited(lock: Exclude<LockState, { kind: 'none' }>): ApiProblem {
  return lock.kind !== 'exclusive'
    ? new ApiProblem('being-edited', 'Somebody has the file open for editing.', { lockKind: lock.kind })
    : new ApiProblem('being-edited', `The file is locked exclusively by ${lock.holder}: ${lock.reason}.`, {
        lockKind: 'exclusive',
        holder: lock.holder,
        reason: lock.reason,
      })
}
