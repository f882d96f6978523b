import pg from 'pg'
import { beforeAll, describe, expect, inject, it } from 'vitest'
import { Gate } from '../kit/gate.js'
import { Tandem } from '../kit/tandem.js'
import type { Editor } from '../kit/wopi.js'
import { until } from '../reliability/until.js'
import { NativeClient, rowsOf } from '../wopi/native-client.js'
import { useFixture } from '../wopi/fixture.js'

/** Locks live for a second, so that two servers sweep four times in each; nothing here expires by itself. */
const OFTEN = { COAUTH_PROFILE: 'plus', LOCK_TTL_SECONDS: '1', LOCK_GRACE_SECONDS: '600' }

describe('sweepers of two servers, beside people’s calls', () => {
  const fixture = useFixture(OFTEN)
  let other: Tandem

  beforeAll(async () => {
    other = await Tandem.start(inject('postgres'), { sharing: fixture.tandem, env: OFTEN })
    return () => other.stop()
  })

  async function dead(): Promise<string> {
    const { id } = await fixture.newFile('content')
    const alice = await fixture.person('alice')
    const body = { reason: 'nightly', ttlSeconds: 60 }
    expect((await alice.calls('POST', `/files/${id}/exclusive-lock`, body)).status).toBe(201)
    await fixture.sql(
      `update file_lock set expires_at = clock_timestamp() - interval '1 s' where file_id = $1`,
      [id],
    )
    return id
  }
  const isSwept = async (id: string): Promise<boolean> =>
    (await fixture.sql(`select from file_lock where file_id = $1 and kind = 'none'`, [id])).length === 1

  /** A lock that is dead by now is cleared away by a sweep that begins after this call. */
  async function sweep(): Promise<void> {
    const id = await dead()
    await until('it was swept', () => isSwept(id))
  }
  const expiries = (id: string): Promise<Record<string, unknown>[]> =>
    fixture.sql(`select detail from session_event where kind = 'lock-expired' and file_id = $1 order by id`, [
      id,
    ])

  async function locked(): Promise<Editor> {
    const editor = await fixture.open('content')
    expect((await editor.lock('L')).status).toBe(200)
    return editor
  }

  it('RELIABILITY-SECURITY.md §3.5: a lock in its grace stays, and its own id revives it', async () => {
    const editor = await locked()
    await fixture.lockExpiresIn(editor, -30)
    await sweep()
    await sweep()
    expect((await editor.getLock()).lock).toBe('L')
    expect(await expiries(editor.fileId)).toEqual([])
    expect((await editor.refreshLock('L')).status).toBe(200)
  })

  it('a coauth lock is not taken from under a refresh that came in time', async () => {
    const client = new NativeClient(await fixture.open('content'), 'A')
    expect((await client.get()).status).toBe(200)
    await using gate = await Gate.at(fixture.tandem.databaseUrl, {
      when: 'before',
      event: 'update',
      table: 'coauth_lock',
    })
    const refresh = client.refresh()
    await gate.stopped()
    // It has read the clock and found its lock alive; only now the lock's time passes.
    const stop = await stoppedClock(client.editor.fileId)
    await sweep()
    await sweep()
    await stop()
    await gate.open()
    expect((await refresh).status).toBe(200)
    expect(rowsOf(await client.table()).map((row) => row.CoauthLockId)).toEqual(['A'])
    expect((await client.refresh()).status).toBe(200)
    expect(await expiries(client.editor.fileId)).toEqual([])
  })

  /** Another connection, which no trigger of this test stops, lets the locks of a file expire. */
  async function stoppedClock(fileId: string): Promise<() => Promise<void>> {
    const client = new pg.Client({ connectionString: fixture.tandem.databaseUrl })
    await client.connect()
    await client.query(
      `update coauth_lock set expires_at = clock_timestamp() - interval '1 ms' where file_id = $1`,
      [fileId],
    )
    return () => client.end()
  }

  it('an expiry that both find at one moment is told once', async () => {
    const holder = new pg.Client({ connectionString: fixture.tandem.databaseUrl })
    await holder.connect()
    const held = await heldBy(holder)
    const beside = await dead()
    // Either they pass over what somebody has in hand, or both queue for it.
    await until('both have looked', async () => {
      const waiting = await fixture.sql(
        `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      )
      return waiting.length === 2 || (await isSwept(beside))
    })
    await holder.query('rollback')
    await holder.end()
    await until('it was swept', () => isSwept(held))
    await sweep()
    await sweep()
    expect(await expiries(held)).toHaveLength(1)
  })

  /** @returns a lock that is dead, and that no sweeper had in hand before the holder */
  async function heldBy(holder: pg.Client): Promise<string> {
    for (;;) {
      const id = await dead()
      await holder.query('begin')
      const { rowCount } = await holder.query(
        `select from file_lock where file_id = $1 and kind <> 'none' for no key update`,
        [id],
      )
      if (rowCount === 1) return id
      await holder.query('rollback')
    }
  }

  fixture.leavesNoTokenInTheLog()
})
