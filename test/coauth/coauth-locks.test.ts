import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import type { Person } from '../kit/people.js'
import { execute } from '../kit/postgres.js'
import { Tandem } from '../kit/tandem.js'
import { NativeClient } from '../wopi/native-client.js'
import { age, expectStatus, statusOf } from './fixture.js'

describe('co-authoring status of native clients (RELIABILITY-SECURITY.md §3.7)', () => {
  let tandem: Tandem
  let root: Person
  beforeAll(async () => {
    tandem = await Tandem.start(inject('postgres'), { env: { COAUTH_PROFILE: 'plus' } })
    root = await tandem.person('root', 'admin')
  })
  afterAll(() => tandem.stop())

  /** alice's client, and bob's, on alice's file; both with their lock. */
  async function together(): Promise<{ fileId: string; alice: NativeClient; bob: NativeClient }> {
    const { id } = await tandem.sharedFile('content', { bob: 'editor' })
    const alice = new NativeClient(await tandem.editor(await tandem.person('alice'), id), 'A')
    const bob = new NativeClient(await tandem.editor(await tandem.person('bob'), id), 'B')
    expectStatus(await alice.get(), 200)
    expectStatus(await bob.get('CoauthExclusive', { 'X-WOPI-CoauthLockExpirationTimeout': '600' }), 200)
    return { fileId: id, alice, bob }
  }

  const editorsOf = async (fileId: string): Promise<string[]> =>
    (await statusOf(tandem, fileId)).editors.map(({ userId }) => userId).sort()

  it('shows every lock, and whoever has one as an editor', async () => {
    const { fileId } = await together()
    const status = await statusOf(tandem, fileId)
    expect(status).toMatchObject({
      state: 'editing',
      editorCount: 2,
      lock: null,
      safeToModify: false,
      reasons: ['2 people are editing'],
    })
    expect(status.coauthLocks).toEqual([
      {
        lockId: 'A',
        type: 'Coauth',
        userId: 'alice',
        displayName: 'alice',
        acquiredAt: expect.any(String) as string,
        expiresAt: expect.any(String) as string,
      },
      expect.objectContaining({ lockId: 'B', type: 'CoauthExclusive', userId: 'bob' }),
    ])
  })

  it('shows nobody any more whose lock was released, and ends with the last one', async () => {
    const { fileId, alice, bob } = await together()
    expectStatus(await alice.unlock(), 200)
    expect(await editorsOf(fileId)).toEqual(['bob'])
    expectStatus(await bob.unlock(), 200)
    expect(await statusOf(tandem, fileId)).toMatchObject({
      state: 'idle',
      coauthLocks: [],
      safeToModify: true,
    })
  })

  it('shows nobody any more whose lock has expired, and everybody else as long as theirs lives', async () => {
    const { fileId } = await together()
    await age(tandem, fileId, 61)
    expect(await editorsOf(fileId)).toEqual(['bob'])
    // Longer than any application is silent: their lock is there, and so are they.
    await execute(
      tandem.databaseUrl,
      `update coauth_lock set expires_at = expires_at + interval '1 day' where lock_id = 'B' and file_id = '${fileId}'`,
    )
    await execute(
      tandem.databaseUrl,
      `update file_lock set coauth_until = coauth_until + interval '1 day' where file_id = '${fileId}'`,
    )
    await age(tandem, fileId, 12 * 3600)
    expect(await editorsOf(fileId)).toEqual(['bob'])
  })

  it('shows somebody whose lock nobody saw them take: the server that did died a moment later', async () => {
    const { fileId } = await together()
    await statusOf(tandem, fileId)
    await execute(
      tandem.databaseUrl,
      `delete from coauth_participant where user_id = 'bob' and session_id in
      (select id from coauth_session where file_id = '${fileId}')`,
    )
    expect(await editorsOf(fileId)).toEqual(['alice', 'bob'])
  })

  it('goes by the holder, whoever refreshes or releases their lock', async () => {
    const { fileId, bob } = await together()
    const asBob = new NativeClient(bob.editor, 'A')
    expectStatus(await asBob.refresh(), 200)
    expect(await editorsOf(fileId)).toEqual(['alice', 'bob'])
    expectStatus(await asBob.unlock(), 200)
    expect(await editorsOf(fileId)).toEqual(['bob'])
  })

  it('names the editors to whoever wants the file alone, with lockKind coauth', async () => {
    const { fileId } = await together()
    const owner = await tandem.person('alice')
    const refused = await owner.calls('POST', `/files/${fileId}/exclusive-lock`, {
      reason: 'backup',
      ttlSeconds: 60,
    })
    expect(refused.status).toBe(409)
    expect(refused.json<Record<string, unknown>>()).toMatchObject({
      lockKind: 'coauth',
      editors: [
        { userId: 'alice', displayName: 'alice' },
        { userId: 'bob', displayName: 'bob' },
      ],
    })
    expect((await owner.calls('DELETE', `/files/${fileId}`)).status).toBe(409)
  })

  it('lists them among the locks, one entry for each file', async () => {
    const { fileId } = await together()
    const listed = async (query: string): Promise<Record<string, unknown>[]> =>
      (await root.calls('GET', `/admin/locks?file=${fileId}${query}`)).json<{
        items: Record<string, unknown>[]
      }>().items
    const [lock] = await listed('')
    expect(lock).toMatchObject({ fileId, kind: 'coauth', lockId: '', holder: null, inGrace: false })
    expect(lock?.['coauthLocks']).toMatchObject([
      { lockId: 'A', type: 'Coauth', holder: 'alice' },
      { lockId: 'B', type: 'CoauthExclusive', holder: 'bob' },
    ])
    expect(await listed('&kind=coauth&holder=bob')).toHaveLength(1)
    expect(await listed('&holder=carol')).toEqual([])
    expect(await listed('&kind=wopi')).toEqual([])
    await age(tandem, fileId, 601)
    expect(await listed('')).toEqual([])
  })

  it('breaks them all at once, audited; unforced only when they are quiet', async () => {
    const { fileId, alice } = await together()
    const path = `/admin/locks/${fileId}`
    const busy = await root.calls('DELETE', path, { reason: 'stuck' })
    expect([busy.status, busy.json<{ lockKind: string }>().lockKind]).toEqual([409, 'coauth'])
    expect((await alice.refresh()).status).toBe(200)
    expect((await root.calls('DELETE', `${path}?force=true`, { reason: 'stuck' })).status).toBe(204)
    expect((await alice.refresh()).status).toBe(409)
    expect((await alice.editor.lock('W')).status).toBe(200)
    const { rows } = await execute(
      tandem.databaseUrl,
      `select detail from audit_event where action = 'lock-broken' and object_id = '${fileId}' order by id`,
    )
    expect(rows).toEqual([
      {
        detail: {
          kind: 'coauth',
          coauthLocks: [
            { lockId: 'A', userId: 'alice' },
            { lockId: 'B', userId: 'bob' },
          ],
          reason: 'stuck',
          forced: true,
        },
      },
    ])
  })

  it('breaks quiet ones without force, and nobody is shown any more', async () => {
    const { fileId } = await together()
    await age(tandem, fileId, 90)
    expect((await root.calls('DELETE', `/admin/locks/${fileId}`, { reason: 'stuck' })).status).toBe(204)
    expect(await editorsOf(fileId)).toEqual([])
  })

  it('ends a session of native clients with all its locks', async () => {
    const { fileId, bob } = await together()
    const { sessionId } = await statusOf(tandem, fileId)
    const ended = await root.calls('POST', `/admin/sessions/${sessionId}/end?force=true`, { reason: 'stuck' })
    expect(ended.status).toBe(204)
    expect((await bob.refresh()).status).toBe(409)
    expect(await statusOf(tandem, fileId)).toMatchObject({ state: 'idle', coauthLocks: [] })
  })

  it('tells each expiry once, and clears it away', async () => {
    const { fileId } = await together()
    await age(tandem, fileId, 61)
    await expect
      .poll(
        async () => {
          const told = await execute(
            tandem.databaseUrl,
            `select user_id, detail from session_event where kind = 'lock-expired' and file_id = '${fileId}' order by id`,
          )
          return told.rows as unknown[]
        },
        { timeout: 25_000, interval: 200 },
      )
      .toEqual([{ user_id: 'alice', detail: { lockKind: 'coauth', lockId: 'A' } }])
  }, 30_000)
})
