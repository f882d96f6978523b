import { Module } from '@nestjs/common'
import { BlobCollector } from './blob-collector.js'
import { BlobStore } from './blob-store.js'
import { ContainerTree } from './container-tree.js'
import { ContainerService } from './container.service.js'
import { FileService } from './file.service.js'
import { RecoveryList } from './recovery-list.js'
import { RecoveryPurger } from './recovery-purger.js'
import { RecoveryService } from './recovery.service.js'
import { VersionPurger } from './version-purger.js'
import { VersionService } from './version.service.js'

const services = [
  BlobStore,
  FileService,
  VersionService,
  ContainerService,
  ContainerTree,
  RecoveryService,
  RecoveryList,
]

@Module({
  providers: [...services, BlobCollector, VersionPurger, RecoveryPurger],
  exports: services,
})
export class StorageModule {}
