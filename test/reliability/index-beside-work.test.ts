import pg from 'pg'
import type { DataSource, QueryRunner } from 'typeorm'
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest'
import { createDataSource } from '../../ormconfig.js'
import { indexBesideWork } from '../../src/database/index-beside-work.js'
import { migrate } from '../../src/database/migrate.js'
import { execute, newDatabase } from '../kit/postgres.js'
import { until } from './until.js'

const NAME = 'made_beside_work'
const DEFINITION = 'audit_event (outcome)'

describe('an index that a migration makes while the old server works on', () => {
  let databaseUrl: string
  let dataSource: DataSource
  let runner: QueryRunner
  let other: pg.Client

  beforeEach(async () => {
    databaseUrl = await newDatabase(inject('postgres'))
    dataSource = await createDataSource(databaseUrl, 2).initialize()
    runner = dataSource.createQueryRunner()
    other = new pg.Client({ connectionString: databaseUrl })
    await other.connect()
  })
  afterEach(async () => {
    await other.end()
    await runner.release()
    await dataSource.destroy()
  })

  const isValid = async (): Promise<unknown> =>
    (
      await execute(
        databaseUrl,
        `select indisvalid as valid from pg_index where indexrelid = to_regclass('${NAME}')`,
      )
    ).rows
  const audit = `insert into audit_event (actor, action, object_id, outcome) values ('a', 'save', 'f', 'done')`

  it('lets writes through while it waits for a transaction that began before it', async () => {
    await other.query('begin')
    await other.query(audit)
    const making = indexBesideWork(runner, NAME, DEFINITION)
    await until('it is being made', async () => {
      const { rowCount } = await execute(databaseUrl, `select from pg_stat_progress_create_index`)
      return rowCount === 1
    })
    await execute(databaseUrl, audit)
    await other.query('commit')
    await making
    expect(await isValid()).toEqual([{ valid: true }])
  })

  it('waits for a backup no longer than it has patience, and is made all the same', async () => {
    await other.query('begin isolation level repeatable read')
    await other.query('select from audit_event')
    await indexBesideWork(runner, NAME, DEFINITION, 200)
    expect(await isValid()).toEqual([{ valid: true }])
    await other.query('commit')
  })

  it('is filled anew where a start was killed half-way, and made once', async () => {
    await execute(databaseUrl, `create index ${NAME} on ${DEFINITION}`)
    await execute(
      databaseUrl,
      `update pg_index set indisvalid = false where indexrelid = '${NAME}'::regclass`,
    )
    await indexBesideWork(runner, NAME, DEFINITION)
    expect(await isValid()).toEqual([{ valid: true }])
    await indexBesideWork(runner, NAME, DEFINITION)
  })

  it('leaves the limits of the connection as they were', async () => {
    await indexBesideWork(runner, NAME, DEFINITION)
    const limits = (await runner.query(
      `select current_setting('lock_timeout') as locks, current_setting('statement_timeout') as statements`,
    )) as unknown
    expect(limits).toEqual([{ locks: '2s', statements: '30s' }])
  })

  it('does not wait for servers that wait for their turn to migrate', async () => {
    await execute(databaseUrl, `delete from migration where name = 'ReadingAtScale1764990000000'`)
    await execute(databaseUrl, `drop index audit_event_at, file_numbered`)
    await Promise.all([migrate(databaseUrl), migrate(databaseUrl), migrate(databaseUrl)])
    const { rowCount } = await execute(
      databaseUrl,
      `select from pg_index where indisvalid and indexrelid in ('audit_event_at'::regclass, 'file_numbered'::regclass)`,
    )
    expect(rowCount).toBe(2)
  })
})
