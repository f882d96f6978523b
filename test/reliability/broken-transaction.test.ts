import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest'
import { createDataSource } from '../../ormconfig.js'
import { Database, type Statement } from '../../src/database/database.js'
import { isUnavailable } from '../../src/database/unavailable.js'
import { theFile } from '../kit/ids.js'
import { execute, newDatabase } from '../kit/postgres.js'

const ADD: Statement<{ id: string }, [string]> = {
  name: 'add',
  text: `insert into user_account (id, display_name) values ($1, $1) returning id`,
}
const WHO_AM_I: Statement<{ pid: number }, []> = { name: 'pid', text: 'select pg_backend_pid() as pid' }
const SLEEP: Statement<{ done: string }, [number]> = { name: 'sleep', text: 'select pg_sleep($1) as done' }

/** PostgreSQL reports the end of a backend at once, but nobody tells when node-postgres has read of it. */
const NEWS_TRAVELS_MS = 200

describe('a transaction whose connection fails (R-02, R-10)', () => {
  let url: string
  let database: Database

  beforeAll(async () => {
    url = await newDatabase(inject('postgres'))
    // One connection, so that the next caller would get the very one that failed.
    database = new Database(await createDataSource(url, 1).initialize())
  })
  afterAll(() => database.dataSource.destroy())

  async function known(id: string): Promise<boolean> {
    return (await execute(url, 'select from user_account where id = $1', [id])).rowCount === 1
  }

  async function failureOf(work: Promise<unknown>): Promise<unknown> {
    return work.then(
      () => undefined,
      (error: unknown) => error,
    )
  }

  it('because a statement is not answered in time: the next caller gets another one', async () => {
    const failed = database.transaction(async (tx) => {
      await tx.query(ADD, ['half done'])
      await tx.query(SLEEP, [13])
    })
    expect(isUnavailable(await failureOf(failed))).toBe(true)

    await database.query(ADD, ['acknowledged'])
    expect(await known('acknowledged')).toBe(true)
    expect(await known('half done')).toBe(false)
  }, 30_000)

  it('because its backend dies between two statements, or before COMMIT: "try again", not "a bug"', async () => {
    for (const then of ['another statement', 'commit']) {
      const failed = database.transaction(async (tx) => {
        await tx.query(ADD, [then])
        const [me] = await tx.query(WHO_AM_I, [])
        await execute(url, 'select pg_terminate_backend($1)', [me?.pid])
        await pause(NEWS_TRAVELS_MS)
        if (then === 'another statement') await tx.query(ADD, ['more'])
      })
      expect([then, isUnavailable(await failureOf(failed))]).toEqual([then, true])
      expect(await known(then)).toBe(false)
    }
    await database.query(ADD, ['afterwards'])
    expect(await known('afterwards')).toBe(true)
  })

  it('because the work itself fails: it is rolled back, and the connection is kept', async () => {
    const before = await database.query(WHO_AM_I, [])
    const failed = database.transaction(async (tx) => {
      await tx.query(ADD, ['refused'])
      throw new Error('refused')
    })
    expect(await failureOf(failed)).toEqual(new Error('refused'))
    expect(await known('refused')).toBe(false)
    expect(await database.query(WHO_AM_I, [])).toEqual(before)
  })

  it('queues no longer behind one file than a statement may take (DatabaseBusy)', async () => {
    let free: () => void = () => undefined
    let stuck: Promise<void> | undefined
    await new Promise<void>((begun) => {
      stuck = database.serializedByFile(theFile('file'), () => {
        begun()
        return new Promise((resolve) => (free = resolve))
      })
    })
    const late = database.serializedByFile(theFile('file'), () => Promise.resolve('served'))
    const real = performance.now.bind(performance)
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => real() + 10_500)
    try {
      free()
      expect(isUnavailable(await failureOf(late))).toBe(true)
    } finally {
      clock.mockRestore()
    }
    await stuck
    expect(await database.serializedByFile(theFile('file'), () => Promise.resolve('served'))).toBe('served')
  })
})
