import { Injectable } from '@nestjs/common'
import { HealthIndicatorService, type HealthIndicatorResult } from '@nestjs/terminus'
import { Database, type Statement } from '../database/database.js'
import { reasonInWords } from '../database/unavailable.js'
import { WriteProbe } from '../database/write-probe.js'
import { BlobStore } from '../storage/blobs/blob-store.js'
import { SharedProbe } from './shared-probe.js'
import { ClockWatch } from './clock-watch.js'

interface SettingsRow {
  readonly fsync: string
  readonly full_page_writes: string
  readonly synchronous_commit: string
  readonly standby: boolean
  readonly migrations: string
  readonly may_change_audit: boolean
}

const DURABILITY: Statement<SettingsRow, []> = {
  name: 'durability',
  longestMs: 2500,
  text: `
    select current_setting('fsync') as fsync, current_setting('full_page_writes') as full_page_writes,
      current_setting('synchronous_commit') as synchronous_commit, pg_is_in_recovery() as standby,
      (select count(*) from migration) as migrations,
      has_table_privilege('audit_event', 'update, delete, truncate') as may_change_audit`,
}

/** May this instance be sent editors? Each answer names what to change (RELIABILITY-SECURITY.md R-08). */
@Injectable()
export class Readiness {
  private draining = false
  private readonly probe: SharedProbe

  constructor(
    private readonly database: Database,
    private readonly writeProbe: WriteProbe,
    private readonly clock: ClockWatch,
    private readonly blobs: BlobStore,
    private readonly indicators: HealthIndicatorService,
  ) {
    this.probe = new SharedProbe('a write', () => blobs.probe())
  }

  /** From now on this instance wants no new editors: it is about to stop. */
  drain(): void {
    this.draining = true
  }

  accepting(): HealthIndicatorResult {
    const indicator = this.indicators.check('server')
    return this.draining ? indicator.down({ reason: 'the server is stopping' }) : indicator.up()
  }

  async databaseReachable(): Promise<HealthIndicatorResult> {
    const indicator = this.indicators.check('database')
    try {
      const [row] = await this.database.query(DURABILITY, [])
      if (!row) throw new Error('no answer')
      if (row.standby) return indicator.down({ reason: 'the database is a standby; connect to the primary' })
      const expected = this.database.dataSource.migrations.length
      if (Number(row.migrations) < expected) return indicator.down({ reason: 'the migrations are not done' })
      await this.writeProbe.write()
      return indicator.up({
        audit: row.may_change_audit ? 'protected by its trigger only' : 'protected by the database role',
        // Never red: tokens are dated and ended by the database's clock, whatever this machine's says.
        ...(this.clock.difference !== undefined && { warning: this.clock.difference }),
      })
    } catch (error) {
      return indicator.down({ reason: reasonInWords(error) })
    }
  }

  /** An acknowledged save must survive a power cut; with any of these off it may not (§2.2: 263 of 225,781 lost). */
  async durable(): Promise<HealthIndicatorResult> {
    const indicator = this.indicators.check('durability')
    try {
      const [row] = await this.database.query(DURABILITY, [])
      const off = (['fsync', 'full_page_writes', 'synchronous_commit'] as const).filter((name) =>
        isOff(row?.[name]),
      )
      if (off.length > 0)
        return indicator.down({ reason: `PostgreSQL has ${off.join(', ')} off; switch it on` })
      return indicator.up()
    } catch (error) {
      return indicator.down({ reason: reasonInWords(error) })
    }
  }

  async storageWritable(): Promise<HealthIndicatorResult> {
    const indicator = this.indicators.check('storage')
    try {
      await this.probe.answer()
      // For a look, and no reason to send nobody here: the others are whole.
      const damaged = this.blobs.checks.damages.known
      return damaged === 0 ? indicator.up() : indicator.up({ damaged: `${damaged} contents; see the log` })
    } catch (error) {
      return indicator.down({ reason: error instanceof Error ? error.message : 'blobs cannot be written' })
    }
  }
}

// synchronous_commit = local still survives a crash of this machine.
function isOff(value: string | undefined): boolean {
  return value === undefined || value === 'off'
}
