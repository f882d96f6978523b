import { Injectable } from '@nestjs/common'
import { AuditService } from '../../audit/audit.service.js'
import { Database, type Tx } from '../../database/database.js'
import { LockService } from '../../lock/lock.service.js'
import { AccessService, type FileAccess } from '../../permission/access.service.js'
import { RANK } from '../../permission/role.js'
import type { StoredBlob } from '../../storage/blobs/blob-store.js'
import { FileService, type Head } from '../../storage/files/file.service.js'
import { type ComparedBlob, Twins } from '../../storage/blobs/twins.js'
import { takeBack } from '../../storage/recovery/returned-save.js'
import { RevocationGrace } from './revocation-grace.service.js'
import { SaveAdmission } from './save-admission.service.js'
import type { PutHeaders } from './put-headers.js'
import type { PutOutcome, RefusedPut, SavedPut } from './put-outcome.js'

/** The decision about a save: RELIABILITY-SECURITY.md §2.6, step 3. */
@Injectable()
export class SaveService {
  constructor(
    private readonly database: Database,
    private readonly files: FileService,
    private readonly accesses: AccessService,
    private readonly locks: LockService,
    private readonly admissions: SaveAdmission,
    private readonly twins: Twins,
    private readonly audit: AuditService,
    private readonly grace: RevocationGrace,
  ) {}

  /** Decides about bytes that are safely on disk already, in one short transaction under the file's row. */
  async decide(access: FileAccess, headers: PutHeaders, received: StoredBlob): Promise<PutOutcome> {
    const content = await this.twins.compare(received, access.file)
    const outcome = await this.judge(access, headers, content, { graced: false })
    if (outcome.kind !== 'refused' || outcome.reason !== 'permission-revoked') return outcome
    // Asked between two transactions, since it needs a connection of its own; only then is the rank let go.
    return (await this.grace.covers(access))
      ? this.judge(access, headers, content, { graced: true })
      : outcome
  }

  private async judge(
    access: FileAccess,
    headers: PutHeaders,
    content: ComparedBlob,
    { graced }: { graced: boolean },
  ): Promise<PutOutcome> {
    const { editors, correlationId } = headers
    const refused = (reason: RefusedPut['reason'], lock?: RefusedPut['lock']): RefusedPut => ({
      kind: 'refused',
      reason,
      content,
      ...(lock ? { lock } : {}),
    })

    // Asked again: what was true when the upload began may have changed since.
    const editor = access.openedIn?.editor
    const neededRank = graced ? 0 : RANK.editor
    const by = { tokenId: access.jti, userId: access.user.id, neededRank, editor }
    const decideUnderTheRow = (): Promise<PutOutcome & { readonly unused?: boolean }> =>
      this.database.transaction(async (tx) => {
        const head = await this.files.lockHead(tx, access.file.id)
        if (!head) return { kind: 'no-such-file', content }

        const lock = await this.locks.hold(tx, head.id, by)
        if (!lock) {
          const right = await this.accesses.mayStillEdit(tx, access)
          return refused(
            right === 'token-expired' || right === 'token-revoked' ? right : 'permission-revoked',
          )
        }
        const verdict = await this.admissions.judge(tx, { head, lock, by, headers })
        if (!verdict.admitted) return refused(verdict.reason, lock)

        const contributors = await this.accesses.knownEditors(tx, head.id, editors)
        const returned = head.mayReturn ? await this.takeBack(tx, access, headers, content, head) : undefined
        const { version, modifiedAt, unused } = await this.files.commit(tx, head, content, {
          author: access.user.id,
          editors: contributors,
          cause: 'save',
          ...(returned && { flag: 'after-refused-exit-save' }),
          ...(graced && { flag: 'edits-by-revoked-user' }),
          lockEpoch: verdict.lockEpoch,
          editor,
          correlationId,
        })
        await this.audit.record(tx, {
          actor: access.user.id,
          action: 'save',
          objectId: head.id,
          outcome: graced ? 'done-in-grace' : 'done',
          correlationId,
          detail: { version, sha256: content.sha256, ...(returned && { returned }) },
        })
        const saved = { kind: 'saved', version, modifiedAt, editors: contributors, unused } as const
        return returned ? { ...saved, returned } : saved
      })
    const outcome = await this.database.serializedByFile(access.file.id, decideUnderTheRow)
    if (outcome.kind === 'saved') await this.twins.settle(content, { unused: outcome.unused === true })
    return outcome
  }

  private takeBack(
    tx: Tx,
    { jti }: FileAccess,
    { family, isExitSave }: PutHeaders,
    { sha256 }: StoredBlob,
    { id: fileId, version }: Head,
  ): Promise<SavedPut['returned']> {
    const next = (BigInt(version) + 1n).toString()
    return takeBack(tx, { fileId, family, tokenId: jti, isExitSave, sha256, version: next })
  }
}
