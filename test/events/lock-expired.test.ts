import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { execute } from '../kit/postgres.js'
import type { Person } from '../kit/people.js'
import { Tandem } from '../kit/tandem.js'
import { until } from '../reliability/until.js'
import { Watcher } from './watcher.js'

interface Expiry {
  readonly file_id: string
  readonly user_id: string
  readonly detail: { lockKind: string; lockId: string }
}

describe('RELIABILITY-SECURITY.md §3.5: an expiry is an event', () => {
  let one: Tandem
  let others: Tandem[]
  let alice: Person

  beforeAll(async () => {
    const env = { LOCK_TTL_SECONDS: '1', LOCK_GRACE_SECONDS: '0' }
    one = await Tandem.start(inject('postgres'), { env })
    others = [await Tandem.start(inject('postgres'), { env, sharing: one })]
    alice = await one.person('alice')
  })
  afterAll(async () => {
    for (const tandem of [...others, one]) await tandem.stop()
  })

  async function expiries(): Promise<Expiry[]> {
    const { rows } = await execute(
      one.databaseUrl,
      `select file_id, user_id, detail from session_event where kind = 'lock-expired' order by id`,
    )
    return rows as Expiry[]
  }

  it('told once for each lock, however many servers sweep', async () => {
    const watcher = await Watcher.watch(await one.person('root', 'admin'))
    const editors = await Promise.all(
      Array.from({ length: 20 }, async () => one.editor(alice, (await one.sharedFile('x')).id)),
    )
    await Promise.all(editors.map((editor) => editor.lock(`of ${editor.fileId}`)))
    const told = (): typeof watcher.events => watcher.events.filter(({ kind }) => kind === 'lock-expired')
    await until('all are told', () => Promise.resolve(told().length >= 20))
    // A later expiry shows that none of the first is told again.
    const last = await one.editor(alice, (await one.sharedFile('last')).id)
    await last.lock('last')
    await until('the last is told', () =>
      Promise.resolve(told().some(({ fileId }) => fileId === last.fileId)),
    )
    watcher.close()
    expect(told().map(({ fileId, detail }) => [fileId, detail['lockId']])).toEqual([
      ...told()
        .slice(0, 20)
        .map(({ fileId }) => [fileId, `of ${String(fileId)}`]),
      [last.fileId, 'last'],
    ])
    expect(new Set(told().map(({ fileId }) => fileId)).size).toBe(21)
    expect(await expiries()).toHaveLength(21)
  })

  it('told once when the next caller finds it before the sweep, of either kind', async () => {
    const before = (await expiries()).length
    const own = await Tandem.start(inject('postgres'), { sharing: one, env: { LOCK_GRACE_SECONDS: '0' } })
    const editor = await own.editor(alice, (await own.sharedFile('x')).id)
    const batch = await own.sharedFile('batch')
    const body = { reason: 'nightly', ttlSeconds: 60 }
    const taken = await alice.calls('POST', `/files/${batch.id}/exclusive-lock`, body)
    expect(taken.status).toBe(201)
    await editor.lock('dies')
    // Both die and are found in one step, which no sweeper gets in between of.
    const kill = (id: string): Promise<unknown> =>
      execute(
        one.databaseUrl,
        `update file_lock set expires_at = clock_timestamp() - interval '1 s' where file_id = $1`,
        [id],
      )
    await kill(editor.fileId)
    expect((await editor.lock('next')).status).toBe(200)
    await kill(batch.id)
    expect((await (await own.editor(alice, batch.id)).lock('next')).status).toBe(200)
    await until('both are told', async () => (await expiries()).length >= before + 2)
    await own.stop()
    const told = (await expiries()).slice(before)
    expect(told).toEqual([
      { file_id: editor.fileId, user_id: 'alice', detail: { lockKind: 'wopi', lockId: 'dies' } },
      {
        file_id: batch.id,
        user_id: 'alice',
        detail: { lockKind: 'exclusive', lockId: expect.any(String) as string },
      },
    ])
  })
})
