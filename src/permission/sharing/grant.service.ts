import { Injectable } from '@nestjs/common'
import { Database, type Statement, type Tx } from '../../database/database.js'
import type { ContainerId, FileId, UserId } from '../../ids/ids.js'
import { AccessGrant } from './access-grant.entity.js'
import { USER_ID } from '../../auth/api-user.js'
import type { Role } from '../role.js'

export type GrantedObject =
  { readonly kind: 'file'; readonly id: FileId } | { readonly kind: 'container'; readonly id: ContainerId }

/** $1 from file, $2 to file, $3 owner of the first, $4 granted by */
const COPY: Statement<Record<string, never>, [FileId, FileId, UserId, UserId]> = {
  name: 'copy-grants',
  text: `
    insert into access_grant (object_id, subject, object_kind, role, granted_by)
    select $2, subject, 'file', role, $4 from access_grant where object_id = $1
    union all select $2, 'user:' || $3, 'file', 'editor', $4
    on conflict (object_id, subject) do nothing`,
}

/** Who else may use a file or container. The owner's own right is no grant and cannot be taken away here. */
@Injectable()
export class GrantService {
  constructor(private readonly database: Database) {}

  async list(object: GrantedObject): Promise<AccessGrant[]> {
    return this.database.dataSource.manager.find(AccessGrant, {
      where: { objectId: object.id },
      order: { subject: 'ASC' },
    })
  }

  async grant(
    tx: Tx,
    object: GrantedObject,
    subject: string,
    role: Role,
    grantedBy: UserId,
  ): Promise<{ grant: AccessGrant; previousRole: Role | undefined }> {
    const previousRole = await this.roleOf(tx, object, subject)
    await tx.manager.upsert(
      AccessGrant,
      { objectId: object.id, objectKind: object.kind, subject, role, grantedBy },
      ['objectId', 'subject'],
    )
    const grant = await tx.manager.findOneByOrFail(AccessGrant, { objectId: object.id, subject })
    return { grant, previousRole }
  }

  /** Lets everybody who shares a file, its owner included, share a copy of it too. */
  async copy(
    tx: Tx,
    from: { id: FileId; ownerId: UserId },
    toFileId: FileId,
    grantedBy: UserId,
  ): Promise<void> {
    await tx.query(COPY, [from.id, toFileId, from.ownerId, grantedBy])
  }

  /** @returns the role that is gone; undefined when there was no such grant */
  async revoke(tx: Tx, object: GrantedObject, subject: string): Promise<Role | undefined> {
    const role = await this.roleOf(tx, object, subject)
    const { affected } = await tx.manager.delete(AccessGrant, { objectId: object.id, subject })
    return affected === 1 ? role : undefined
  }

  private async roleOf(tx: Tx, object: GrantedObject, subject: string): Promise<Role | undefined> {
    const grant = await tx.manager.findOneBy(AccessGrant, { objectId: object.id, subject })
    return grant?.role
  }
}

/** `user:ID`, `group:ID` or `everyone`. */
export function isSubject(text: string): boolean {
  if (text === 'everyone') return true
  const [, kind, id] = /^(user|group):(.+)$/s.exec(text) ?? []
  if (kind === 'user') return USER_ID.test(id ?? '')
  return kind === 'group' && /^[^\p{C}]{1,255}$/u.test(id ?? '')
}
