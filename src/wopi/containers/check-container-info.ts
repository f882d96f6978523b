import { Injectable } from '@nestjs/common'
import { type Answer, jsonAnswer } from '../../http/answer.js'
import { containerInfo } from './container-info.js'
import type { ContainerOperation, ContainerRequest } from './container-operation.js'

/** What a container is called, and what its user may do in it (WOPI.md §9.1). */
@Injectable()
export class CheckContainerInfo implements ContainerOperation {
  readonly name = 'CheckContainerInfo'
  readonly needs = 'read'

  answer({ access }: ContainerRequest): Promise<Answer> {
    return Promise.resolve(jsonAnswer(200, containerInfo(access)))
  }
}
