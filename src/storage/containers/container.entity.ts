import { Column, Entity, PrimaryColumn } from 'typeorm'
import type { ContainerId, UserId } from '../../ids/ids.js'

@Entity('container')
export class Container {
  @PrimaryColumn({ type: 'text' })
  id!: ContainerId

  @Column({ type: 'text', name: 'parent_id', nullable: true })
  parentId!: ContainerId | null

  @Column({ type: 'text' })
  name!: string

  @Column({ type: 'text', name: 'name_key' })
  nameKey!: string

  @Column({ type: 'text', name: 'owner_id', nullable: true })
  ownerId!: UserId | null

  /** Ids from the root down to this container itself. */
  @Column({ type: 'text', array: true })
  ancestors!: ContainerId[]

  @Column({ type: 'timestamptz', name: 'created_at', insert: false, update: false })
  createdAt!: Date
}
