import type { FileId, TokenId, UserId } from '../../ids/ids.js'
import type { ApplicationName, ClientFamily, PrincipalRule } from '../application-profile.js'

/** One editing of a file, from the first who opens it to the last who is gone. Times are epoch ms of the database's clock. */
export interface Session {
  readonly id: string
  readonly fileId: FileId
  readonly application: ApplicationName
  readonly startedAt: number
  /** The latest sign of a person; a refreshed lock is none. */
  lastActivityAt: number
  ended?: { readonly at: number; readonly reason: EndReason }
  /** Locked by its editors, as far as they said. */
  lockHeld: boolean
  /** Set when the editor service was seen to follow the other rule than the configured one. */
  learntRule?: PrincipalRule
  /** A token that saved although no rule says so; believed until somebody joins or leaves. */
  believedJti?: TokenId
  /** The first change that no acknowledged save covers. */
  unsavedSince?: number
  /** A page said since that nothing is unsaved: perhaps it was undone, perhaps it is lost. */
  unsavedUnclear?: boolean
  saved?: SavedFact
  failing?: FailingFact
  /** What was told already, so that it is told once. */
  warned: Warning[]
  readonly participants: Participant[]
}

export type EndReason = 'closed' | 'silent' | 'lock-expired' | 'ended-by-admin' | 'file-deleted'
export type Warning = 'save-overdue' | 'refresh-overdue' | 'lock-in-grace' | 'ghost-lock'

export interface SavedFact {
  readonly at: number
  readonly version: string
  readonly userId: UserId
  readonly jti: TokenId
  /** As reported by the editor. */
  readonly editors: readonly string[]
}

export interface FailingFact {
  readonly since: number
  readonly reason: string
  readonly userId: UserId
  readonly jti: TokenId
}

/** One access token at work. A person in two tabs is two of these. */
export interface Participant {
  readonly jti: TokenId
  readonly userId: UserId
  mode: 'view' | 'edit'
  family: ClientFamily
  /** What this one's page tells: that something was edited, or whether the document is modified. */
  reports?: 'edits' | 'modified'
  joinedAt: number
  lastSeenAt: number
  /** When this one's page last told something. */
  reportedAt?: number
  /** When the application last asked for this one's right. */
  checkedAt?: number
  editedAt?: number
  conflictedAt?: number
  refusedAt?: number
  /** When this one's coauth lock expires, unless it was refreshed. */
  coauthUntil?: number
  left?: { readonly at: number; readonly reason: LeftReason }
}

export type LeftReason =
  | 'closed'
  | 'page-closed'
  | 'silent'
  | 'right-lost'
  | 'file-deleted'
  | 'token-expired'
  | 'token-revoked'
  | 'save-failed'
  | 'lock-expired'
  | 'ended-by-admin'

/** What a WOPI answer or a page told about one token. */
export interface PresenceRecord {
  readonly fileId: FileId
  readonly jti: TokenId
  readonly userId: UserId
  readonly family: ClientFamily
  /** What the editor calls the application of the page that the token was issued for. */
  readonly page?: string
  readonly at: number
  readonly what: PresenceSignal
  /** What the answer gave of the file, where that matters. */
  readonly given?: GivenVersion
}

/** The file as an editor was told it is, or was given it with its bytes. */
export interface GivenVersion {
  readonly how: 'told' | 'read'
  readonly version: string
  /** ISO 8601, as the editor was told */
  readonly modifiedAt: string
}

export type PresenceSignal =
  | { readonly kind: 'checked'; readonly canWrite: boolean }
  | { readonly kind: 'read' | 'locked' | 'refreshed' | 'unlocked' | 'lock-conflict' }
  | {
      readonly kind: 'saved'
      readonly version: string
      readonly editors: readonly string[]
      /** Collabora and ONLYOFFICE say whether a person's changes are in it. */
      readonly modifiedByUser?: boolean
      /** It brings back what was refused at the end of an earlier session. */
      readonly returned?: 'unchanged' | 'changed'
    }
  | { readonly kind: 'save-refused'; readonly reason: string }
  /** This one has a coauth lock, or has it no more (WOPI.md §12). */
  | { readonly kind: 'coauth-locked'; readonly lifetimeMs: number }
  | { readonly kind: 'coauth-unlocked' }
  | { readonly kind: 'turned-away'; readonly reason: 'right-lost' | 'token-expired' | 'token-revoked' }
  /** By somebody's page: it is still open, or goes on with another token. */
  | { readonly kind: 'here' }
  /** By Collabora, through somebody's page: these are in the document now. */
  | { readonly kind: 'together'; readonly userIds: readonly string[] }
  /** By a page: this one typed; the document has, or has no, unsaved changes, whoever typed; the page was closed. */
  | { readonly kind: 'edited' | 'modified' | 'unmodified' | 'left' }

/** The file's lock as it stands. */
export interface LockFact {
  readonly kind: 'none' | 'wopi' | 'exclusive' | 'coauth'
  readonly refreshedAt?: number
  readonly expiresAt?: number
  /** The coauth locks that are alive, if any. */
  readonly coauth?: readonly CoauthFact[]
}

export interface CoauthFact {
  readonly jti: TokenId
  readonly userId: UserId
  readonly acquiredAt: number
  readonly expiresAt: number
}

/** Somebody's client says by it that the file is being edited. */
export function isEditorsLock({ kind }: LockFact): boolean {
  return kind === 'wopi' || kind === 'coauth'
}

export function isPresent(participant: Participant): boolean {
  return participant.left === undefined
}

export function editorsOf(session: Session): Participant[] {
  return session.participants.filter((one) => one.mode === 'edit' && isPresent(one))
}

export function countPeople(participants: readonly Participant[]): number {
  return new Set(participants.map(({ userId }) => userId)).size
}
