import { Column, Entity, PrimaryColumn } from 'typeorm'
import type { FileId, UserId } from '../../ids/ids.js'

/** Why a save was refused; its bytes are kept all the same (RELIABILITY-SECURITY.md §3.4). */
export const RECOVERY_REASONS = [
  'lock-mismatch',
  'not-locked',
  'external-change',
  'permission-revoked',
  'token-expired',
  'token-revoked',
  'header-invalid',
  'file-deleted',
] as const

export type RecoveryReason = (typeof RECOVERY_REASONS)[number]

/** The bytes of a refused save, until somebody restores or discards them. */
@Entity('recovery_item')
export class RecoveryItem {
  @PrimaryColumn({ type: 'text' })
  id!: string

  @Column({ type: 'text', name: 'file_id' })
  fileId!: FileId

  @Column({ type: 'text' })
  reason!: RecoveryReason

  @Column({ type: 'text', name: 'user_id' })
  userId!: UserId

  @Column({ type: 'text', array: true })
  editors!: string[]

  /** What its author had before them; null: nobody knows. */
  @Column({ type: 'bigint', name: 'base_version', nullable: true })
  baseVersion!: string | null

  /** ISO 8601, as the author's editor was told */
  @Column({ type: 'text', name: 'base_modified_at', nullable: true })
  baseModifiedAt!: string | null

  /** The version as which an editor that had kept it, too, saved it at its next opening. */
  @Column({ type: 'bigint', name: 'returned_version', nullable: true })
  returnedVersion!: string | null

  /** These very bytes came back. */
  @Column({ type: 'boolean', name: 'returned_unchanged', nullable: true })
  returnedUnchanged!: boolean | null

  @Column({ type: 'text', name: 'correlation_id', nullable: true })
  correlationId!: string | null

  @Column({ type: 'text' })
  blob!: string

  @Column({ type: 'bigint' })
  size!: string

  @Column({ type: 'text' })
  sha256!: string

  @Column({ type: 'timestamptz' })
  at!: Date

  @Column({ type: 'timestamptz', name: 'resolved_at', nullable: true })
  resolvedAt!: Date | null

  @Column({ type: 'text', nullable: true })
  resolution!: 'restored' | 'saved-as-copy' | 'discarded' | null
}
