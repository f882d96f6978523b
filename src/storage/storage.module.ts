import { Module } from '@nestjs/common'
import { BlobCollector } from './blob-collector.js'
import { BlobStore } from './blob-store.js'
import { ContainerService } from './container.service.js'
import { FileService } from './file.service.js'
import { RecoveryService } from './recovery.service.js'
import { VersionService } from './version.service.js'

@Module({
  providers: [BlobStore, BlobCollector, FileService, VersionService, ContainerService, RecoveryService],
  exports: [BlobStore, FileService, VersionService, ContainerService, RecoveryService],
})
export class StorageModule {}
