import { Module } from '@nestjs/common'
import { EventsModule } from '../events/events.module.js'
import { Bin } from './files/bin.service.js'
import { BlobCollector } from './blobs/blob-collector.js'
import { BlobStore } from './blobs/blob-store.js'
import { ChunkLists } from './chunks/chunk-lists.js'
import { ContentAssembler } from './chunks/content-assembler.js'
import { ContainerTree } from './containers/container-tree.js'
import { ContainerService } from './containers/container.service.js'
import { DamageTeller } from './blobs/damage-teller.js'
import { FileService } from './files/file.service.js'
import { RecoveryList } from './recovery/recovery-list.js'
import { RecoveryPurger } from './recovery/recovery-purger.js'
import { RecoveryService } from './recovery/recovery.service.js'
import { SaveChain } from './files/save-chain.js'
import { StreamService } from './chunks/stream.service.js'
import { Twins } from './blobs/twins.js'
import { TransferPurger } from './chunks/transfer-purger.js'
import { UploadSessions } from './chunks/upload-session.service.js'
import { VersionPurger } from './versions/version-purger.js'
import { VersionService } from './versions/version.service.js'

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
  ContentAssembler,
  StreamService,
  UploadSessions,
  Twins,
  SaveChain,
]

@Module({
  imports: [EventsModule],
  providers: [...services, DamageTeller, BlobCollector, VersionPurger, RecoveryPurger, TransferPurger],
  exports: services,
})
export class StorageModule {}
