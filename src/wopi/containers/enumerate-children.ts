import { Injectable } from '@nestjs/common'
import type { IncomingMessage } from 'node:http'
import { type Answer, jsonAnswer } from '../../http/answer.js'
import { roleOf } from '../../permission/role.js'
import { ContainerTree, type SeenContainer } from '../../storage/containers/container-tree.js'
import { splitName } from '../../storage/files/file-name.js'
import type { ContainerOperation, ContainerRequest } from './container-operation.js'
import { WopiUrlIssuer, type UrlTarget } from './wopi-url-issuer.js'
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
      ...containers.map((child) => pointed('container', child)),
      ...files.map((child) => pointed('file', child)),
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

function pointed(kind: 'file' | 'container', { id, rank }: SeenContainer): UrlTarget {
  return { kind, id, role: roleOf(rank) ?? 'viewer' }
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
