import { Injectable } from '@nestjs/common'
import type { Tx } from '../database/database.js'
import { AccessGrant } from './access-grant.entity.js'
import { USER_ID } from './api-user.js'
import type { Role } from './role.js'

export interface GrantedObject {
  readonly id: string
  readonly kind: 'file' | 'container'
}

/** Who else may use a file or container. The owner's own right is no grant and cannot be taken away here. */
@Injectable()
export class GrantService {
  async list(tx: Tx, object: GrantedObject): Promise<AccessGrant[]> {
    return tx.manager.find(AccessGrant, { where: { objectId: object.id }, order: { subject: 'ASC' } })
  }

  async grant(
    tx: Tx,
    object: GrantedObject,
    subject: string,
    role: Role,
    grantedBy: string,
  ): Promise<AccessGrant> {
    await tx.manager.upsert(
      AccessGrant,
      { objectId: object.id, objectKind: object.kind, subject, role, grantedBy },
      ['objectId', 'subject'],
    )
    return tx.manager.findOneByOrFail(AccessGrant, { objectId: object.id, subject })
  }

  /** @returns false when there was no such grant */
  async revoke(tx: Tx, object: GrantedObject, subject: string): Promise<boolean> {
    const { affected } = await tx.manager.delete(AccessGrant, { objectId: object.id, subject })
    return affected === 1
  }
}

/** `user:ID`, `group:ID` or `everyone`. */
export function isSubject(text: string): boolean {
  if (text === 'everyone') return true
  const [, kind, id] = /^(user|group):(.+)$/s.exec(text) ?? []
  if (kind === 'user') return USER_ID.test(id ?? '')
  return kind === 'group' && /^[^\p{C}]{1,255}$/u.test(id ?? '')
}
