import type { IncomingMessage } from 'node:http'
import type { Answer } from '../../http/answer.js'
import type { ContainerId } from '../../ids/ids.js'
import type { AccessTokenClaims } from '../../permission/tokens/access-token.claims.js'
import type { ContainerAccess, TokenAccess } from '../../permission/container-access.service.js'

/** A WOPI request on a container, with a genuine access token. What the token may do here, nobody has asked. */
export interface ContainerTokenRequest extends IncomingMessage {
  params: { readonly id: ContainerId }
  user: AccessTokenClaims
}

/** One whose token may do here what the operation needs. */
export interface ContainerRequest extends ContainerTokenRequest {
  access: ContainerAccess
  operation: ContainerOperation
}

/** One WOPI operation on a container; `needs` means what it means on a file (`operation.ts`). */
export interface ContainerOperation {
  readonly name: string
  readonly needs: 'read' | 'edit' | 'own'
  answer(request: ContainerRequest): Promise<Answer>
}

/** A WOPI request on the ecosystem, everything that is its user's; as above. */
export interface EcosystemTokenRequest extends IncomingMessage {
  user: AccessTokenClaims
}

export interface EcosystemRequest extends EcosystemTokenRequest {
  access: TokenAccess
  operation: EcosystemOperation
}

export interface EcosystemOperation {
  readonly name: string
  answer(request: EcosystemRequest): Promise<Answer>
}
