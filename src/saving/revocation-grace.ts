import { Injectable } from '@nestjs/common'
import { CoauthStatusService } from '../coauth-status/coauth-status.service.js'
import { Settings } from '../config/settings.js'
import { AccessService, type FileAccess } from '../permission/access.service.js'

/**
 * REVOCATION_SAVE_GRACE_SECONDS: a save holds everybody's edits, so for a while one by a person who has just lost the
 * right may be accepted, when somebody else is editing who still may. The lock must match as ever, and the version is
 * marked (RELIABILITY-SECURITY.md §3.4).
 */
@Injectable()
export class RevocationGrace {
  constructor(
    private readonly settings: Settings,
    private readonly accesses: AccessService,
    private readonly status: CoauthStatusService,
  ) {}

  get isOffered(): boolean {
    return this.settings.revocationSaveGraceMs > 0
  }

  async covers({ user, file }: FileAccess): Promise<boolean> {
    if (!this.isOffered) return false
    const { revocationSaveGraceMs } = this.settings
    if (!(await this.accesses.editRightTakenAt(user.id, file.id, revocationSaveGraceMs))) return false
    const status = await this.status.ofFile(file.id)
    return status?.editors.some(({ userId, canWrite }) => userId !== user.id && canWrite) ?? false
  }
}
