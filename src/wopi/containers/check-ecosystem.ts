import { Injectable } from '@nestjs/common'
import { type Answer, jsonAnswer } from '../../http/answer.js'
import type { EcosystemOperation } from './container-operation.js'

/** Says the same of containers as CheckFileInfo does (WOPI.md §10.1). */
@Injectable()
export class CheckEcosystem implements EcosystemOperation {
  readonly name = 'CheckEcosystem'

  answer(): Promise<Answer> {
    return Promise.resolve(jsonAnswer(200, { SupportsContainers: true }))
  }
}
