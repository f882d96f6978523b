import { Injectable } from '@nestjs/common'
import type { Client, Pool, PoolClient, QueryResultRow } from 'pg'
import { DataSource, type EntityManager, type QueryRunner } from 'typeorm'
import type { FileId } from '../ids/ids.js'
import { KeyedMutex } from './keyed-mutex.js'
import { DatabaseBusy, isUnanswered } from './unavailable.js'

/** A hand-written statement. The name makes PostgreSQL prepare it once per connection: twice the rate of plain text. */
export interface Statement<Row extends QueryResultRow, Values extends readonly unknown[]> {
  readonly name: string
  readonly text: string
  /**
   * `anew`: planned for its values each time, and never prepared. For lists whose filters can be left out: `$1 is null or …`
   * is gone from such a plan, and no one plan is good for what somebody has a million of and somebody else none. And for
   * what works off a part of a table at a time: a plan for any number of rows is one for a tenth of the table.
   */
  readonly plan?: 'anew'
  /** An answer that takes longer counts as none; unset, as ormconfig.ts says. */
  readonly longestMs?: number
  /** Never set: carries the row's type from the statement to its callers. */
  readonly row?: Row
  /** Never set: carries the types of $1, $2, … the same way. */
  readonly takes?: (values: Values) => void
}

/** What runs a statement: the pool, or one transaction. */
export interface Queryable {
  query<Row extends QueryResultRow, Values extends readonly unknown[]>(
    statement: Statement<Row, Values>,
    values: NoInfer<Values>,
  ): Promise<Row[]>
}

/** One open transaction. Statements and entities see the same one. */
export interface Tx extends Queryable {
  readonly manager: EntityManager
}

/** As long as a statement may take (ormconfig.ts). */
const MAX_WAIT_MS = 10_000

/** Hot operations go through `query` with named statements, on the pool that TypeORM owns. */
@Injectable()
export class Database implements Queryable {
  private readonly pool: Pool
  /** Ten editors of one document must not wait ten times as long to hear that the database is away. */
  private readonly turns = new KeyedMutex(isUnanswered)

  constructor(readonly dataSource: DataSource) {
    this.pool = (dataSource.driver as unknown as { master: Pool }).master
  }

  async query<Row extends QueryResultRow, Values extends readonly unknown[]>(
    statement: Statement<Row, Values>,
    values: NoInfer<Values>,
  ): Promise<Row[]> {
    return run(this.pool, statement, values)
  }

  /**
   * Runs `work` when this process's earlier work on the same file is done; see `Turns` for why. Not to be nested.
   * @throws DatabaseBusy when the turn comes too late, so that a queue before a database that hangs ends at once
   */
  serializedByFile<T>(fileId: FileId, work: () => Promise<T>): Promise<T> {
    const latest = performance.now() + MAX_WAIT_MS
    return this.turns.run(fileId, () =>
      performance.now() > latest ? Promise.reject(new DatabaseBusy()) : work(),
    )
  }

  /** Runs `work` in one READ COMMITTED transaction; anything thrown rolls it back. Keep it short: no body may stream inside. */
  async transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    const runner = this.dataSource.createQueryRunner()
    try {
      const client = (await runner.connect()) as PoolClient
      try {
        await runner.startTransaction()
        const result = await work({
          manager: runner.manager,
          query: (statement, values) => run(client, statement, values),
        })
        await runner.commitTransaction()
        return result
      } catch (error) {
        await undo(runner, client, error)
        throw error
      }
    } finally {
      await runner.release()
    }
  }
}

/**
 * A transaction whose end nobody knows (its connection broke, or did not answer in time) must not go back to the pool
 * open: the next caller's work would become a part of it, be acknowledged, and be rolled back with it.
 */
async function undo(runner: QueryRunner, client: PoolClient, error: unknown): Promise<void> {
  try {
    if (isUnanswered(error)) throw error
    await runner.rollbackTransaction()
  } catch {
    // The pool drops a client that has ended; end() cuts the connection while a statement is under way.
    void (client as unknown as Client).end().catch(() => undefined)
  }
}

async function run<Row extends QueryResultRow>(
  client: Pool | PoolClient,
  { name, text, plan, longestMs }: Statement<Row, never>,
  values: readonly unknown[],
): Promise<Row[]> {
  // Unknown to the types of node-postgres, and unset as good as absent.
  const limit = { query_timeout: longestMs }
  const prepared = plan === 'anew' ? {} : { name }
  const { rows } = await client.query<Row>({ ...prepared, text, values: values as unknown[], ...limit })
  return rows
}
