import { Injectable } from '@nestjs/common'
import { type Answer, jsonAnswer } from '../../http/answer.js'
import { roleOf } from '../../permission/role.js'
import { ContainerTree } from '../../storage/containers/container-tree.js'
import type { ContainerOperation, ContainerRequest } from './container-operation.js'
import type { Operation, WopiRequest } from '../protocol/operation.js'
import { WopiUrlIssuer } from './wopi-url-issuer.js'

/**
 * WOPI.md §8.7 and §9.3: the folders around a file or container, the root first. A folder that the user has no right to
 * is left out, name and all: what was shared with them may lie in somebody else's.
 */
@Injectable()
export class EnumerateAncestors implements Operation, ContainerOperation {
  readonly name = 'EnumerateAncestors'
  readonly needs = 'read'

  constructor(
    private readonly tree: ContainerTree,
    private readonly urls: WopiUrlIssuer,
  ) {}

  async answer({ access }: WopiRequest | ContainerRequest): Promise<Answer> {
    const path = await this.tree.path(
      access.user.id,
      'file' in access ? access.file.containerId : access.container.id,
    )
    const around = 'file' in access ? path : path.filter(({ id }) => id !== access.container.id)
    const urls = await this.urls.toAll(
      access,
      around.map(({ id, rank }) => ({ kind: 'container', id, role: roleOf(rank) ?? 'viewer' })),
    )
    return jsonAnswer(200, {
      AncestorsWithRootFirst: around.map(({ name }, i) => ({ Name: name, Url: urls[i] })),
    })
  }
}
