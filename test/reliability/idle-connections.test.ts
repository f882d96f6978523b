import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import pg, { type Client } from 'pg'
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
     where datname = current_database() and pid <> pg_backend_pid() order by pid`,
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

/** One message of PostgreSQL's protocol. */
function message(type: string, body: Buffer | string): Buffer {
  const content = Buffer.from(body)
  const head = Buffer.alloc(5)
  head.write(type)
  head.writeInt32BE(content.length + 4, 1)
  return Buffer.concat([head, content])
}

const READY = message('Z', 'I')
const DONE = Buffer.concat([message('C', 'SELECT 0\0'), READY])
const CUT = message('E', 'SFATAL\0C57P01\0Mterminating connection due to administrator command\0\0')

it('a connection that is cut in the breath in which it passes from one user to the next ends nothing else', async () => {
  // What the race of a restart under load comes to: "done" and "terminated" in one piece from the network.
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.on('data', (data) => {
      if (data[0] !== 'Q'.charCodeAt(0)) socket.write(Buffer.concat([message('R', Buffer.alloc(4)), READY]))
      else if (data.includes('last')) socket.end(Buffer.concat([DONE, CUT]))
      else socket.write(DONE)
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const pool = new pg.Pool({
    host: '127.0.0.1',
    port,
    user: 'u',
    database: 'd',
    max: 1,
    Client: DatabaseClient,
  })
  pool.on('error', () => undefined)
  const last = pool.query('last')
  const next = pool.connect()
  await expect(last).resolves.toMatchObject({ rows: [] })
  const client = await next
  await expect(client.query('select 1')).rejects.toSatisfy(isUnavailable)
  client.release()
  await pool.end()
  server.close()
})
