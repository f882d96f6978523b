import { Injectable } from '@nestjs/common'
import type { Tx } from '../database/database.js'
import { AccessService, type FileAccess } from '../permission/access.service.js'
import { type ComparedBlob, Twins } from '../storage/blobs/twins.js'
import type { Head } from '../storage/files/file.service.js'
import { takeBack } from '../storage/recovery/returned-save.js'
import { authorizationOf, FileWrites, type HeldFile, type Verdict } from './file-write.js'
import type { SaveTerms } from './incoming-save.js'
import type { ReceivedBlob } from './received-blob.js'
import { SaveAdmission } from './save-admission.js'
import { SaveAtOnce } from './save-at-once.js'
import type { SaveHeaders } from './save-headers.js'
import type { PutFileOutcome, PutFileRefused, Saved } from './save-outcome.js'
import { refusedFor } from './save-permission.js'

export interface PutFileSave {
  readonly access: FileAccess
  readonly headers: SaveHeaders
  readonly received: ReceivedBlob
  readonly terms: SaveTerms
}

type Said = Pick<Saved, 'editors' | 'returned'>

/** PutFile: judged by its lock and by what it is based on; the whole content. */
@Injectable()
export class PutFileSaves {
  constructor(
    private readonly atOnce: SaveAtOnce,
    private readonly writes: FileWrites,
    private readonly accesses: AccessService,
    private readonly admissions: SaveAdmission,
    private readonly twins: Twins,
  ) {}

  async save(save: PutFileSave): Promise<PutFileOutcome> {
    const { access, headers, received, terms } = save
    const content = await this.twins.compare(received.content, access.file)
    const saved = terms.graced ? undefined : await this.atOnce.save(access, headers, content, received)
    return saved ?? this.lookCloser(save, content)
  }

  private async lookCloser(save: PutFileSave, content: ComparedBlob): Promise<PutFileOutcome> {
    const { access, headers, received, terms } = save
    const outcome = await this.writes.write<PutFileRefused, Said>({
      fileId: access.file.id,
      right: { of: 'token', access, terms },
      correlationId: headers.correlationId,
      received,
      judge: (tx, held) => this.judge(tx, save, content, held),
    })
    switch (outcome.kind) {
      case 'written':
        return {
          kind: 'saved',
          version: outcome.head.version,
          modifiedAt: outcome.head.modifiedAt,
          ...outcome.said,
        }
      case 'refused':
        return outcome.refusal
      case 'right-refused':
        return outcome
      case 'no-such-file':
        // Deleted while the bytes came. Should it be purged as well by now, they go with it.
        return refusedFor('file-deleted')
    }
  }

  private async judge(
    tx: Tx,
    { access, headers, terms }: PutFileSave,
    content: ComparedBlob,
    { head, lock }: HeldFile,
  ): Promise<Verdict<PutFileRefused, Said>> {
    const by = authorizationOf(access, terms)
    const verdict = await this.admissions.judge(tx, { head, lock, by, headers })
    if (!verdict.admitted)
      return { kind: 'refused', refusal: { kind: 'refused', reason: verdict.reason, lock } }
    const editors = await this.accesses.knownEditors(tx, head.id, headers.editors)
    const returned = head.mayReturn ? await this.takeBack(tx, access, headers, content, head) : undefined
    return {
      kind: 'write',
      said: { editors, ...(returned && { returned }) },
      next: {
        content,
        editors,
        cause: 'save',
        ...(returned && { flag: 'after-refused-exit-save' }),
        lockEpoch: verdict.lockEpoch,
        editor: by.editor,
        audit: {
          action: 'save',
          detail: { sha256: content.sha256, ...(returned && { returned }) },
        },
      },
    }
  }

  private takeBack(
    tx: Tx,
    { jti }: FileAccess,
    { family, isExitSave }: SaveHeaders,
    { sha256 }: ComparedBlob,
    { id: fileId, version }: Head,
  ): Promise<Saved['returned']> {
    const next = (BigInt(version) + 1n).toString()
    return takeBack(tx, { fileId, family, tokenId: jti, isExitSave, sha256, version: next })
  }
}
