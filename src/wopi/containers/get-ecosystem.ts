import { Injectable } from '@nestjs/common'
import { type Answer, jsonAnswer } from '../../http/answer.js'
import type { ContainerOperation, ContainerRequest } from './container-operation.js'
import type { Operation, WopiRequest } from '../protocol/operation.js'
import { WopiUrlIssuer } from './wopi-url-issuer.js'

/** WOPI.md §8.8 and §9.9. The token in the address is one for the ecosystem, never the caller's own (T-08). */
@Injectable()
export class GetEcosystem implements Operation, ContainerOperation {
  readonly name = 'GetEcosystem'
  readonly needs = 'read'

  constructor(private readonly urls: WopiUrlIssuer) {}

  async answer({ access }: WopiRequest | ContainerRequest): Promise<Answer> {
    return jsonAnswer(200, { Url: await this.urls.to(access, { kind: 'ecosystem' }) })
  }
}
