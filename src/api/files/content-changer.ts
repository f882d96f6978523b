import { Injectable } from '@nestjs/common'
import type { ApiUser } from '../../auth/api-user.js'
import type { FileId } from '../../ids/ids.js'
import type { ChangeOutcome } from '../../saving/content-change.js'
import type { VersionMoved } from '../../saving/content-upload.js'
import type { WriteRight } from '../../saving/file-write.js'
import type { SourceGone } from '../../saving/restore.js'
import { ApiProblem } from '../http/api-problem.js'
import { Changes, deletedMeanwhile } from '../http/changes.js'
import { fileView } from '../http/views.js'
import { beingEdited, EditingConflict } from './editing-conflict.js'

type Outcome = ChangeOutcome<VersionMoved | SourceGone>

/** What callers of this face are told about a change of content, which `saving` makes. */
@Injectable()
export class ContentChanger {
  constructor(
    private readonly changes: Changes,
    private readonly conflict: EditingConflict,
  ) {}

  /**
   * @param change is given the right of the caller, to be asked once more behind the file's row
   * @throws ApiProblem not-found, being-edited, version-moved
   */
  changed(
    caller: ApiUser,
    fileId: FileId,
    change: (right: Extract<WriteRight, { of: 'caller' }>) => Promise<Outcome>,
  ): Promise<unknown> {
    const stillMay = this.changes.stillMay(caller, { kind: 'file', id: fileId }, 'editor')
    return this.conflict.named(fileId, async () => {
      const outcome = await change({ of: 'caller', userId: caller.id, stillMay })
      if (outcome.kind === 'changed') return fileView(outcome.head)
      throw problemOf(outcome)
    })
  }
}

function problemOf(outcome: Exclude<Outcome, { kind: 'changed' }>): ApiProblem {
  switch (outcome.kind) {
    case 'no-such-file':
      return deletedMeanwhile()
    case 'being-edited':
      return beingEdited(outcome.lock)
    case 'version-moved': {
      const { base, currentVersion } = outcome
      const detail = `The file is at version ${currentVersion} by now, the upload is based on ${base}.`
      return new ApiProblem('version-moved', detail, { currentVersion })
    }
    case 'source-gone':
      return outcome.source === 'version' ? noSuchVersion() : noSuchItem()
  }
}

export function noSuchVersion(): ApiProblem {
  return new ApiProblem('not-found', 'The file has no such version.')
}

export function noSuchItem(): ApiProblem {
  return new ApiProblem('not-found', 'There is no such recovery item, or somebody has dealt with it.')
}
