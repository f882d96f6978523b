import { Module } from '@nestjs/common'
import { AuditModule } from '../audit/audit.module.js'
import { CoauthStatusModule } from '../coauth-status/coauth-status.module.js'
import { EventsModule } from '../events/events.module.js'
import { LockModule } from '../lock/lock.module.js'
import { PermissionModule } from '../permission/permission.module.js'
import { StorageModule } from '../storage/storage.module.js'
import { ChunkedContents } from './chunked-content.js'
import { ContentChanges } from './content-change.js'
import { ContentUploads } from './content-upload.js'
import { FileWrites } from './file-write.js'
import { NewFiles } from './new-file.js'
import { ChunkedSaves } from './put-chunked-file.js'
import { PutFileSaves } from './put-file.js'
import { ReceivedBlobs } from './received-blob.js'
import { RefusedSaves } from './refused-saves.js'
import { Restores } from './restore.js'
import { RevocationGrace } from './revocation-grace.js'
import { SaveAdmission } from './save-admission.js'
import { SaveAs } from './save-as.js'
import { SaveAtOnce } from './save-at-once.js'
import { SaveInterceptor } from './save.interceptor.js'

/** What adapters hand saves over to; how they are written and judged is nobody else's business. */
const forAdapters = [
  SaveInterceptor,
  ReceivedBlobs,
  PutFileSaves,
  ChunkedSaves,
  ChunkedContents,
  SaveAs,
  NewFiles,
  ContentUploads,
  Restores,
]

/** Nest makes an interceptor in the module of the controller that it is for, out of what that module can see. */
const ofTheInterceptor = [RefusedSaves, RevocationGrace]

/** The one way by which bytes become a version. */
@Module({
  imports: [AuditModule, CoauthStatusModule, EventsModule, LockModule, PermissionModule, StorageModule],
  providers: [...forAdapters, ...ofTheInterceptor, SaveAtOnce, FileWrites, ContentChanges, SaveAdmission],
  exports: [...forAdapters, ...ofTheInterceptor],
})
export class SavingModule {}
