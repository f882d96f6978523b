import { Column, Entity, PrimaryColumn } from 'typeorm'
import type { UserId } from '../../ids/ids.js'
import type { Role } from '../role.js'

/** One role of one subject (`user:ID`, `group:ID`, `everyone`) on one file or container, inherited downwards. */
@Entity('access_grant')
export class AccessGrant {
  @PrimaryColumn({ type: 'text', name: 'object_id' })
  objectId!: string

  @PrimaryColumn({ type: 'text' })
  subject!: string

  @Column({ type: 'text', name: 'object_kind' })
  objectKind!: 'file' | 'container'

  @Column({ type: 'text' })
  role!: Role

  @Column({ type: 'text', name: 'granted_by' })
  grantedBy!: UserId

  @Column({ type: 'timestamptz', name: 'granted_at', insert: false, update: false })
  grantedAt!: Date
}
