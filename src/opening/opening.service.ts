import { Injectable } from '@nestjs/common'
import { Settings } from '../config/settings.js'
import { Editors, type FoundAction } from '../discovery/editors.js'
import type { FileId, UserId } from '../ids/ids.js'
import { LockService } from '../lock/lock.service.js'
import { AccessService } from '../permission/access.service.js'
import { isAtLeast, type Role } from '../permission/role.js'
import { splitName } from '../storage/files/file-name.js'
import { FileService, type Head } from '../storage/files/file.service.js'
import { READ_ONLY, type ReadOnlyReason } from './read-only-reason.js'

/** How long a person is told that it was revoked, instead of that it is not there. */
const REMEMBERED_DAYS = 30

/** What becomes of a person's wish to open a document. */
export interface Opening {
  readonly file: Head
  /** What it can be opened for now. */
  readonly mode: 'edit' | 'view'
  /** Set when editing was wanted and only reading is possible. */
  readonly readOnly: ReadOnlyReason | undefined
  /** The page that opens it, or why there is none, in words. */
  readonly page: FoundAction | { readonly reason: string }
}

/** Decides how a person's document opens: for editing or reading, why not for editing, and in which editor. */
@Injectable()
export class OpeningService {
  constructor(
    private readonly files: FileService,
    private readonly accesses: AccessService,
    private readonly locks: LockService,
    private readonly editors: Editors,
    private readonly settings: Settings,
  ) {}

  /** @returns undefined when there is no such file for this person */
  async open(
    userId: UserId,
    fileId: FileId,
    wanted: 'edit' | 'view',
    editor?: string,
  ): Promise<Opening | undefined> {
    const file = await this.files.head(fileId)
    const role = await this.accesses.roleOnFile(userId, fileId)
    if (!file || !role) return undefined
    const extension = splitName(file.name).extension.replace(/^\./, '').toLowerCase()
    const wopiSrc = `${this.settings.publicUrl}/wopi/files/${fileId}`
    const pageFor = (action: 'edit' | 'view'): Opening['page'] =>
      this.editors.actionFor({ extension, action, wopiSrc, editor })
    const toRead = (readOnly?: ReadOnlyReason): Opening => ({
      file,
      mode: 'view',
      readOnly,
      page: pageFor('view'),
    })
    if (wanted === 'view') return toRead()
    const readOnly = await this.whyNotEdit(userId, role, file)
    if (readOnly) return toRead(readOnly)
    const toEdit: Opening = { file, mode: 'edit', readOnly: undefined, page: pageFor('edit') }
    if ('url' in toEdit.page) return toEdit
    const view = pageFor('view')
    // Where nothing opens it at all, that is what the person must know, not that it would be read-only.
    return 'url' in view ? toRead(READ_ONLY.noEditAction(extension, view.editor)) : toEdit
  }

  private async whyNotEdit(userId: UserId, role: Role, file: Head): Promise<ReadOnlyReason | undefined> {
    if (!isAtLeast(role, 'editor')) {
      const takenAt = await this.accesses.editRightTakenAt(userId, file.id, REMEMBERED_DAYS * 86_400_000)
      if (takenAt) return READ_ONLY.revoked(takenAt)
      const own = await this.accesses.hasOwnRight(userId, file.id)
      return own ? READ_ONLY.noPermission() : READ_ONLY.linkViewOnly()
    }
    const lock = await this.locks.current(file.id)
    return lock?.kind === 'exclusive' ? READ_ONLY.maintenance(lock.holder, lock.reason) : undefined
  }
}
