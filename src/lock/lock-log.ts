import { Injectable } from '@nestjs/common'
import { Logger } from '../logging/logger.js'

/** Says in the log what happens to locks without anybody asking. */
@Injectable()
export class LockLog {
  constructor(private readonly logger: Logger) {}

  expired(fileId: string, lockId: string): void {
    this.logger.warn(
      { event: 'lock-expired', fileId, lockId },
      'a lock expired: its editors stopped refreshing it',
    )
  }
}
