import { Injectable } from '@nestjs/common'
import { type LockHolder, LockHolders } from '../../coauth-status/lock-holders.js'
import type { ClientFamily } from '../../coauth-status/application-profile.js'
import { Editors } from '../../discovery/editors.js'
import { Answer, headerText, nameInHeader } from '../../http/answer.js'
import type { FileId } from '../../ids/ids.js'
import { Logger } from '../../logging/logger.js'
import type { OperationRequest, TokenRequest } from '../protocol/operation.js'

const PRODUCTS: Readonly<Record<ClientFamily, string>> = {
  collabora: 'Collabora Online',
  microsoft: 'Office for the web',
  onlyoffice: 'ONLYOFFICE',
}

const REASON = 'X-WOPI-LockFailureReason'
const HALF_A_DAY_MS = 12 * 3600_000

/**
 * What a 409 says in words: Collabora shows it to people, who want to know whom to ask, and not about lock ids. Costs a
 * query, which only a conflict pays.
 */
@Injectable()
export class LockReasons {
  constructor(
    private readonly holders: LockHolders,
    private readonly editors: Editors,
    private readonly logger: Logger,
  ) {}

  /** @returns the same answer, with the reason in words that help, where there are some for this caller */
  async inWords(request: OperationRequest, answer: Answer): Promise<Answer> {
    const { status, headers, body, length } = answer
    // PutRelativeFile meets the lock of another file.
    if (status !== 409 || headers[REASON] === undefined || request.operation.name === 'PutRelativeFile')
      return answer
    const holder = await this.holderFor(request)
    // What held it when the conflict was decided, or there was none and there is another by now.
    if (!holder || (headers['X-WOPI-Lock'] ?? '') !== holder.lockId) return answer
    return new Answer(
      status,
      { ...headers, [REASON]: this.reason(request.params.id, holder, Date.now()) },
      body,
      length,
    )
  }

  private async holderFor({ params, user }: TokenRequest): Promise<LockHolder | undefined> {
    try {
      return await this.holders.of(params.id, user)
    } catch (error) {
      // The conflict is decided; that nobody can say more about it changes nothing.
      this.logger.debug({ fileId: params.id, error: String(error) }, 'who holds a lock could not be told')
      return undefined
    }
  }

  private reason(fileId: FileId, holder: LockHolder, now: number): string {
    const { kind, userId, displayName, takenAt, others } = holder
    if (kind === 'exclusive') return headerText(`The file is locked exclusively: ${holder.reason}`)
    const name = nameInHeader(displayName, userId)
    const people = others === 0 ? `${name} has` : `${name} and ${others} more have`
    const product = this.productOf(fileId, holder)
    return product === undefined
      ? `The file is in use: ${people} it open since ${since(takenAt, now)}`
      : `${people} it open in ${product} since ${since(takenAt, now)}`
  }

  private productOf(fileId: FileId, { kind, lockId, editor, family }: LockHolder): string | undefined {
    // Only Office's own applications take coauth locks (WOPI.md §12).
    if (kind === 'coauth') return 'Office'
    const opened = this.editors.all.find(({ setting }) => setting.name === editor)?.document?.family
    const product = opened ?? familyOfLock(lockId, fileId) ?? family
    return product && PRODUCTS[product]
  }
}

/** For words only: what these two make of their lock ids (CLIENTS.md §1.1, §1.2). */
function familyOfLock(lockId: string, fileId: string): ClientFamily | undefined {
  if (lockId === fileId) return 'onlyoffice'
  return /^cool-lock[0-9a-f]+$/.test(lockId) ? 'collabora' : undefined
}

function since(at: Date, now: number): string {
  const [day = '', time = ''] = at.toISOString().split('T')
  const clock = `${time.slice(0, 5)} UTC`
  return now - at.getTime() < HALF_A_DAY_MS ? clock : `${day} ${clock}`
}
