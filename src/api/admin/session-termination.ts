import { Injectable } from '@nestjs/common'
import { AuditService } from '../../audit/audit.service.js'
import { CoauthStatusService } from '../../coauth-status/coauth-status.service.js'
import { ApiProblem } from '../http/api-problem.js'
import { Changes } from '../http/changes.js'
import { ForceUnlock, type Breaking } from './force-unlock.js'

/** Ends sessions that hang: ghosts whose lock is refreshed for ever by an editor service that forgot them. */
@Injectable()
export class SessionTermination {
  constructor(
    private readonly changes: Changes,
    private readonly forceUnlock: ForceUnlock,
    private readonly status: CoauthStatusService,
    private readonly audit: AuditService,
  ) {}

  /**
   * Lock, session and audit in one transaction. Nobody's token dies: a save that still comes is refused for its lock,
   * and its bytes are kept.
   * @throws ApiProblem not-found, being-edited
   */
  async end(sessionId: string, by: Breaking): Promise<void> {
    const session = await this.status.session(sessionId)
    if (!session || session.endedAt !== null) {
      throw new ApiProblem('not-found', 'There is no such session, or it has ended.')
    }
    if (session.unsavedChanges === 'yes' && !by.evenIfBusy) {
      const detail = 'There are unsaved changes; force=true ends the session all the same.'
      throw new ApiProblem('being-edited', detail, { editors: session.editors.map(({ userId }) => userId) })
    }
    const { caller, reason, evenIfBusy, correlationId } = by
    await this.changes.by(caller, async (tx) => {
      // Before any row: whoever writes sessions takes the turn first.
      await this.status.takeTurn(tx, session.fileId)
      await this.forceUnlock.breakWithin(tx, session.fileId, { ...by, onlyEditors: true })
      if (!(await this.status.end(tx, session.fileId, sessionId, 'ended-by-admin'))) {
        throw new ApiProblem('not-found', 'The session has ended meanwhile.')
      }
      await this.audit.record(tx, {
        actor: caller.id,
        action: 'session-ended',
        objectId: session.fileId,
        outcome: 'done',
        correlationId,
        detail: { sessionId, reason, forced: evenIfBusy },
      })
    })
  }
}
