import { Injectable } from '@nestjs/common'
import { type AuditAction, AuditService } from '../audit/audit.service.js'
import { Database, type Tx } from '../database/database.js'
import type { FileId, UserId } from '../ids/ids.js'
import { LockService, type Authorization } from '../lock/lock.service.js'
import type { LockState } from '../lock/lock-state.js'
import { AccessService, type FileAccess } from '../permission/access.service.js'
import { RANK } from '../permission/role.js'
import { type ComparedBlob, Twins } from '../storage/blobs/twins.js'
import { type Authorship, FileService, type Head, type HeldHead } from '../storage/files/file.service.js'
import type { SaveTerms } from './incoming-save.js'
import type { ReceivedBlob } from './received-blob.js'
import { refusedFor, type RightRefused } from './save-permission.js'

/** Who may write, asked behind the rows that a write waits for. */
export type WriteRight =
  /** An access token, live, of somebody who may edit. */
  | { readonly of: 'token'; readonly access: FileAccess; readonly terms: SaveTerms }
  /** What the adapter asks: its caller has no token for this file. @throws its own refusal */
  | { readonly of: 'caller'; readonly userId: UserId; readonly stillMay: (tx: Tx) => Promise<unknown> }

/** The file under its row and its lock's row. */
export interface HeldFile {
  readonly head: HeldHead
  readonly lock: LockState
}

/** What shall be written: the next version. */
export interface NextVersion extends Omit<Authorship, 'author' | 'correlationId'> {
  readonly content: ComparedBlob
  readonly audit: {
    readonly action: AuditAction
    readonly detail?: Readonly<Record<string, unknown>>
  }
  /** What else changes with it. */
  readonly alongside?: (tx: Tx) => Promise<unknown>
}

/** `said`: what the verdict found out for the answer. */
export type Verdict<Refusal, Said = undefined> =
  | { readonly kind: 'write'; readonly next: NextVersion; readonly said: Said }
  | { readonly kind: 'refused'; readonly refusal: Refusal }

/** What the ways to save differ in. */
export interface FileWrite<Refusal, Said = undefined> {
  readonly fileId: FileId
  readonly right: WriteRight
  readonly correlationId: string
  /** Takes the rows that come before the file's. */
  readonly first?: (tx: Tx) => Promise<unknown>
  /** By lock and base: may it be written, and what then? */
  readonly judge: (tx: Tx, held: HeldFile) => Promise<Verdict<Refusal, Said>>
  /** What its content came in. */
  readonly received?: ReceivedBlob | undefined
}

export interface Written<Said> {
  readonly kind: 'written'
  readonly said: Said
  /** As it is now. */
  readonly head: Head
  /** The head's blob has the same bytes and stays. */
  readonly isUnused: boolean
  readonly content: ComparedBlob
}

export type WriteOutcome<Refusal, Said = undefined> =
  | Written<Said>
  | RightRefused
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  | { readonly kind: 'no-such-file' }

/**
 * The one way by which bytes become the next version of a file: RELIABILITY-SECURITY.md §2.6, step 3. They are safely on
 * disk already. One short transaction: the file's row, its lock's row, the right once more, the verdict, the version, the
 * audit.
 */
@Injectable()
export class FileWrites {
  constructor(
    private readonly database: Database,
    private readonly files: FileService,
    private readonly accesses: AccessService,
    private readonly locks: LockService,
    private readonly twins: Twins,
    private readonly audit: AuditService,
  ) {}

  async write<Refusal, Said>(write: FileWrite<Refusal, Said>): Promise<WriteOutcome<Refusal, Said>> {
    const work = (): Promise<WriteOutcome<Refusal, Said>> =>
      this.database.transaction((tx) => this.underTheRows(tx, write))
    // Editors come by hundreds and queue here, without a connection; a change from outside must not hold them up.
    const isEditors = write.right.of === 'token'
    const outcome = isEditors ? await this.database.serializedByFile(write.fileId, work) : await work()
    if (outcome.kind === 'written' && !outcome.isUnused) await this.twins.settle(outcome.content)
    return outcome
  }

  private async underTheRows<Refusal, Said>(
    tx: Tx,
    write: FileWrite<Refusal, Said>,
  ): Promise<WriteOutcome<Refusal, Said>> {
    await write.first?.(tx)
    const head = await this.files.lockHead(tx, write.fileId)
    if (!head) return { kind: 'no-such-file' }
    const lock = await this.locks.lockForUpdate(tx, head.id, tokenOf(write.right))
    // What was true when the bytes began to come may have changed since.
    const refusal = await this.askAgain(tx, write.right, lock)
    if (refusal) return refusal
    if (!lock) return { kind: 'no-such-file' }
    const verdict = await write.judge(tx, { head, lock })
    if (verdict.kind === 'refused') return verdict
    const { content, audit, alongside, ...authorship } = verdict.next
    const author = userOf(write.right)
    const isGraced = write.right.of === 'token' && write.right.terms.graced
    const { correlationId } = write
    const moved = await this.files.commit(tx, head, content, {
      ...authorship,
      ...(isGraced && { flag: 'edits-by-revoked-user' }),
      author,
      correlationId,
    })
    await alongside?.(tx)
    await this.audit.record(tx, {
      actor: author,
      action: audit.action,
      objectId: head.id,
      outcome: isGraced ? 'done-in-grace' : 'done',
      correlationId,
      detail: { version: moved.head.version, ...audit.detail },
    })
    const { head: now, unused: isUnused } = moved
    if (!isUnused) write.received?.keep()
    return { kind: 'written', head: now, said: verdict.said, content, isUnused }
  }

  /** A token's right was judged with its lock row's; only whoever was not let in is told why by a second look. */
  private async askAgain(
    tx: Tx,
    right: WriteRight,
    lock: LockState | undefined,
  ): Promise<RightRefused | undefined> {
    if (right.of === 'caller') {
      await right.stillMay(tx)
      return undefined
    }
    if (lock) return undefined
    const why = await this.accesses.mayStillEdit(tx, right.access)
    return refusedFor(why === 'token-expired' || why === 'token-revoked' ? why : 'permission-revoked')
  }
}

function userOf(right: WriteRight): UserId {
  return right.of === 'token' ? right.access.user.id : right.userId
}

function tokenOf(right: WriteRight): Authorization | undefined {
  if (right.of === 'caller') return undefined
  const { access, terms } = right
  return authorizationOf(access, terms)
}

export function authorizationOf({ jti, user, openedIn }: FileAccess, { graced }: SaveTerms): Authorization {
  return {
    tokenId: jti,
    userId: user.id,
    neededRank: graced ? 0 : RANK.editor,
    editor: openedIn?.editor,
  }
}
