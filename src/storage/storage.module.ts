import { Module } from '@nestjs/common'
import { Bin } from './bin.service.js'
import { BlobCollector } from './blob-collector.js'
import { BlobStore } from './blob-store.js'
import { ChunkLists } from './chunk-lists.js'
import { Composer } from './composer.js'
import { ContainerTree } from './container-tree.js'
import { ContainerService } from './container.service.js'
import { FileService } from './file.service.js'
import { RecoveryList } from './recovery-list.js'
import { RecoveryPurger } from './recovery-purger.js'
import { RecoveryService } from './recovery.service.js'
import { SaveChain } from './save-chain.js'
import { StreamService } from './stream.service.js'
import { Twins } from './twins.js'
import { TransferPurger } from './transfer-purger.js'
import { UploadSessions } from './upload-session.service.js'
import { VersionPurger } from './version-purger.js'
import { VersionService } from './version.service.js'

const services = [
  Bin,
  BlobStore,
  FileService,
  VersionService,
  ContainerService,
  ContainerTree,
  RecoveryService,
  RecoveryList,
  ChunkLists,
  Composer,
  StreamService,
  UploadSessions,
  Twins,
  SaveChain,
]

@Module({
  providers: [...services, BlobCollector, VersionPurger, RecoveryPurger, TransferPurger],
  exports: services,
})
export class StorageModule {}
