import { Column, Entity, PrimaryColumn } from 'typeorm'
import type { UserId } from '../ids/ids.js'

/** A person Tandem has seen, or been told of. Ids are letters and digits only: they travel in X-WOPI-Editors (WOPI.md §5.2). */
@Entity('user_account')
export class UserAccount {
  @PrimaryColumn({ type: 'text' })
  id!: UserId

  @Column({ type: 'text', name: 'display_name' })
  displayName!: string

  @Column({ type: 'text', name: 'principal_name', nullable: true })
  principalName!: string | null

  @Column({ type: 'text', array: true })
  groups!: string[]

  @Column({ type: 'text', name: 'user_info', nullable: true })
  userInfo!: string | null

  @Column({ type: 'timestamptz', name: 'disabled_at', nullable: true })
  disabledAt!: Date | null
}
