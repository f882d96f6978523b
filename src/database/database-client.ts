import pg from 'pg'
import { sessionSettings, type SessionLimits } from './session-settings.js'
import { CommitUnconfirmed, DatabaseUnreachable, isCancelled } from './unavailable.js'

export interface DatabaseClientConfig extends pg.ClientConfig {
  readonly session?: SessionLimits
}

/** Settings that come in a trice, or not at all. */
const SETTLE_MS = 10_000
/** A `statement_timeout` of a millisecond ends the statement that changes it, now and then. */
const MAX_TRIES = 20

/** What PostgreSQL says with when it stops waiting for its synchronous standby: "committed locally, but might not …". */
const UNCONFIRMED = 'SyncRepWaitForLSN'

/**
 * Every connection to PostgreSQL is one of these (`test/architecture/unheard.test.ts`):
 *
 * - it is never without a listener for `error`, in the pool, out of it or in between. Node ends the process for want of
 *   one, and the pool listens to idle connections only. Nothing is lost by not hearing it: the call under way fails, and
 *   the pool drops a connection that ended;
 * - before anybody uses it, its session has the settings that we rely on;
 * - a commit that PostgreSQL itself says may be lost is an error and no success.
 */
export class DatabaseClient extends pg.Client {
  private readonly session: SessionLimits
  private unconfirmed = false

  constructor(config: DatabaseClientConfig = {}) {
    super(config)
    this.session = config.session ?? {}
    this.on('error', () => undefined)
    this.on('notice', (notice) => {
      if (notice.routine === UNCONFIRMED) this.unconfirmed = true
    })
    this.query = this.confirmed(this.query.bind(this)) as typeof this.query
  }

  /** @throws DatabaseUnreachable whatever kept it from being connected: a caller can only try again later */
  override connect(): Promise<this>
  override connect(callback: ((error: Error) => void) | ((error: null, client: this) => void)): void
  override connect(callback?: unknown): Promise<this> | undefined {
    const opened = this.open()
    if (callback === undefined) return opened
    const done = callback as (error: Error | null, client?: this) => void
    opened.then(
      () => {
        done(null, this)
      },
      (error: unknown) => {
        done(error as Error)
      },
    )
    return undefined
  }

  private async open(): Promise<this> {
    try {
      await super.connect()
      await this.settle()
      return this
    } catch (error) {
      void this.end().catch(() => undefined)
      throw new DatabaseUnreachable(error)
    }
  }

  private async settle(): Promise<void> {
    const statement = { text: sessionSettings(this.session), query_timeout: SETTLE_MS }
    for (let tries = 1; ; tries++) {
      try {
        await this.query(statement)
        return
      } catch (error) {
        if (!isCancelled(error) || tries === MAX_TRIES) throw error
      }
    }
  }

  /** One statement is under way at a time, so that a notice belongs to the one whose end comes next. */
  private confirmed(plain: Query): Query {
    const verdict = (): CommitUnconfirmed | undefined => {
      const bad = this.unconfirmed
      this.unconfirmed = false
      return bad ? new CommitUnconfirmed() : undefined
    }
    return (...given) => {
      const last = given.at(-1)
      if (typeof last === 'function') {
        const callback = last as (error: unknown, result?: unknown) => void
        return plain(...given.slice(0, -1), (error: unknown, result: unknown) => {
          const doubt = verdict()
          if (error ?? doubt) callback(error ?? doubt)
          else callback(null, result)
        })
      }
      const answer = plain(...given)
      if (!(answer instanceof Promise)) return answer
      return answer.then(
        (result: unknown) => {
          const doubt = verdict()
          if (doubt) throw doubt
          return result
        },
        (error: unknown) => {
          verdict()
          throw error
        },
      )
    }
  }
}

type Query = (...given: unknown[]) => unknown
