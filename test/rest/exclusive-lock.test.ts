import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import type { Person, RestAnswer } from '../kit/people.js'
import { execute } from '../kit/postgres.js'
import { Tandem } from '../kit/tandem.js'
import { expectProblem } from './problem.js'

describe('REST: exclusive lock', () => {
  let tandem: Tandem
  let alice: Person
  let bob: Person

  beforeAll(async () => {
    tandem = await Tandem.start(inject('postgres'))
    alice = await tandem.person('alice')
    bob = await tandem.person('bob')
  })
  afterAll(() => tandem.stop())

  const takes = (
    person: Person,
    id: string,
    body: unknown = { reason: 'nightly batch', ttlSeconds: 60 },
  ): Promise<RestAnswer> => person.calls('POST', `/files/${id}/exclusive-lock`, body)
  const releases = (person: Person, id: string): Promise<RestAnswer> =>
    person.calls('DELETE', `/files/${id}/exclusive-lock`)

  it('keeps editors out: every lock call is 409 with an empty X-WOPI-Lock, and a save is kept', async () => {
    const { id } = await tandem.sharedFile('content', { bob: 'editor' })
    const editor = await tandem.editor(bob, id)
    const taken = await takes(alice, id)
    expect(taken.status).toBe(201)
    expect(taken.json<object>()).toEqual({
      fileId: id,
      holder: 'alice',
      reason: 'nightly batch',
      ttlSeconds: 60,
      version: '1',
    })
    for (const answer of [
      await editor.lock('session'),
      await editor.refreshLock('session'),
      await editor.unlock('session'),
      await editor.unlockAndRelock('session', 'next'),
      await editor.getLock(),
      await editor.putFile('from the editor', 'session'),
      await editor.renameFile('Renamed'),
    ]) {
      expect([answer.status, answer.lock]).toEqual([409, ''])
    }
    expect((await editor.checkFileInfo()).status).toBe(200)
    expect((await editor.getFile()).body.toString()).toBe('content')
    expect(await alice.recoveryItems(id)).toMatchObject([{ reason: 'lock-mismatch', userId: 'bob' }])
    expect((await releases(alice, id)).status).toBe(204)
    expect((await editor.lock('session')).status).toBe(200)
  })

  it('is 409 while somebody edits, and while it is held already; both say by what', async () => {
    const { id } = await tandem.sharedFile('content', { bob: 'editor' })
    const editor = await tandem.editor(bob, id)
    await editor.lock('session')
    expect(expectProblem(await takes(alice, id), 409, 'being-edited')['lockKind']).toBe('wopi')
    expectProblem(await releases(alice, id), 404, 'not-found')
    expect((await editor.getLock()).lock).toBe('session')
    await editor.unlock('session')
    expect((await takes(alice, id)).status).toBe(201)
    const again = expectProblem(await takes(alice, id), 409, 'being-edited')
    expect(again).toMatchObject({ lockKind: 'exclusive', holder: 'alice', reason: 'nightly batch' })
    const upload = await alice.calls('PUT', `/files/${id}/content`, 'x', { 'if-match': '"1"' })
    expect(expectProblem(upload, 409, 'being-edited')['lockKind']).toBe('exclusive')
  })

  it('lets exactly one of 20 takers win, and no editor beside them', async () => {
    const { id } = await tandem.sharedFile('content', { bob: 'editor' })
    const editor = await tandem.editor(bob, id)
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, i) => (i % 2 ? takes(alice, id) : editor.lock(`session-${i}`))),
    )
    expect(answers.filter(({ status }) => status < 300)).toHaveLength(1)
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(39)
  })

  it('ends by itself, without grace', async () => {
    const { id } = await tandem.sharedFile('content', { bob: 'editor' })
    const editor = await tandem.editor(bob, id)
    await takes(alice, id)
    const { rows } = await execute(
      tandem.databaseUrl,
      'select extract(epoch from expires_at - taken_at)::int as ttl from file_lock where file_id = $1',
      [id],
    )
    expect(rows).toEqual([{ ttl: 60 }])
    expect((await editor.lock('session')).status).toBe(409)
    await execute(
      tandem.databaseUrl,
      'update file_lock set expires_at = clock_timestamp() where file_id = $1',
      [id],
    )
    expect((await editor.lock('session')).status).toBe(200)
  })

  it('is for owners and admins only', async () => {
    const { id } = await tandem.sharedFile('content', { bob: 'editor', carol: 'owner' })
    for (const call of [takes, releases]) {
      expectProblem(await call(bob, id), 403, 'not-allowed')
      expectProblem(await call(await tandem.person('mallory'), id), 404, 'not-found')
      expectProblem(await call(alice, 'f'.repeat(32)), 404, 'not-found')
    }
    const carol = await tandem.person('carol')
    const admin = await tandem.person('root', 'admin')
    expect((await takes(carol, id)).status).toBe(201)
    expect((await releases(admin, id)).status).toBe(204)
    expectProblem(await releases(carol, id), 404, 'not-found')
  })

  it('refuses reasons, times and fields that are none', async () => {
    const { id } = await tandem.sharedFile('content')
    const bodies: unknown[] = [
      {},
      { reason: 'x' },
      { ttlSeconds: 60 },
      { reason: ' ', ttlSeconds: 60 },
      { reason: 'a\u0000b', ttlSeconds: 60 },
      { reason: 'a\nb', ttlSeconds: 60 },
      { reason: 'x'.repeat(201), ttlSeconds: 60 },
      ...[0, -1, 1.5, 86_401, 1e20, '60', null].map((ttlSeconds) => ({ reason: 'x', ttlSeconds })),
      { reason: 'x', ttlSeconds: 60, holder: 'bob' },
    ]
    for (const body of bodies) expectProblem(await takes(alice, id, body), 400, 'invalid-request')
    expectProblem(await releases(alice, id), 404, 'not-found')
  })
})
