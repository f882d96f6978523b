import { Injectable } from '@nestjs/common'
import { Database, type Statement } from './database.js'

/** Longer than the `lock_timeout` of ormconfig.ts: PostgreSQL then says itself what it waits for. */
const MAX_MS = 2500
const FRESH_MS = 1000

/**
 * One row for all servers, on purpose: where commits hang (a synchronous standby is away), the first one that hangs has
 * the row, and the others end at their `lock_timeout` instead of leaving a hanging backend each.
 */
const WRITE: Statement<Record<string, never>, []> = {
  name: 'readiness-probe',
  text: `
    insert into readiness_probe (id, at) values (true, clock_timestamp())
    on conflict (id) do update set at = excluded.at`,
  longestMs: MAX_MS,
}

/** Can the database be written to, and does a commit come back? Only trying tells. */
@Injectable()
export class WriteProbe {
  private latest: Promise<void> | undefined

  constructor(private readonly database: Database) {}

  /** However often it is asked, one write a second. @throws what kept it from being written */
  write(): Promise<void> {
    return (this.latest ??= this.tryIt())
  }

  private async tryIt(): Promise<void> {
    try {
      await this.database.query(WRITE, [])
    } finally {
      setTimeout(() => (this.latest = undefined), FRESH_MS).unref()
    }
  }
}
