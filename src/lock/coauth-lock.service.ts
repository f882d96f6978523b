import { Injectable } from '@nestjs/common'
import { Settings } from '../config/settings.js'
import { Database, type Statement } from '../database/database.js'
import type { FileId, LockId, TokenId, UserId } from '../ids/ids.js'
import {
  COAUTH_TABLE,
  GET_COAUTH_LOCK,
  REFRESH_COAUTH_LOCK,
  SETTLED_COAUTH_TABLE,
  UNLOCK_COAUTH_LOCK,
  type CoauthEntry,
  type CoauthLockType,
  type CoauthRow,
} from './coauth-lock.statements.js'
import { admissionOf, type Authorization } from './lock.service.js'

export interface CoauthTable {
  readonly version: string
  readonly locks: readonly CoauthEntry[]
}

export type CoauthRefusal =
  /** `visibleName`: whom that lock names to others. */
  | { readonly kind: 'wopi'; readonly visibleName: string | undefined }
  | { readonly kind: 'exclusive' | 'coauth-exclusive' | 'coauth-full' | 'no-lock' }

export type CoauthOutcome =
  | {
      readonly granted: true
      /** Without the lock, if it was released. */
      readonly table: CoauthTable
      /** Whose lock it is, or was: not necessarily the caller's. */
      readonly holder: { readonly userId: UserId; readonly tokenId: TokenId }
    }
  | { readonly granted: false; readonly refusal: CoauthRefusal }

/** `undefined` in place of an answer: no such file, or the caller was not admitted. */
type Answer<T> = Promise<T | undefined>

/** The coauth locks of each file: WOPI.md §12, linearizable over all servers, and with the WOPI lock's operations. */
@Injectable()
export class CoauthLockService {
  constructor(
    private readonly database: Database,
    private readonly settings: Settings,
  ) {}

  /** Acquires the lock; when `lockId` is held already, its type, metadata and expiry become these. */
  async get(
    fileId: FileId,
    asked: { lockId: LockId; type: CoauthLockType; metadata: string; lifetimeMs: number },
    by: Authorization,
  ): Answer<CoauthOutcome> {
    const { lockId, type, metadata, lifetimeMs } = asked
    const { lockGraceMs } = this.settings
    return outcomeOf(
      await this.ask(GET_COAUTH_LOCK, fileId, [
        lockGraceMs,
        ...admissionOf(by),
        lockId,
        type,
        metadata,
        lifetimeMs,
      ]),
    )
  }

  /** @param asked without metadata it stays as it is */
  async refresh(
    fileId: FileId,
    asked: { lockId: LockId; metadata: string | undefined; lifetimeMs: number },
    by: Authorization,
  ): Answer<CoauthOutcome> {
    const { lockId, metadata, lifetimeMs } = asked
    return outcomeOf(
      await this.ask(REFRESH_COAUTH_LOCK, fileId, [...admissionOf(by), lockId, metadata ?? null, lifetimeMs]),
    )
  }

  async unlock(fileId: FileId, lockId: LockId, by: Authorization): Answer<CoauthOutcome> {
    return outcomeOf(await this.ask(UNLOCK_COAUTH_LOCK, fileId, [...admissionOf(by), lockId]))
  }

  /** @returns 'unchanged' when the table's version is `knownVersion` */
  async table(
    fileId: FileId,
    knownVersion: string | undefined,
    { tokenId, userId }: Pick<Authorization, 'tokenId' | 'userId'>,
  ): Answer<CoauthTable | 'unchanged'> {
    const [row] = await this.database.query(COAUTH_TABLE, [fileId, tokenId, userId, knownVersion ?? null])
    if (!row) return undefined
    if (row.unsettled) return this.settledTable(fileId, knownVersion)
    return row.locks === null ? 'unchanged' : { version: row.version, locks: row.locks }
  }

  private async settledTable(
    fileId: FileId,
    knownVersion: string | undefined,
  ): Answer<CoauthTable | 'unchanged'> {
    const [table] = await this.database.serializedByFile(fileId, () =>
      this.database.query(SETTLED_COAUTH_TABLE, [fileId]),
    )
    return table?.version === knownVersion ? table && 'unchanged' : table
  }

  private async ask<Others extends readonly unknown[]>(
    statement: Statement<CoauthRow, [FileId, ...Others]>,
    fileId: FileId,
    values: NoInfer<Others>,
  ): Answer<CoauthRow> {
    const ask = (): Promise<CoauthRow[]> => this.database.query(statement, [fileId, ...values])
    return (await this.database.serializedByFile(fileId, ask))[0]
  }
}

function outcomeOf(row: CoauthRow | undefined): CoauthOutcome | undefined {
  if (!row) return undefined
  if (row.outcome !== 'granted') {
    const { outcome, visible_name } = row
    const refusal: CoauthRefusal =
      outcome === 'wopi' ? { kind: outcome, visibleName: visible_name ?? undefined } : { kind: outcome }
    return { granted: false, refusal }
  }
  return {
    granted: true,
    table: { version: row.table_version, locks: row.locks },
    holder: { userId: row.user_id, tokenId: row.token_id },
  }
}
