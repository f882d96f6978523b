import { Injectable } from '@nestjs/common'
import { type AuditEvent, AuditService } from '../audit/audit.service.js'
import { Database, type Tx } from '../database/database.js'
import type { ContainerId, UserId } from '../ids/ids.js'
import type { StoredBlob } from '../storage/blobs/blob-store.js'
import { FileService, type Head } from '../storage/files/file.service.js'
import type { ReceivedBlob } from './received-blob.js'

export interface NewFile {
  readonly containerId: ContainerId
  readonly name: string
  /** Under that name and no other, or with the next number that is free. */
  readonly naming: 'exact' | 'numbered'
  readonly owner: UserId
  readonly content: StoredBlob
  /** What the content came in; undefined for one that is stored already. */
  readonly received?: ReceivedBlob
  readonly correlationId: string
  /** Takes the rows that it needs, and asks behind them whether its owner may put it there, still. @throws */
  readonly stillMay: (tx: Tx) => Promise<unknown>
  /** What else changes with it. */
  readonly alongside?: (tx: Tx, made: Head) => Promise<unknown>
  readonly audit: (made: Head) => Pick<AuditEvent, 'action' | 'objectId' | 'detail'>
}

/** A file with its first version: "save as", a new file, an upload, a copy of a refused save. */
@Injectable()
export class NewFiles {
  constructor(
    private readonly database: Database,
    private readonly files: FileService,
    private readonly audit: AuditService,
  ) {}

  /** @throws NameTaken, NoSuchContainer */
  create(file: NewFile): Promise<Head> {
    const { owner: actor, correlationId } = file
    return this.database.transaction(async (tx) => {
      await file.stillMay(tx)
      const made =
        file.naming === 'exact'
          ? await this.files.create(tx, file)
          : await this.files.createNumbered(tx, file)
      await file.alongside?.(tx, made)
      await this.audit.record(tx, { actor, outcome: 'done', correlationId, ...file.audit(made) })
      file.received?.keep()
      return made
    })
  }
}
