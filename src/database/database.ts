import { Injectable } from '@nestjs/common'
import type { Pool, PoolClient, QueryResultRow } from 'pg'
import { DataSource, type EntityManager } from 'typeorm'
import { Turns } from './turns.js'

/** A hand-written statement. The name makes PostgreSQL prepare it once per connection: twice the rate of plain text (DESIGN.md §11). */
export interface Statement<Row extends QueryResultRow> {
  readonly name: string
  readonly text: string
  /** Never set: carries the row's type from the statement to its callers. */
  readonly row?: Row
}

/** What runs a statement: the pool, or one transaction. */
export interface Queryable {
  query<Row extends QueryResultRow>(statement: Statement<Row>, values: readonly unknown[]): Promise<Row[]>
}

/** One open transaction. Statements and entities see the same one. */
export interface Tx extends Queryable {
  readonly manager: EntityManager
}

/** Hot operations go through `query` with named statements, on the pool that TypeORM owns. */
@Injectable()
export class Database implements Queryable {
  private readonly pool: Pool
  private readonly turns = new Turns()

  constructor(readonly dataSource: DataSource) {
    this.pool = (dataSource.driver as unknown as { master: Pool }).master
  }

  async query<Row extends QueryResultRow>(
    statement: Statement<Row>,
    values: readonly unknown[],
  ): Promise<Row[]> {
    return run(this.pool, statement, values)
  }

  /** Runs `work` when this process's earlier work on the same file is done; see `Turns` for why. Not to be nested. */
  inTurn<T>(fileId: string, work: () => Promise<T>): Promise<T> {
    return this.turns.take(fileId, work)
  }

  /** Runs `work` in one READ COMMITTED transaction; anything thrown rolls it back. Keep it short: no body may stream inside. */
  async transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.dataSource.transaction(async (manager) => {
      const client = (await manager.queryRunner?.connect()) as PoolClient
      return work({ manager, query: (statement, values) => run(client, statement, values) })
    })
  }
}

async function run<Row extends QueryResultRow>(
  client: Pool | PoolClient,
  { name, text }: Statement<Row>,
  values: readonly unknown[],
): Promise<Row[]> {
  const { rows } = await client.query<Row>({ name, text, values: values as unknown[] })
  return rows
}
