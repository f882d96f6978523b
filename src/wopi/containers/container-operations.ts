import { Injectable } from '@nestjs/common'
import type {
  ContainerOperation,
  ContainerRequest,
  EcosystemOperation,
  EcosystemRequest,
} from './container-operation.js'
import { CheckContainerInfo } from './check-container-info.js'
import { CheckEcosystem } from './check-ecosystem.js'
import { CreateChildContainer } from './create-child-container.js'
import { CreateChildFile } from './create-child-file.js'
import { DeleteContainer } from './delete-container.js'
import { EnumerateAncestors } from './enumerate-ancestors.js'
import { EnumerateChildren } from './enumerate-children.js'
import { GetEcosystem } from './get-ecosystem.js'
import { GetFileWopiSrc } from './get-file-wopi-src.js'
import { GetRootContainer } from './get-root-container.js'
import { GetShareUrl } from '../files/get-share-url.js'
import { RenameContainer } from './rename-container.js'
import { lastSegment, overrideOf, unknownOperation } from '../protocol/override.js'
import { WopiError } from '../protocol/wopi-error.js'

/** As `Operations`, for containers and the ecosystem (WOPI.md §4). */
@Injectable()
export class ContainerOperations {
  private readonly reads: ReadonlyMap<string, ContainerOperation>
  private readonly posts: ReadonlyMap<string, ContainerOperation>

  constructor(
    private readonly checkContainerInfo: CheckContainerInfo,
    enumerateChildren: EnumerateChildren,
    enumerateAncestors: EnumerateAncestors,
    getEcosystem: GetEcosystem,
    createChildFile: CreateChildFile,
    createChildContainer: CreateChildContainer,
    renameContainer: RenameContainer,
    deleteContainer: DeleteContainer,
    getShareUrl: GetShareUrl,
    private readonly checkEcosystem: CheckEcosystem,
    private readonly getRootContainer: GetRootContainer,
    private readonly getFileWopiSrc: GetFileWopiSrc,
  ) {
    this.reads = new Map<string, ContainerOperation>([
      ['children', enumerateChildren],
      ['ancestry', enumerateAncestors],
      ['ecosystem_pointer', getEcosystem],
    ])
    this.posts = new Map<string, ContainerOperation>([
      ['CREATE_CHILD_FILE', createChildFile],
      ['CREATE_CHILD_CONTAINER', createChildContainer],
      ['RENAME_CONTAINER', renameContainer],
      ['DELETE_CONTAINER', deleteContainer],
      ['GET_SHARE_URL', getShareUrl],
    ])
  }

  /** @returns the refusal, not thrown, because a caller without any right must be told 404 first */
  onContainer(request: ContainerRequest): ContainerOperation | WopiError {
    if (request.method !== 'POST') return this.reads.get(lastSegment(request)) ?? this.checkContainerInfo
    const override = overrideOf(request)
    if (override instanceof WopiError) return override
    return this.posts.get(override) ?? unknownOperation(override)
  }

  onEcosystem(request: EcosystemRequest): EcosystemOperation | WopiError {
    if (request.method !== 'POST')
      return lastSegment(request) === 'ecosystem' ? this.checkEcosystem : this.getRootContainer
    const override = overrideOf(request)
    if (override instanceof WopiError) return override
    return override === 'GET_WOPI_SRC_WITH_ACCESS_TOKEN' ? this.getFileWopiSrc : unknownOperation(override)
  }
}
