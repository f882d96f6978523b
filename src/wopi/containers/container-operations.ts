import { Injectable, type OnModuleInit, type Type } from '@nestjs/common'
import { ModuleRef } from '@nestjs/core'
import type { IncomingMessage } from 'node:http'
import type { ContainerOperation, EcosystemOperation } from './container-operation.js'
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
import { provided, type OperationTable } from '../protocol/operation-table.js'
import { lastSegment, overrideOf, unknownOperation } from '../protocol/override.js'
import { WopiError } from '../protocol/wopi-error.js'

const READS: OperationTable<ContainerOperation> = {
  children: EnumerateChildren,
  ancestry: EnumerateAncestors,
  ecosystem_pointer: GetEcosystem,
}

/** POST, by X-WOPI-Override (WOPI.md §4). */
const POSTS: OperationTable<ContainerOperation> = {
  CREATE_CHILD_FILE: CreateChildFile,
  CREATE_CHILD_CONTAINER: CreateChildContainer,
  RENAME_CONTAINER: RenameContainer,
  DELETE_CONTAINER: DeleteContainer,
  GET_SHARE_URL: GetShareUrl,
}

/** Every operation on a container or the ecosystem, for the module to provide; some are a file's as well. */
export const CONTAINER_OPERATIONS: readonly Type[] = [
  CheckContainerInfo,
  ...Object.values(READS),
  ...Object.values(POSTS),
  CheckEcosystem,
  GetRootContainer,
  GetFileWopiSrc,
]

/** As `Operations`, for containers and the ecosystem (WOPI.md §4). */
@Injectable()
export class ContainerOperations implements OnModuleInit {
  private reads: ReadonlyMap<string, ContainerOperation> = new Map()
  private posts = this.reads

  constructor(
    private readonly module: ModuleRef,
    private readonly checkContainerInfo: CheckContainerInfo,
    private readonly checkEcosystem: CheckEcosystem,
    private readonly getRootContainer: GetRootContainer,
    private readonly getFileWopiSrc: GetFileWopiSrc,
  ) {}

  onModuleInit(): void {
    this.reads = provided(this.module, READS)
    this.posts = provided(this.module, POSTS)
  }

  /** @returns the refusal, not thrown, because a caller without any right must be told 404 first */
  onContainer(request: IncomingMessage): ContainerOperation | WopiError {
    if (request.method !== 'POST') return this.reads.get(lastSegment(request)) ?? this.checkContainerInfo
    const override = overrideOf(request)
    if (override instanceof WopiError) return override
    return this.posts.get(override) ?? unknownOperation(override)
  }

  onEcosystem(request: IncomingMessage): EcosystemOperation | WopiError {
    if (request.method !== 'POST')
      return lastSegment(request) === 'ecosystem' ? this.checkEcosystem : this.getRootContainer
    const override = overrideOf(request)
    if (override instanceof WopiError) return override
    return override === 'GET_WOPI_SRC_WITH_ACCESS_TOKEN' ? this.getFileWopiSrc : unknownOperation(override)
  }
}
