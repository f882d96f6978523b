import { Injectable } from '@nestjs/common'
import { Database, type Statement } from '../database/database.js'
import { Pair } from './pair.js'

/** As long as nobody has looked, a clock may have jumped, or the database is one of long ago. */
const MAX_PAUSE = `interval '1 day'`
const HELD = `interval '1 day'`
/** Between the clocks of two machines that have none of the troubles below. */
const MAX_APART_MS = 3600_000

interface LookRow {
  readonly now: Date
  readonly held_until: Date | null
}

/**
 * The old values decide: `looked_at` is when anybody looked last. A hold cannot lie further ahead than its length, or a
 * clock that is set right again would leave it standing.
 */
const LOOK: Statement<LookRow, []> = {
  name: 'look-before-deleting',
  text: `
    update installation set looked_at = clock_timestamp(), held_until = case
        when clock_timestamp() > looked_at + ${MAX_PAUSE} or clock_timestamp() < looked_at - interval '5 minutes'
        then clock_timestamp() + ${HELD}
        else least(held_until, clock_timestamp() + ${HELD}) end
    returning clock_timestamp() as now, case when held_until > clock_timestamp() then held_until end as held_until`,
}

const HELD_UNTIL: Statement<LookRow, []> = {
  name: 'held-until',
  text: `
    select clock_timestamp() as now, case when held_until > clock_timestamp() then held_until end as held_until
    from installation`,
}

/**
 * May anything be deleted for good now? What is old is old by a clock, and a clock that jumps makes everything old; a
 * database that was restored into the wrong place, or that is days old, says of the wrong things that they are old. Then
 * all of it waits a day for somebody to notice.
 */
@Injectable()
export class Caution {
  constructor(
    private readonly database: Database,
    private readonly pair: Pair,
  ) {}

  /** For whoever is about to delete. @returns why not; undefined when nothing is against it */
  async look(): Promise<string | undefined> {
    return (await this.pair.trouble()) ?? this.judge(await this.database.query(LOOK, []))
  }

  /** For whoever only wants to know. */
  async reason(): Promise<string | undefined> {
    return this.judge(await this.database.query(HELD_UNTIL, []))
  }

  private judge([row]: readonly LookRow[]): string | undefined {
    if (!row) return 'the database belongs to no installation'
    const apart = row.now.getTime() - Date.now()
    if (Math.abs(apart) > MAX_APART_MS) {
      const side = apart > 0 ? 'ahead of' : 'behind'
      return `the database's clock is ${Math.round(Math.abs(apart) / 60_000)} minutes ${side} this server's`
    }
    if (row.held_until === null) return undefined
    return `nobody looked for more than a day, a clock was changed, or these two were adopted; held until ${row.held_until.toISOString()}`
  }
}
