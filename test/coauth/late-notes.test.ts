import pg from 'pg'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { execute } from '../kit/postgres.js'
import { Tandem } from '../kit/tandem.js'
import { Editor } from '../kit/wopi.js'
import { until } from '../reliability/until.js'
import { expectStatus, join, LOCK, statusOf, tells } from './fixture.js'

/** What one server saw is written after what another saw later: its database was slow just then. */
describe('RELIABILITY-SECURITY.md §3.7: sightings of two servers that come out of order', () => {
  let one: Tandem
  let two: Tandem

  beforeAll(async () => {
    one = await Tandem.start(inject('postgres'))
    two = await Tandem.start(inject('postgres'), { sharing: one })
  })
  afterAll(async () => {
    await two.stop()
    await one.stop()
  })

  /** From now on server one writes nothing of what it sees until the returned function is called. */
  async function oneIsLate(): Promise<() => Promise<void>> {
    const other = await one.sharedFile('another document')
    const holder = new pg.Client({ connectionString: one.databaseUrl })
    await holder.connect()
    await holder.query('begin')
    await holder.query(`select pg_advisory_xact_lock(hashtext('coauth_session'), hashtext($1))`, [other.id])
    // Batches are written one after the other, and this one waits for its turn.
    expectStatus(await (await one.editor(await one.person('alice'), other.id)).checkFileInfo(), 200)
    await until('it waits', async () => {
      const { rowCount } = await execute(
        one.databaseUrl,
        `select from pg_locks where locktype = 'advisory' and not granted
           and database = (select oid from pg_database where datname = current_database())`,
      )
      return rowCount === 1
    })
    return async () => {
      await holder.query('rollback')
      await holder.end()
    }
  }

  async function session(): Promise<{ fileId: string; alice: Editor; bob: Editor }> {
    const { id } = await one.sharedFile('content', { bob: 'editor' }, `${Math.random()}.docx`)
    const alice = await one.editor(await one.person('alice'), id)
    const bob = await two.editor(await two.person('bob'), id)
    await join(alice)
    await statusOf(one, id)
    return { fileId: id, alice, bob }
  }

  it('a save covers what was typed before it, and not what was typed after it', async () => {
    const { fileId, alice, bob } = await session()
    await join(bob)
    await statusOf(two, fileId)
    const now = await oneIsLate()
    expectStatus(await alice.putFile('saved', LOCK), 200)
    expectStatus(await tells(bob, 'edited'), 204)
    const before = await statusOf(two, fileId)
    expect(before.unsavedChanges).toBe('yes')
    await now()
    const after = await statusOf(one, fileId)
    expect(after).toMatchObject({
      unsavedChanges: 'yes',
      unsavedSince: before.unsavedSince,
      safeToModify: false,
    })
    expect(after.principal.userId).toBe('bob')
    // And once it has come, a save that was made after all of it covers all of it.
    expectStatus(await bob.putFile('saved again', LOCK), 200)
    expect(await statusOf(two, fileId)).toMatchObject({ unsavedSince: null })
  })

  it('an Unlock ends the editing of those who were there, and of nobody who came after it', async () => {
    const { fileId, alice, bob } = await session()
    const now = await oneIsLate()
    expectStatus(await alice.unlock(LOCK), 200)
    await join(bob, 'another session')
    expect((await statusOf(two, fileId)).editors.map(({ userId }) => userId)).toContain('bob')
    await now()
    const after = await statusOf(one, fileId)
    expect(after.editors.map(({ userId }) => userId)).toEqual(['bob'])
    expect(after).toMatchObject({ state: 'editing', safeToModify: false })
  })

  it('what the database is slow to write is no older for that: an Unlock ends the editing, a save covers it', async () => {
    const { fileId, alice } = await session()
    const slowly = async (call: () => Promise<unknown>): Promise<void> => {
      const holder = new pg.Client({ connectionString: one.databaseUrl })
      await holder.connect()
      await holder.query('begin')
      await holder.query('lock table coauth_session in access exclusive mode')
      const { rows } = await holder.query<{ at: Date }>('select clock_timestamp() as at')
      await call()
      await until('it is being written, and has been for a while', async () => {
        const { rowCount } = await execute(
          one.databaseUrl,
          `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
             and query_start < clock_timestamp() - interval '700 ms' and query_start > $1`,
          [rows[0]?.at],
        )
        return (rowCount ?? 0) > 0
      })
      await holder.query('rollback')
      await holder.end()
    }
    expectStatus(await tells(alice, 'edited'), 204)
    await statusOf(one, fileId)
    await slowly(() => alice.putFile('saved', LOCK))
    expect(await statusOf(one, fileId)).toMatchObject({ lastSave: { version: '2' }, unsavedSince: null })
    expectStatus(await alice.checkFileInfo(), 200)
    await statusOf(one, fileId)
    await slowly(() => alice.unlock(LOCK))
    expect(await statusOf(one, fileId)).toMatchObject({ editors: [], state: 'idle' })
  })
})
