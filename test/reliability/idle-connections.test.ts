import type { Client } from 'pg'
import { expect, inject, it } from 'vitest'
import { createDataSource } from '../../ormconfig.js'
import { DatabaseClient } from '../../src/database/database-client.js'
import { Database } from '../../src/database/database.js'
import { inMigrationTurn } from '../../src/database/migrate.js'
import { isUnavailable } from '../../src/database/unavailable.js'
import { execute, newDatabase } from '../kit/postgres.js'

// An `error` that nobody listens to is an uncaught exception, and fails the run of these tests as it would end a server.

// `once` of node:events would listen to `error`, and hide what is tested here.
function endOf(client: Client): Promise<void> {
  return new Promise((resolve) => client.once('end', resolve))
}

async function cut(databaseUrl: string): Promise<void> {
  await execute(
    databaseUrl,
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and pid <> pg_backend_pid()`,
  )
}

it('a connection that is cut while nobody uses it ends nothing but itself', async () => {
  const url = await newDatabase(inject('postgres'))
  const client = new DatabaseClient({ connectionString: url })
  await client.connect()
  const ended = endOf(client)
  await cut(url)
  await ended
  await expect(client.query('select 1')).rejects.toSatisfy(isUnavailable)
})

it('the connection that has the turn to migrate is cut while another one works: the start says so', async () => {
  const url = await newDatabase(inject('postgres'))
  const work = inMigrationTurn(url, async (turn) => {
    const ended = endOf(turn)
    await cut(url)
    await ended
    await turn.query('select 1')
  })
  await expect(work).rejects.toSatisfy(isUnavailable)
})

it('a transaction whose connection is cut between two statements is rolled back, and the pool goes on', async () => {
  const url = await newDatabase(inject('postgres'))
  const database = new Database(await createDataSource(url, 2).initialize())
  try {
    const one = { name: 'one', text: 'select 1 as one' }
    const work = database.transaction(async (tx) => {
      await tx.query(one, [])
      await cut(url)
      await new Promise((resolve) => setImmediate(resolve))
      await tx.query(one, [])
    })
    await expect(work).rejects.toSatisfy(isUnavailable)
    expect(await database.query(one, [])).toEqual([{ one: 1 }])
  } finally {
    await database.dataSource.destroy()
  }
})
