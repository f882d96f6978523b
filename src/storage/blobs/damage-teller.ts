import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common'
import { Database, type Statement } from '../../database/database.js'
import { EventLog } from '../../events/event-log.js'
import type { FileId } from '../../ids/ids.js'
import { Logger } from '../../logging/logger.js'
import { BlobStore } from './blob-store.js'
import type { Damage } from './damages.js'

const MAX_FILES = 100

/** Whose versions consist of it, wholly or in part. $1 blob, $2 limit */
const AFFECTED: Statement<{ file_id: FileId; versions: string[] }, [string, number]> = {
  name: 'affected-by-damage',
  text: `
    select v.file_id, array_agg(v.version order by v.version) as versions
    from file_version v join file f on f.id = v.file_id and f.deleted_at is null
    where v.blob in (select $1 union all select content from stream_chunk where blob = $1 and blob <> content)
    group by v.file_id order by v.file_id limit $2`,
}

/** Says at once, once for each blob, what is damaged and whose it is: in the log, and to those who may mend it. */
@Injectable()
export class DamageTeller implements OnModuleInit, OnApplicationShutdown {
  private readonly underWay = new Set<Promise<void>>()

  constructor(
    private readonly blobs: BlobStore,
    private readonly database: Database,
    private readonly events: EventLog,
    private readonly logger: Logger,
  ) {}

  onModuleInit(): void {
    this.blobs.checks.damages.listen((damage) => {
      const telling = this.tell(damage)
        .catch((error: unknown) => {
          this.logger.warn(
            { ...damage, error: String(error) },
            'whose a damaged content is could not be told',
          )
        })
        .finally(() => this.underWay.delete(telling))
      this.underWay.add(telling)
    })
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all(this.underWay)
  }

  private async tell({ blob, what }: Damage): Promise<void> {
    this.logger.error({ event: 'content-damaged', blob, what }, 'a stored content is damaged')
    const affected = await this.database.query(AFFECTED, [blob, MAX_FILES])
    const news = affected.map(({ file_id: fileId, versions }) => ({
      kind: 'content-damaged' as const,
      fileId,
      detail: { what, versions },
    }))
    await this.database.transaction((tx) => this.events.append(tx, news))
  }
}
