import { Column, Entity, PrimaryColumn } from 'typeorm'
import type { TokenId, UserId } from '../../ids/ids.js'
import type { ResourceKind } from './access-token.claims.js'

/** The record behind a WOPI access token; the token itself is never stored. */
@Entity('access_token')
export class AccessToken {
  @PrimaryColumn({ type: 'text' })
  jti!: TokenId

  @Column({ type: 'text', name: 'user_id' })
  userId!: UserId

  @Column({ type: 'text', name: 'resource_kind' })
  resourceKind!: ResourceKind

  @Column({ type: 'text', name: 'resource_id' })
  resourceId!: string

  @Column({ type: 'text' })
  mode!: 'view' | 'edit'

  @Column({ type: 'timestamptz', name: 'issued_at' })
  issuedAt!: Date

  @Column({ type: 'timestamptz', name: 'expires_at' })
  expiresAt!: Date

  @Column({ type: 'timestamptz', name: 'revoked_at', nullable: true })
  revokedAt!: Date | null
}
