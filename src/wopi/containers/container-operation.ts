import type { IncomingMessage } from 'node:http'
import type { Answer } from '../../http/answer.js'
import type { ContainerId } from '../../ids/ids.js'
import type { AccessTokenClaims } from '../../permission/tokens/access-token.claims.js'
import type { ContainerAccess, TokenAccess } from '../../permission/container-access.service.js'

/** An authenticated WOPI request on a container, as the guards leave it. */
export interface ContainerRequest extends IncomingMessage {
  params: { readonly id: ContainerId }
  user: AccessTokenClaims
  access: ContainerAccess
  operation: ContainerOperation
}

/** One WOPI operation on a container; `needs` means what it means on a file (`operation.ts`). */
export interface ContainerOperation {
  readonly name: string
  readonly needs: 'read' | 'edit' | 'own'
  answer(request: ContainerRequest): Promise<Answer>
}

/** An authenticated WOPI request on the ecosystem: everything that is its user's. */
export interface EcosystemRequest extends IncomingMessage {
  user: AccessTokenClaims
  access: TokenAccess
  operation: EcosystemOperation
}

export interface EcosystemOperation {
  readonly name: string
  answer(request: EcosystemRequest): Promise<Answer>
}
