import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common'
import { Database, type Statement } from '../database/database.js'
import { Logger } from '../logging/logger.js'
import { BlobStore } from './blob-store.js'

/** Far longer than any upload lasts, so that a blob whose save is still under way is never taken for an orphan. */
export const ORPHAN_GRACE_MS = 24 * 3600_000
const EVERY_MS = 3600_000
const BATCH = 500

/** $1 blobs */
export const UNREFERENCED: Statement<{ blob: string }> = {
  name: 'unreferenced-blobs',
  text: `
    select blob from unnest($1::text[]) as given (blob)
    where not exists (select from file_version v where v.blob = given.blob)
      and not exists (select from recovery_item r where r.blob = given.blob and r.resolution is distinct from 'discarded')
      and not exists (select from stream_chunk c where c.blob = given.blob and c.blob <> c.content)
      and not exists (select from stream s where s.content = given.blob)
      and not exists (select from upload_part p where p.blob = given.blob)`,
}

/**
 * Composites that nothing points to, and the remembered chunks of blobs that are going: the blobs whose bytes they use are
 * free for the next look. $1 grace ms, $2 limit
 */
const DELETE_UNREFERENCED_CONTENTS: Statement<{ id: string }> = {
  name: 'delete-unreferenced-contents',
  text: `
    delete from chunked_content where id in (
      select c.id from chunked_content c
      where made_at < clock_timestamp() - $1::float8 * interval '1 ms'
        and not exists (select from file_version v where v.blob = c.id)
        and not exists (select from recovery_item r where r.blob = c.id and r.resolution is distinct from 'discarded')
        and not exists (select from stream s where s.content = c.id)
      limit $2)
    returning id`,
}

/**
 * Deletes blobs that nothing points to. Safe beside saves on any number of servers: a reference is only ever made to a
 * blob that was written just now (younger than the grace) or that is referenced already.
 */
@Injectable()
export class BlobCollector implements OnApplicationBootstrap, OnApplicationShutdown {
  private timer: NodeJS.Timeout | undefined

  constructor(
    private readonly blobs: BlobStore,
    private readonly database: Database,
    private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => {
      this.collect().catch((error: unknown) => {
        this.logger.warn({ error: String(error) }, 'could not collect orphan blobs; trying again in an hour')
      })
    }, EVERY_MS).unref()
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer)
  }

  /** @returns how many blobs were deleted */
  async collect(graceMs = ORPHAN_GRACE_MS): Promise<number> {
    while ((await this.database.query(DELETE_UNREFERENCED_CONTENTS, [graceMs, BATCH])).length === BATCH);
    let deleted = 0
    let batch: string[] = []
    const youngest = Date.now() - graceMs
    for await (const { blob, writtenAt } of this.blobs.list()) {
      if (writtenAt.getTime() > youngest) continue
      batch.push(blob)
      if (batch.length < BATCH) continue
      deleted += await this.deleteOrphans(batch)
      batch = []
    }
    deleted += await this.deleteOrphans(batch)
    if (deleted > 0) this.logger.info({ deleted }, 'orphan blobs deleted')
    return deleted
  }

  private async deleteOrphans(blobs: readonly string[]): Promise<number> {
    if (blobs.length === 0) return 0
    const orphans = await this.database.query(UNREFERENCED, [blobs])
    for (const { blob } of orphans) await this.blobs.remove(blob)
    return orphans.length
  }
}
