import { Column, Entity, PrimaryColumn } from 'typeorm'

/** Why a save was refused; its bytes are kept all the same (RELIABILITY-SECURITY.md §3.4). */
export const RECOVERY_REASONS = [
  'lock-mismatch',
  'not-locked',
  'external-change',
  'permission-revoked',
  'token-expired',
  'token-revoked',
  'header-invalid',
] as const

export type RecoveryReason = (typeof RECOVERY_REASONS)[number]

/** The bytes of a refused save, until somebody restores or discards them. */
@Entity('recovery_item')
export class RecoveryItem {
  @PrimaryColumn({ type: 'text' })
  id!: string

  @Column({ type: 'text', name: 'file_id' })
  fileId!: string

  @Column({ type: 'text' })
  reason!: RecoveryReason

  @Column({ type: 'text', name: 'user_id' })
  userId!: string

  @Column({ type: 'text', array: true })
  editors!: string[]

  @Column({ type: 'bigint', name: 'base_version' })
  baseVersion!: string

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
