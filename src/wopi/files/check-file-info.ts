import { Injectable } from '@nestjs/common'
import { Settings } from '../../config/settings.js'
import { Editors } from '../../discovery/editors.js'
import { Answer } from '../../http/answer.js'
import { mayEdit, type FileAccess } from '../../permission/access.service.js'
import { MAX_STEM_LENGTH, splitName } from '../../storage/files/file-name.js'
import { NO_SPECIAL_ACCOUNT } from '../containers/container-info.js'
import { FileUrl } from './file-url.js'
import { aroundTheEditor, hostPages } from './host-page.js'
import type { Operation, WopiRequest } from '../protocol/operation.js'
import { shareTypes } from './share-types.js'

/** What the file is, what Tandem can do with it, and what this user may: editors go by nothing else (WOPI.md §5). */
@Injectable()
export class CheckFileInfo implements Operation {
  readonly name = 'CheckFileInfo'
  readonly needs = 'read'
  /** What is the same for every file and everybody, written out once: the end of a JSON object. */
  private readonly constants: string

  constructor(
    private readonly settings: Settings,
    private readonly fileUrl: FileUrl,
    private readonly editors: Editors,
  ) {
    const constants = { ...CAPABILITIES, ...NO_SPECIAL_ACCOUNT, ...aroundTheEditor(settings) }
    this.constants = JSON.stringify(constants).slice(1)
  }

  answer({ access }: WopiRequest): Promise<Answer> {
    const info = fileInfo(access)
    Object.assign(info, hostPages(this.settings, access.file.id), this.fileUrl.of(access))
    if (this.settings.coauthProfile === 'plus') Object.assign(info, this.plus(access))
    const body = `${JSON.stringify(info).slice(0, -1)},${this.constants}`
    return Promise.resolve(new Answer(200, { 'Content-Type': 'application/json' }, body))
  }

  /** With SupportsCoauth the eight that go together: all or none (WOPI.md §5.1). */
  private plus({ tokenExpiresAt, file }: FileAccess): Record<string, unknown> {
    // Until Microsoft's discovery is read there is no other address, and an absolute one there must be.
    const service = (name: 'collab' | 'rtc'): string =>
      this.editors.coauthService(name) ?? `${this.settings.publicUrl}/`
    return {
      SequenceNumber: file.sequenceNumber,
      OfficeCollaborationServiceEndpointUrl: service('collab'),
      RealTimeChannelEndpointUrl: service('rtc'),
      AccessTokenExpiry: tokenExpiresAt.getTime(),
      ServerTime: Date.now(),
      SharingStatus: file.shared ? 'Shared' : 'Private',
      FileGeoLocationCode: '',
    }
  }
}

/** Leaving one of the first four out makes editors fall back to exclusive or read-only editing (WOPI.md §5.2). */
const CAPABILITIES = {
  SupportsCoauth: true,
  SupportsLocks: true,
  SupportsUpdate: true,
  SupportsGetLock: true,
  SupportsExtendedLockLength: true,
  SupportsRename: true,
  SupportsDeleteFile: true,
  SupportsUserInfo: true,
  SupportsContainers: true,
  SupportsEcosystem: true,
  SupportsGetFileWopiSrc: true,
  SupportsAddActivities: true,
} as const

/** What Tandem can truthfully say; a property without a value is left out, never null (WOPI.md §2.4). */
function fileInfo(access: FileAccess): Record<string, unknown> {
  const { file, user } = access
  const canWrite = mayEdit(access) && !file.closed
  const { extension } = splitName(file.name)
  const info: Record<string, unknown> = {
    BaseFileName: file.name,
    OwnerId: file.ownerId,
    Size: file.size,
    UserId: user.id,
    Version: file.version,
    FileNameMaxLength: MAX_STEM_LENGTH,
    LastModifiedTime: file.modifiedAt,
    SHA256: Buffer.from(file.sha256, 'hex').toString('base64'),
    BreadcrumbDocName: file.name,
    UserFriendlyName: user.displayName,
    UserCanWrite: canWrite,
    ReadOnly: !canWrite,
    UserCanRename: canWrite,
    UserCanNotWriteRelative: !canWrite,
    ...shareTypes(access),
  }
  if (extension !== '') info['FileExtension'] = extension
  if (user.principalName !== null) info['UserPrincipalName'] = user.principalName
  if (user.userInfo !== null) info['UserInfo'] = user.userInfo
  if (file.closed) info['TemporarilyNotWritable'] = true
  return info
}
