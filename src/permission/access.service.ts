import { Injectable } from '@nestjs/common'
import { Settings } from '../config/settings.js'
import { Database, type Queryable, type Tx } from '../database/database.js'
import { DatabaseClock } from '../database/database-clock.js'
import type { ContainerId, FileId, TokenId, UserId } from '../ids/ids.js'
import type { AccessTokenClaims, OpenedIn } from './tokens/access-token.claims.js'
import {
  BINNED_ACCESS,
  BINNED_RANK,
  CONTAINER_RANK,
  EDIT_RIGHT_TAKEN,
  FILE_ACCESS,
  FILE_ACCESS_PLUS,
  FILE_RANK,
  HAS_OWN_RIGHT,
  KNOWN_EDITORS,
  STILL_GOOD,
  type FileAccessRow,
} from './access.statements.js'
import { isAtLeast, RANK, roleOf, type Rank, type Role } from './role.js'

/** What a WOPI token can do to its file at this moment. */
export interface FileAccess {
  readonly jti: TokenId
  readonly token: 'live' | 'expired' | 'revoked'
  readonly tokenExpiresAt: Date
  /** Seconds since the token died; negative while it lives. */
  readonly deadSeconds: number
  /** What the token was issued for; a view token never writes, whatever its user may do. */
  readonly mode: 'view' | 'edit'
  /** The user's live role; undefined when every right is gone. */
  readonly role: Role | undefined
  readonly user: AccessUser
  readonly file: AccessedFile
  /** For tokens that come out of this one. */
  readonly openedIn: OpenedIn | undefined
  /** The browser session that it ends with, and those that come out of it. */
  readonly webSession: string | undefined
}

export interface AccessUser {
  readonly id: UserId
  readonly displayName: string
  readonly principalName: string | null
  readonly userInfo: string | null
}

/** The file's head, from the same look at the database as the right. */
export interface AccessedFile {
  readonly id: FileId
  readonly name: string
  readonly containerId: ContainerId
  readonly ownerId: UserId
  readonly version: string
  readonly sequenceNumber: number
  /** May anybody but the owner open it? Asked only with `COAUTH_PROFILE=plus`. */
  readonly shared: boolean
  readonly size: number
  /** hex */
  readonly sha256: string
  readonly blob: string
  /** ISO 8601 UTC with microseconds: Collabora's version of the file, compared as text (CLIENTS.md §1.1). */
  readonly modifiedAt: string
  /** Nobody may edit for now: a batch job or maintenance holds the file exclusively. */
  readonly closed: boolean
  /** It was deleted: nobody may do anything with it, but what is saved can be kept. */
  readonly inBin: boolean
}

export function mayEdit(access: Pick<FileAccess, 'mode' | 'role'>): boolean {
  return access.mode === 'edit' && isAtLeast(access.role, 'editor')
}

/** Answers "may U do X to F now?" from the live state; nothing is cached, so a revocation counts at the next call. */
@Injectable()
export class AccessService {
  private readonly fileAccess: typeof FILE_ACCESS

  constructor(
    private readonly database: Database,
    private readonly clock: DatabaseClock,
    { coauthProfile }: Settings,
  ) {
    this.fileAccess = coauthProfile === 'plus' ? FILE_ACCESS_PLUS : FILE_ACCESS
  }

  /**
   * @param on the transaction, where one is open: asking beside it would need a second connection
   * @returns 'unknown-token' when no such token was issued for this file, 'no-such-file' when the file is gone
   */
  async ofToken(
    claims: AccessTokenClaims,
    fileId: FileId,
    on: Queryable = this.database,
  ): Promise<FileAccess | 'unknown-token' | 'no-such-file'> {
    if (claims.resourceId !== fileId) return 'unknown-token'
    const [row] = await on.query(this.fileAccess, [claims.jti, claims.userId, fileId])
    if (!row) return 'unknown-token'
    return accessOf(claims, fileId, row, this.clock.now()) ?? 'no-such-file'
  }

  /** The same of a file in the bin: for keeping a save, and for nothing else. @returns undefined when it is in no bin */
  async ofTokenInBin(claims: AccessTokenClaims, fileId: FileId): Promise<FileAccess | undefined> {
    if (claims.resourceId !== fileId) return undefined
    const [row] = await this.database.query(BINNED_ACCESS, [claims.jti, claims.userId, fileId])
    return row && accessOf(claims, fileId, row, this.clock.now())
  }

  /**
   * What the database's function `token_is_authorized` needs to know to let the caller in, or not, in the statement of the
   * operation itself.
   * @returns undefined when the token alone says no; `ofToken` says why
   */
  admission(
    claims: AccessTokenClaims,
    fileId: FileId,
    neededRank: Rank,
  ): { tokenId: TokenId; userId: UserId; neededRank: Rank; editor: string | undefined } | undefined {
    const presented = this.presented(claims, fileId)
    if (!presented || claims.expiresAt * 1000 <= this.clock.now()) return undefined
    return { ...presented, neededRank, editor: claims.openedIn?.editor }
  }

  /** The same for the functions that ask what a token is good for that may have ended: `token_served` and its like. */
  presented(
    { jti, userId, resourceId }: AccessTokenClaims,
    fileId: FileId,
  ): { tokenId: TokenId; userId: UserId } | undefined {
    return resourceId === fileId ? { tokenId: jti, userId } : undefined
  }

  /** Asked again where something is decided: what was true when the request came may have changed since. */
  async mayStillEdit(
    tx: Tx,
    { jti, mode, user, file }: Pick<FileAccess, 'jti' | 'mode' | 'user' | 'file'>,
  ): Promise<'yes' | 'right-lost' | 'token-expired' | 'token-revoked'> {
    const [row] = await tx.query(STILL_GOOD, [jti, user.id, file.id])
    if (!row || row.token === 'revoked') return 'token-revoked'
    if (row.token === 'expired') return 'token-expired'
    return mode === 'edit' && row.rank >= RANK.editor ? 'yes' : 'right-lost'
  }

  /** When this person's right to edit the file was last taken away, if that was in the last `ms`. */
  async editRightTakenAt(userId: UserId, fileId: FileId, ms: number): Promise<Date | undefined> {
    const [row] = await this.database.query(EDIT_RIGHT_TAKEN, [userId, fileId, ms])
    return row?.taken_at ?? undefined
  }

  /** Those of `userIds` who were ever let in to edit the file: an editor's claim about anybody else is not recorded. */
  async knownEditors(tx: Tx, fileId: FileId, userIds: readonly string[]): Promise<UserId[]> {
    if (userIds.length === 0) return []
    return (await tx.query(KNOWN_EDITORS, [fileId, userIds])).map((row) => row.user_id)
  }

  /** Has this person any right to the file but what links give them? */
  async hasOwnRight(userId: UserId, fileId: FileId): Promise<boolean> {
    const [row] = await this.database.query(HAS_OWN_RIGHT, [userId, fileId])
    return row?.own ?? false
  }

  /** @param on as above */
  async roleOnFile(userId: UserId, fileId: FileId, on: Queryable = this.database): Promise<Role | undefined> {
    const [row] = await on.query(FILE_RANK, [userId, fileId])
    return row && roleOf(row.rank)
  }

  /** As `roleOnFile`, of a file in the bin. */
  async roleInBin(userId: UserId, fileId: FileId, on: Queryable = this.database): Promise<Role | undefined> {
    const [row] = await on.query(BINNED_RANK, [userId, fileId])
    return row && roleOf(row.rank)
  }

  /** @param on as above */
  async roleOnContainer(
    userId: UserId,
    containerId: ContainerId,
    on: Queryable = this.database,
  ): Promise<Role | undefined> {
    const [row] = await on.query(CONTAINER_RANK, [userId, containerId])
    return row && roleOf(row.rank)
  }
}

/** @param now the database's, epoch milliseconds */
function accessOf(
  claims: AccessTokenClaims,
  fileId: FileId,
  row: FileAccessRow,
  now: number,
): FileAccess | undefined {
  if (row.name === null) return undefined
  return {
    jti: claims.jti,
    token: row.token === 'live' && claims.expiresAt * 1000 <= now ? 'expired' : row.token,
    tokenExpiresAt: new Date(row.expires_at * 1000),
    deadSeconds: row.dead_seconds,
    mode: row.mode,
    role: roleOf(row.rank),
    user: {
      id: claims.userId,
      displayName: row.display_name,
      principalName: row.principal_name,
      userInfo: row.user_info,
    },
    file: fileOf(fileId, row.name, row),
    openedIn: claims.openedIn,
    webSession: row.web_session ?? undefined,
  }
}

function fileOf(id: FileId, name: string, row: FileAccessRow): AccessedFile {
  return {
    id,
    name,
    containerId: row.container_id,
    ownerId: row.owner_id,
    version: row.version,
    sequenceNumber: row.sequence_number,
    shared: row.shared ?? false,
    size: Number(row.size),
    sha256: row.sha256,
    blob: row.blob,
    modifiedAt: row.modified_at,
    closed: row.closed,
    inBin: row.in_bin,
  }
}
