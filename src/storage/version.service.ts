import { Injectable } from '@nestjs/common'
import { LessThan } from 'typeorm'
import { Database } from '../database/database.js'
import { FileVersion } from './file-version.entity.js'

/** The history of a file: every acknowledged content, newest first. */
@Injectable()
export class VersionService {
  constructor(private readonly database: Database) {}

  async list(fileId: string, before: string | undefined, limit: number): Promise<FileVersion[]> {
    return this.database.dataSource.manager.find(FileVersion, {
      where: { fileId, ...(before === undefined ? {} : { version: LessThan(before) }) },
      order: { version: 'DESC' },
      take: limit,
    })
  }

  async find(fileId: string, version: string): Promise<FileVersion | undefined> {
    return (await this.database.dataSource.manager.findOneBy(FileVersion, { fileId, version })) ?? undefined
  }
}
