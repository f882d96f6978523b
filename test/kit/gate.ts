import pg from 'pg'
import { until } from '../reliability/until.js'
import { execute } from './postgres.js'

/** Keys of advisory locks that nothing of Tandem uses. */
const CLOSED = 7_405_101
const FIRST = 7_405_102

export interface GateOptions {
  readonly when: 'before' | 'after'
  readonly event: 'insert' | 'update' | 'delete'
  readonly table: string
}

/**
 * Stops the first statement that gets to some point of the database until the gate is opened, and lets every other one
 * through: so a test can do what must be harmful just there, without guessing how long anything takes.
 */
export class Gate implements AsyncDisposable {
  private isOpen = false

  private constructor(
    private readonly databaseUrl: string,
    private readonly keeper: pg.Client,
    private readonly table: string,
  ) {}

  static async at(databaseUrl: string, { when, event, table }: GateOptions): Promise<Gate> {
    // A statement's trigger comes before the rows are looked for, and after all of them are written.
    await execute(
      databaseUrl,
      `create or replace function gate() returns trigger language plpgsql as $$
       begin
         if pg_try_advisory_xact_lock(${FIRST}) then perform pg_advisory_xact_lock(${CLOSED}); end if;
         return null;
       end $$`,
    )
    await execute(
      databaseUrl,
      `create trigger gate ${when} ${event} on ${table} for each statement execute function gate()`,
    )
    const keeper = new pg.Client({ connectionString: databaseUrl })
    await keeper.connect()
    await keeper.query(`select pg_advisory_lock(${CLOSED})`)
    return new Gate(databaseUrl, keeper, table)
  }

  /** Until somebody is stopped. @returns the process id of the connection */
  async stopped(): Promise<number> {
    let pid = 0
    await until(`somebody is stopped at ${this.table}`, async () => {
      const { rows } = await execute(
        this.databaseUrl,
        `select pid from pg_locks where locktype = 'advisory' and objid = ${CLOSED} and not granted
           and database = (select oid from pg_database where datname = current_database())`,
      )
      pid = (rows as { pid: number }[])[0]?.pid ?? 0
      return pid !== 0
    })
    return pid
  }

  /** Whoever is stopped goes on. */
  async open(): Promise<void> {
    if (this.isOpen) return
    this.isOpen = true
    await this.keeper.end()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.open()
    await execute(this.databaseUrl, `drop trigger if exists gate on ${this.table}`)
  }
}

/** Until so many calls wait for somebody else's rows or turns, the one that a gate stops included. */
export async function waiting(databaseUrl: string, count: number): Promise<void> {
  await until(`${count} calls wait`, async () => {
    const { rowCount } = await execute(
      databaseUrl,
      `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    )
    return (rowCount ?? 0) >= count
  })
}
