import { Injectable } from '@nestjs/common'
import { HealthIndicatorService, type HealthIndicatorResult } from '@nestjs/terminus'
import { Database, type Statement } from '../database/database.js'
import { Caution } from '../installation/caution.js'
import { Pair } from '../installation/pair.js'

const BLOBS: Statement<{ id: string; unknown: string | null; quarantined: string }, []> = {
  name: 'blobs-of-installation',
  text: `
    select id, unknown_blobs as unknown, (select count(*) from quarantined_blob) as quarantined
    from installation`,
}

/** What the latest look of any server at the blobs found; undefined before the first. */
export interface KnownBlobs {
  /** Of the installation; undefined before it is paired. */
  readonly id: string | undefined
  readonly unknown: number | undefined
  readonly quarantined: number
}

/** Do database and blobs belong together still, and is anything held back from being deleted? */
@Injectable()
export class InstallationCheck {
  constructor(
    private readonly database: Database,
    private readonly pair: Pair,
    private readonly caution: Caution,
    private readonly indicators: HealthIndicatorService,
  ) {}

  async paired(): Promise<HealthIndicatorResult> {
    const indicator = this.indicators.check('installation')
    try {
      const trouble = await this.pair.trouble()
      if (trouble !== undefined) return indicator.down({ reason: trouble })
      const { id, unknown: unknownBlobs, quarantined: quarantinedBlobs } = await this.blobs()
      const held = await this.caution.reason()
      return indicator.up({
        id,
        unknownBlobs,
        quarantinedBlobs,
        // Nothing is deleted for good meanwhile; people may work on.
        ...(held === undefined ? {} : { held }),
      })
    } catch {
      return indicator.down({ reason: 'the database cannot be reached' })
    }
  }

  async blobs(): Promise<KnownBlobs> {
    const [row] = await this.database.query(BLOBS, [])
    return {
      id: row?.id,
      unknown: row?.unknown == null ? undefined : Number(row.unknown),
      quarantined: Number(row?.quarantined),
    }
  }
}
