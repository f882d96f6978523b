import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import type { Person, RestAnswer } from '../kit/people.js'
import { execute } from '../kit/postgres.js'
import { Tandem } from '../kit/tandem.js'
import type { Editor } from '../kit/wopi.js'
import { expectProblem } from './problem.js'

interface LockView {
  readonly fileId: string
  readonly fileName: string
  readonly kind: string
  readonly lockId: string
  readonly holder: string
  readonly inGrace: boolean
}

interface Page {
  readonly items: readonly LockView[]
  readonly nextCursor: string | null
}

describe('REST: locks, for administrators', () => {
  let tandem: Tandem
  let alice: Person
  let bob: Person
  let root: Person

  beforeAll(async () => {
    tandem = await Tandem.start(inject('postgres'), { env: { LOCK_GRACE_SECONDS: '60' } })
    alice = await tandem.person('alice')
    bob = await tandem.person('bob')
    root = await tandem.person('root', 'admin')
  })
  afterAll(() => tandem.stop())

  /** bob holds the lock `session` on alice's file. */
  async function locked(): Promise<{ id: string; editor: Editor; name: string; containerId: string }> {
    const file = await tandem.sharedFile('content', { bob: 'editor' })
    const editor = await tandem.editor(bob, file.id)
    expect((await editor.lock('session')).status).toBe(200)
    return { ...file, editor }
  }

  const age = (id: string, column: 'refreshed_at' | 'expires_at', by: string): Promise<unknown> =>
    execute(
      tandem.databaseUrl,
      `update file_lock set ${column} = clock_timestamp() - $2::interval where file_id = $1`,
      [id, by],
    )
  const oldContent = (id: string): Promise<unknown> =>
    execute(tandem.databaseUrl, `update file set modified_at = now() - interval '1 hour' where id = $1`, [id])

  /** Nobody has refreshed or saved for an hour. */
  async function abandoned(): Promise<{ id: string; editor: Editor; name: string }> {
    const file = await locked()
    await age(file.id, 'refreshed_at', '1 hour')
    await oldContent(file.id)
    return file
  }

  const list = async (query = ''): Promise<Page> =>
    (await root.calls('GET', `/admin/locks${query}`)).json<Page>()
  const breaks = (id: string, query = '', body: unknown = { reason: 'ghost' }): Promise<RestAnswer> =>
    root.calls('DELETE', `/admin/locks/${id}${query}`, body)

  it('shows a lock with everything there is to know about it', async () => {
    const { id, name, containerId } = await locked()
    const expected = {
      fileId: id,
      fileName: name,
      containerId,
      kind: 'wopi',
      lockId: 'session',
      holder: 'bob',
      reason: null,
      takenAt: expect.stringMatching(/^\d{4}-.*Z$/) as string,
      refreshedAt: expect.stringMatching(/^\d{4}-.*Z$/) as string,
      expiresAt: expect.stringMatching(/^\d{4}-.*Z$/) as string,
      inGrace: false,
      epoch: '1',
      version: '1',
      coauthLocks: [],
    }
    expect((await root.calls('GET', `/admin/locks/${id}`)).json<object>()).toEqual(expected)
    expect(await list(`?file=${id}`)).toEqual({ items: [expected], nextCursor: null })
  })

  it('filters by kind, holder, file and container, the containers below it included', async () => {
    const { id, containerId } = await locked()
    const folder = (await alice.calls('POST', '/containers?name=Locks')).json<{ id: string }>().id
    const inFolder = await alice.createsFile('Nightly.docx', 'content', folder)
    const taken = { reason: 'nightly', ttlSeconds: 60 }
    expect((await alice.calls('POST', `/files/${inFolder.id}/exclusive-lock`, taken)).status).toBe(201)
    const ids = async (query: string): Promise<string[]> => (await list(query)).items.map((l) => l.fileId)
    expect(await ids(`?kind=exclusive`)).toEqual([inFolder.id])
    expect(await ids(`?kind=wopi`)).toContain(id)
    expect(await ids(`?kind=wopi`)).not.toContain(inFolder.id)
    expect(await ids(`?holder=alice`)).toEqual([inFolder.id])
    expect(await ids(`?container=${folder}`)).toEqual([inFolder.id])
    expect(await ids(`?container=${containerId}`)).toEqual(expect.arrayContaining([id, inFolder.id]))
    expect(await ids(`?container=${folder}&holder=bob`)).toEqual([])
    const [exclusive] = (await list(`?file=${inFolder.id}`)).items
    expect(exclusive).toMatchObject({ kind: 'exclusive', holder: 'alice', reason: 'nightly' })
  })

  it('judges expiry by the database’s clock: in grace it says so, past it there is no lock', async () => {
    const { id } = await locked()
    await age(id, 'expires_at', '1 second')
    expect((await root.calls('GET', `/admin/locks/${id}`)).json<LockView>().inGrace).toBe(true)
    await execute(
      tandem.databaseUrl,
      `update file_lock set expires_at = clock_timestamp() - interval '61 s' where file_id = $1`,
      [id],
    )
    expectProblem(await root.calls('GET', `/admin/locks/${id}`), 404, 'not-found')
    expect((await list(`?file=${id}`)).items).toEqual([])
    expectProblem(await breaks(id, '?force=true'), 404, 'not-found')
  })

  it('pages without skipping or repeating a lock while others come and go', async () => {
    const lasting = await Promise.all(Array.from({ length: 7 }, locked))
    const seen: string[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const page: Page = await list(`?limit=2&holder=bob${cursor === '' ? '' : `&cursor=${cursor}`}`)
      seen.push(...page.items.map(({ fileId }) => fileId))
      cursor = page.nextCursor
      const passing = await locked()
      await passing.editor.unlock('session')
      await locked()
    }
    expect(new Set(seen).size).toBe(seen.length)
    expect(seen).toEqual(expect.arrayContaining(lasting.map(({ id }) => id)))
  })

  it('breaks an abandoned lock: the next editor gets the file, the old one’s save is refused and kept', async () => {
    const { id, editor } = await abandoned()
    const answer = await root.calls(
      'DELETE',
      `/admin/locks/${id}`,
      { reason: 'ghost' },
      { 'x-request-id': `b-${id}` },
    )
    expect([answer.status, answer.body.length]).toEqual([204, 0])
    expectProblem(await root.calls('GET', `/admin/locks/${id}`), 404, 'not-found')
    expect((await (await tandem.editor(alice, id)).lock('next')).status).toBe(200)
    const late = await editor.putFile('unsaved work', 'session')
    expect([late.status, late.lock]).toEqual([409, 'next'])
    expect(await alice.recoveryItems(id)).toMatchObject([{ reason: 'lock-mismatch', userId: 'bob' }])
    const detail = { kind: 'wopi', lockId: 'session', reason: 'ghost', forced: false }
    const audit = await execute(
      tandem.databaseUrl,
      `select actor, outcome, correlation_id, detail from audit_event where object_id = $1 and action = 'lock-broken' order by id`,
      [id],
    )
    expect(audit.rows).toEqual([{ actor: 'root', outcome: 'done', correlation_id: `b-${id}`, detail }])
    const events = await execute(
      tandem.databaseUrl,
      `select detail from session_event where file_id = $1 and kind = 'lock-broken' order by id`,
      [id],
    )
    expect(events.rows).toEqual([{ detail: { ...detail, by: 'root', correlationId: `b-${id}` } }])
  })

  it('RELIABILITY-SECURITY.md §3.5: is refused while the lock was refreshed or the file saved a minute ago, unless forced', async () => {
    const { id, editor } = await locked()
    await oldContent(id)
    const refused = expectProblem(await breaks(id), 409, 'being-edited')
    expect(refused).toMatchObject({ lockKind: 'wopi', quietSeconds: 60 })
    await age(id, 'refreshed_at', '59 seconds')
    expectProblem(await breaks(id), 409, 'being-edited')
    await age(id, 'refreshed_at', '61 seconds')
    expect((await editor.putFile('a save', 'session')).status).toBe(200)
    expectProblem(await breaks(id), 409, 'being-edited')
    expectProblem(await breaks(id, '?force=false'), 409, 'being-edited')
    expect((await editor.getLock()).lock).toBe('session')
    expect((await breaks(id, '?force=true')).status).toBe(204)
    expect((await editor.getLock()).lock).toBe('')
    const { rows } = await execute(
      tandem.databaseUrl,
      `select detail->>'forced' as forced from audit_event where object_id = $1 and action = 'lock-broken' order by id`,
      [id],
    )
    expect(rows).toEqual([{ forced: 'true' }])
    await editor.lock('again')
    await age(id, 'refreshed_at', '61 seconds')
    await execute(
      tandem.databaseUrl,
      `update file set modified_at = clock_timestamp() - interval '61 s' where id = $1`,
      [id],
    )
    expect((await breaks(id)).status).toBe(204)
  })

  it('breaks exclusive locks by the same rule', async () => {
    const { id } = await tandem.sharedFile('content')
    await alice.calls('POST', `/files/${id}/exclusive-lock`, { reason: 'nightly', ttlSeconds: 600 })
    expect(expectProblem(await breaks(id), 409, 'being-edited')['lockKind']).toBe('exclusive')
    expect((await breaks(id, '?force=true')).status).toBe(204)
    expect((await alice.calls('DELETE', `/files/${id}`)).status).toBe(204)
  })

  it('lets one of ten win, and never breaks a lock that was refreshed meanwhile', async () => {
    const { id, editor } = await abandoned()
    const [refreshed, ...broken] = await Promise.all([
      editor.refreshLock('session'),
      ...Array.from({ length: 10 }, () => breaks(id)),
    ])
    const wins = broken.filter(({ status }) => status === 204).length
    expect([wins, refreshed.status]).toEqual(refreshed.status === 200 ? [0, 200] : [1, 409])
    for (const { status } of broken) expect([204, 404, 409]).toContain(status)
  })

  it('answers 404 for files that are unlocked, deleted, or none', async () => {
    const { id } = await tandem.sharedFile('content')
    expectProblem(await breaks(id), 404, 'not-found')
    await alice.calls('DELETE', `/files/${id}`)
    for (const none of [id, 'f'.repeat(32), '%00', 'x'.repeat(3000)]) {
      expectProblem(await root.calls('GET', `/admin/locks/${none}`), 404, 'not-found')
      expectProblem(await breaks(none, '?force=true'), 404, 'not-found')
    }
  })

  it('A-10: takes no break without a reason, no unknown field, no unknown parameter', async () => {
    const { id } = await abandoned()
    const bodies = [
      undefined,
      {},
      { reason: ' ' },
      { reason: 'a\nb' },
      { reason: 'x'.repeat(201) },
      { reason: 'x', actor: 'alice' },
      { reason: 'x', force: true },
    ]
    for (const body of bodies)
      expectProblem(await root.calls('DELETE', `/admin/locks/${id}`, body), 400, 'invalid-request')
    for (const query of ['?force=yes', '?force=', '?force=true&force=true', '?forced=true']) {
      expectProblem(await breaks(id, query), 400, 'invalid-request')
    }
    expect((await list(`?file=${id}`)).items).toHaveLength(1)
  })
})
