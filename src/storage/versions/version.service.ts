import { Injectable } from '@nestjs/common'
import { Database, type Tx } from '../../database/database.js'
import type { FileId } from '../../ids/ids.js'
import { FileVersion } from './file-version.entity.js'
import { LIST_VERSIONS } from './version-listing.js'

/** The history of a file: every acknowledged content, newest first. */
@Injectable()
export class VersionService {
  constructor(private readonly database: Database) {}

  /** @param which 'listed' leaves out the saves that a later one of the same session stands for (version-listing.ts) */
  async list(
    fileId: FileId,
    which: 'listed' | 'all',
    { before, limit }: { before: string | undefined; limit: number },
  ): Promise<FileVersion[]> {
    return this.database.query(LIST_VERSIONS, [[fileId], which, before ?? null, limit])
  }

  async find(fileId: FileId, version: string): Promise<FileVersion | undefined> {
    return (await this.database.dataSource.manager.findOneBy(FileVersion, { fileId, version })) ?? undefined
  }

  /** Keeps a version from being deleted until `tx` ends. @returns false when it is gone already */
  async lockForShare(tx: Tx, fileId: FileId, version: string): Promise<boolean> {
    const lock = { mode: 'pessimistic_read' } as const
    return (await tx.manager.findOne(FileVersion, { where: { fileId, version }, lock })) !== null
  }
}
