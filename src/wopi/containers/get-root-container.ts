import { Injectable } from '@nestjs/common'
import { type Answer, jsonAnswer } from '../../http/answer.js'
import { roleOf } from '../../permission/role.js'
import { ContainerTree } from '../../storage/containers/container-tree.js'
import { ROOT_CONTAINER } from '../../storage/containers/container.service.js'
import { containerInfo } from './container-info.js'
import type { EcosystemOperation, EcosystemRequest } from './container-operation.js'
import { WopiUrlIssuer, type TokenHolder } from './wopi-url-issuer.js'
import { WopiError } from '../protocol/wopi-error.js'

/** WOPI.md §10.2: one root for everybody, in which each sees what is theirs. */
@Injectable()
export class GetRootContainer implements EcosystemOperation {
  readonly name = 'GetRootContainer'

  constructor(
    private readonly tree: ContainerTree,
    private readonly urls: WopiUrlIssuer,
  ) {}

  async answer({ access }: EcosystemRequest): Promise<Answer> {
    return jsonAnswer(200, await this.rootFor(access))
  }

  async rootFor(holder: TokenHolder): Promise<Record<string, unknown>> {
    const [root] = await this.tree.path(holder.user.id, ROOT_CONTAINER)
    if (!root) throw new WopiError('no-such-container', 'there is no root container')
    const role = roleOf(root.rank) ?? 'viewer'
    const container = { id: root.id, name: root.name, isRoot: true }
    return {
      ContainerPointer: {
        Name: root.name,
        Url: await this.urls.to(holder, { kind: 'container', id: root.id, role }),
      },
      ContainerInfo: containerInfo({ container, mode: holder.mode, role }),
    }
  }
}
