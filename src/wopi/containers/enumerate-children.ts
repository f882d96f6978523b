import { Injectable } from '@nestjs/common'
import type { IncomingMessage } from 'node:http'
import { type Answer, jsonAnswer } from '../../http/answer.js'
import { roleOf, type Role } from '../../permission/role.js'
import { ContainerTree } from '../../storage/containers/container-tree.js'
import { splitName } from '../../storage/files/file-name.js'
import type { ContainerOperation, ContainerRequest } from './container-operation.js'
import { WopiUrlIssuer } from './wopi-url-issuer.js'
import { WopiError } from '../protocol/wopi-error.js'
import { header } from '../protocol/wopi-headers.js'

/** WOPI.md §9.2: the folders and files in a container that its user may see. */
@Injectable()
export class EnumerateChildren implements ContainerOperation {
  readonly name = 'EnumerateChildren'
  readonly needs = 'read'

  constructor(
    private readonly tree: ContainerTree,
    private readonly urls: WopiUrlIssuer,
  ) {}

  async answer(request: ContainerRequest): Promise<Answer> {
    const { user, container } = request.access
    const wanted = extensions(request)
    const containers = await this.tree.childContainers(user.id, container.id)
    const files = (await this.tree.childFiles(user.id, container.id)).filter(
      ({ name }) => wanted?.has(splitName(name).extension.toLowerCase()) ?? true,
    )
    const urls = await this.urls.toAll(request.access, [
      ...containers.map(({ id, rank }) => ({ kind: 'container', id, role: roleFor(rank) }) as const),
      ...files.map(({ id, rank }) => ({ kind: 'file', id, role: roleFor(rank) }) as const),
    ])
    return jsonAnswer(200, {
      ChildContainers: containers.map(({ name }, i) => ({ Name: name, Url: urls[i] })),
      ChildFiles: files.map(({ name, version, size, modified_at }, i) => ({
        Name: name,
        Url: urls[containers.length + i],
        Version: version,
        Size: Number(size),
        LastModifiedTime: modified_at,
      })),
    })
  }
}

function roleFor(rank: number): Role {
  return roleOf(rank) ?? 'viewer'
}

/** The extensions to be listed, in lower case; undefined for every file. */
function extensions(request: IncomingMessage): ReadonlySet<string> | undefined {
  const list = header(request, 'X-WOPI-FileExtensionFilterList')
  if (list === undefined) return undefined
  const wanted = list.split(',').map((extension) => extension.trim().toLowerCase())
  if (!wanted.every((extension) => extension.startsWith('.'))) {
    throw new WopiError('header-invalid', 'X-WOPI-FileExtensionFilterList must be extensions with their dots')
  }
  return new Set(wanted)
}
