import { describe, expect, it } from 'vitest'
import type { Editor, Headers, WopiAnswer } from '../kit/wopi.js'
import { ABSENT, NativeClient, rowsOf, tableVersionOf, type CoauthType } from './native-client.js'
import { useFixture } from './fixture.js'

const ID = 'X-WOPI-CoauthLockId'
const TYPE = 'X-WOPI-CoauthLockType'
const TIMEOUT = 'X-WOPI-CoauthLockExpirationTimeout'
const METADATA = 'X-WOPI-CoauthLockMetadata'

const body = (value: unknown): string => JSON.stringify({ CoauthLockMetadata: value })
const typesOf = (answer: WopiAnswer): Record<string, string> =>
  Object.fromEntries(rowsOf(answer).map((row) => [row.CoauthLockId, row.CoauthLockType]))

describe('coauth locks, with COAUTH_PROFILE=plus (WOPI.md §12)', () => {
  const fixture = useFixture({ COAUTH_PROFILE: 'plus' })

  /** alice's client with the lock `A`, and bob's with `B`, on one file. */
  async function two(): Promise<{ alice: NativeClient; bob: NativeClient; editor: Editor }> {
    const editor = await fixture.open('content')
    const bobs = await fixture.join(editor, { who: 'bob', role: 'editor' })
    return { alice: new NativeClient(editor, 'A'), bob: new NativeClient(bobs, 'B'), editor }
  }

  const age = (editor: Editor, seconds: number): Promise<unknown> =>
    Promise.all([
      fixture.sql(
        `update coauth_lock set expires_at = expires_at - $2::float8 * interval '1 s',
           acquired_at = acquired_at - $2::float8 * interval '1 s' where file_id = $1`,
        [editor.fileId, seconds],
      ),
      fixture.sql(
        `update file_lock set coauth_until = coauth_until - $2::float8 * interval '1 s' where file_id = $1`,
        [editor.fileId, seconds],
      ),
    ])

  describe('§12.1: what may be held together', () => {
    it('§12.1: nothing held: Coauth, CoauthExclusive and a WOPI lock are all granted', async () => {
      for (const type of ['Coauth', 'CoauthExclusive'] as const) {
        const { alice } = await two()
        expect((await alice.get(type)).status).toBe(200)
      }
      expect((await (await fixture.open('content')).lock('W')).status).toBe(200)
    })

    it('§12.1: a WOPI lock: either type is refused, and the WOPI lock is told by §7', async () => {
      const { alice, editor } = await two()
      await editor.lock('W')
      for (const type of ['Coauth', 'CoauthExclusive'] as const) {
        const answer = await alice.get(type)
        expect([answer.status, answer.body.length]).toEqual([409, 0])
        expect(answer.headers['x-wopi-coauthtableversion']).toBeUndefined()
        expect(answer.headers['x-wopi-failurereason']).toMatch(/WOPI lock/)
      }
      expect((await editor.lock('other')).lock).toBe('W')
    })

    it('§12.1: Coauth locks of others: either type is granted beside them', async () => {
      for (const type of ['Coauth', 'CoauthExclusive'] as const) {
        const { alice, bob } = await two()
        await alice.get('Coauth')
        const answer = await bob.get(type)
        expect([answer.status, typesOf(answer)]).toEqual([200, { A: 'Coauth', B: type }])
      }
    })

    it('§12.1: a CoauthExclusive of another: Coauth may coexist, a second exclusive may not', async () => {
      const { alice, bob } = await two()
      await alice.get('CoauthExclusive')
      expect((await bob.get('CoauthExclusive')).status).toBe(409)
      const beside = await bob.get('Coauth')
      expect([beside.status, typesOf(beside)]).toEqual([200, { A: 'CoauthExclusive', B: 'Coauth' }])
      expect((await bob.get('CoauthExclusive')).status).toBe(409)
      expect(typesOf(await bob.table())).toEqual({ A: 'CoauthExclusive', B: 'Coauth' })
    })

    it('§12.1: the same id and type again: metadata and expiry are updated, the time is kept', async () => {
      const { alice, editor } = await two()
      const [first] = rowsOf(await alice.get('Coauth', { [METADATA]: 'one' }))
      await age(editor, 30)
      const [again] = rowsOf(await alice.get('Coauth', { [METADATA]: 'two' }))
      expect(again).toEqual({
        ...first,
        CoauthLockMetadata: 'two',
        CoauthLockTime: (first?.CoauthLockTime ?? 0) - 30_000,
      })
      await age(editor, 40)
      expect((await alice.refresh()).status).toBe(200)
    })

    it.each<[CoauthType, CoauthType]>([
      ['Coauth', 'CoauthExclusive'],
      ['CoauthExclusive', 'Coauth'],
    ])('§12.1: the same id with another type switches from %s to %s', async (from, to) => {
      const { alice } = await two()
      const [before] = rowsOf(await alice.get(from))
      expect(rowsOf(await alice.get(to))).toEqual([{ ...before, CoauthLockType: to }])
    })

    it('§12.1: while any coauth lock is held, no WOPI lock is granted: 409 without X-WOPI-Lock', async () => {
      for (const type of ['Coauth', 'CoauthExclusive'] as const) {
        const { alice, editor } = await two()
        await alice.get(type)
        const answers = [
          await editor.lock('W'),
          await editor.lock('A'),
          await editor.unlockAndRelock('A', 'W'),
          await editor.refreshLock('A'),
          await editor.unlock('A'),
          await editor.getLock(),
          await editor.putFile('other', 'A'),
          await editor.putFile('other'),
          await editor.deleteFile(),
        ]
        expect(answers.map(({ status, lock }) => [status, lock])).toEqual(answers.map(() => [409, undefined]))
        expect((await editor.getFile()).body.toString()).toBe('content')
        expect((await alice.table()).status).toBe(200)
      }
    })

    it('§12.1: an empty file is not filled by PutFile either while a coauth lock is held', async () => {
      const editor = await fixture.open('')
      await new NativeClient(editor, 'A').get()
      expect((await editor.putFile('bytes')).status).toBe(409)
    })

    it('§12.1: a WOPI lock is granted again once the last coauth lock is released or has expired', async () => {
      const { alice, bob, editor } = await two()
      await alice.get()
      await bob.get()
      await alice.unlock()
      expect((await editor.lock('W')).status).toBe(409)
      await age(editor, 60)
      expect((await editor.lock('W')).status).toBe(200)
    })

    it('§12.1: the lock is not tied to the user: another may refresh or release it, its name stays', async () => {
      const { alice, bob } = await two()
      await alice.get()
      const asBob = new NativeClient(bob.editor, 'A')
      expect(rowsOf(await asBob.refresh()).map((row) => row.UserFriendlyName)).toEqual(['alice'])
      expect(rowsOf(await asBob.get()).map((row) => row.UserFriendlyName)).toEqual(['alice'])
      expect((await asBob.unlock()).status).toBe(200)
      expect(rowsOf(await alice.table())).toEqual([])
    })

    it('§12.1: a maintenance lock keeps coauth locks out', async () => {
      const { alice, editor } = await two()
      await (
        await fixture.person('alice')
      ).calls('POST', `/files/${editor.fileId}/exclusive-lock`, { reason: 'backup', ttlSeconds: 60 })
      expect((await alice.get()).status).toBe(409)
    })
  })

  describe('§12.1: the table', () => {
    it('§12.1: has exactly these properties', async () => {
      const { alice } = await two()
      const before = Date.now()
      const answer = await alice.get('Coauth', { [METADATA]: '{"x":1}' })
      expect(answer.headers['content-type']).toBe('application/json')
      const told = answer.json<{ CoauthTable: { CoauthLockTime: number }[] }>()
      expect(told).toEqual({
        CoauthTable: [
          {
            CoauthLockId: 'A',
            CoauthLockMetadata: '{"x":1}',
            CoauthLockType: 'Coauth',
            UserFriendlyName: 'alice',
            CoauthLockTime: expect.any(Number) as number,
          },
        ],
      })
      const at = told.CoauthTable[0]?.CoauthLockTime ?? 0
      expect(Number.isInteger(at) && Math.abs(at - before) < 60_000).toBe(true)
    })

    it('§12.1: is [] with a version when nobody has a lock', async () => {
      const { alice } = await two()
      const answer = await alice.table()
      expect(answer.json()).toEqual({ CoauthTable: [] })
      expect(tableVersionOf(answer)).not.toBe('')
    })

    it('§12.1: its version changes with every visible change, and with nothing else', async () => {
      const { alice, bob, editor } = await two()
      const versions: string[] = [tableVersionOf(await alice.table())]
      const changes = async (call: Promise<WopiAnswer>): Promise<void> => {
        expect((await call).status).toBe(200)
        const version = tableVersionOf(await alice.table())
        expect(versions).not.toContain(version)
        versions.push(version)
      }
      const changesNot = async (call: Promise<WopiAnswer>): Promise<void> => {
        await call
        expect(tableVersionOf(await alice.table())).toBe(versions.at(-1))
      }
      await changes(alice.get())
      await changesNot(alice.refresh())
      await changesNot(alice.refresh({ [METADATA]: '' }))
      await changesNot(alice.get())
      await changes(alice.refresh({ [METADATA]: 'new' }))
      await changesNot(alice.refresh({ [METADATA]: 'new' }))
      await changes(bob.get('CoauthExclusive'))
      await changesNot(alice.get('CoauthExclusive'))
      await changes(bob.get('Coauth'))
      await changes(bob.unlock())
      await changes(bob.get('Coauth', { [TIMEOUT]: '3600' }))
      await age(editor, 61)
      await changes(alice.table())
      await changes(alice.get('Coauth', { [METADATA]: 'new' }))
    })
  })

  describe('§12.2: metadata, by header or body', () => {
    const rows: [string, 'get' | 'refresh', string | undefined, string | undefined, string][] = [
      ['GetCoauthLock, body text, no header', 'get', body('text'), undefined, 'text'],
      ['GetCoauthLock, body text, header text', 'get', body('text'), 'header', 'text'],
      ['GetCoauthLock, body "", header text', 'get', body(''), 'header', ''],
      ['GetCoauthLock, no body, header text', 'get', undefined, 'header', 'header'],
      ['GetCoauthLock, no body, header ""', 'get', undefined, '', ''],
      ['GetCoauthLock, no body, no header', 'get', undefined, undefined, ''],
      ['GetCoauthLock, a body without the property, header text', 'get', '{}', 'header', 'header'],
      ['RefreshCoauthLock, body text, header text', 'refresh', body('text'), 'header', 'text'],
      ['RefreshCoauthLock, body "", header text', 'refresh', body(''), 'header', 'before'],
      ['RefreshCoauthLock, body null, header text', 'refresh', body(null), 'header', 'before'],
      ['RefreshCoauthLock, no body, header text', 'refresh', undefined, 'header', 'header'],
      ['RefreshCoauthLock, no body, header ""', 'refresh', undefined, '', 'before'],
      ['RefreshCoauthLock, no body, no header', 'refresh', undefined, undefined, 'before'],
    ]
    it.each(rows)('§12.2: %s', async (_title, operation, sent, inHeader, metadata) => {
      const { alice } = await two()
      await alice.get('Coauth', { [METADATA]: 'before' })
      const headers: Headers = inHeader === undefined ? {} : { [METADATA]: inHeader }
      const answer =
        operation === 'get' ? await alice.get('Coauth', headers, sent) : await alice.refresh(headers, sent)
      expect(answer.status).toBe(200)
      expect(rowsOf(answer).map((row) => row.CoauthLockMetadata)).toEqual([metadata])
    })

    it('§12.2: up to 4 KB, whatever its characters, by the body', async () => {
      const { alice } = await two()
      for (const text of ['"Größe" 😀 \n\t', 'x'.repeat(4096), 'ü'.repeat(2048)]) {
        const answer = await alice.get('Coauth', {}, body(text))
        expect(rowsOf(answer).map((row) => row.CoauthLockMetadata)).toEqual([text])
      }
    })

    it.each([
      ['4097 bytes in the body', {}, body('x'.repeat(4097))],
      ['4097 bytes of fewer characters', {}, body(`${'ü'.repeat(2048)}x`)],
      ['100 KB in the body', {}, body('x'.repeat(100_000))],
      ['4097 bytes in the header', { [METADATA]: 'x'.repeat(4097) }, undefined],
      ['a body that is not JSON', {}, '{"CoauthLockMetadata": '],
      ['a number', {}, body(7)],
      ['a zero character', {}, body('\0')],
      ['half a character', {}, '{"CoauthLockMetadata":"\\ud800"}'],
    ])('§12.2: 400 for %s', async (_title, headers: Headers, sent) => {
      const { alice } = await two()
      await alice.get()
      expect((await alice.get('Coauth', headers, sent)).status).toBe(400)
      expect((await alice.refresh(headers, sent)).status).toBe(400)
      expect(rowsOf(await alice.table()).map((row) => row.CoauthLockMetadata)).toEqual([''])
    })
  })

  describe('§12.3: GetCoauthLock', () => {
    it('takes no more than 500 coauth locks of one file: every answer names them all', async () => {
      const { alice } = await two()
      expect((await alice.get()).status).toBe(200)
      await fixture.sql(
        `insert into coauth_lock
         select file_id, lock_id || n, type, metadata, name, user_id, token_id, acquired_at, refreshed_at, expires_at
         from coauth_lock, generate_series(1, 499) n where file_id = $1`,
        [alice.editor.fileId],
      )
      const full = await new NativeClient(alice.editor, 'one too many').get()
      expect(full.status).toBe(409)
      expect(full.headers['x-wopi-failurereason']).toContain('500 coauth locks')
      expect((await alice.get()).status).toBe(200)
    })

    it.each<[string, Headers]>([
      ['no id', { [ID]: ABSENT }],
      ['an empty id', { [ID]: '' }],
      ['an id of 1025 characters', { [ID]: 'x'.repeat(1025) }],
      ['no type', { [TYPE]: ABSENT }],
      ['an empty type', { [TYPE]: '' }],
      ['the type None', { [TYPE]: 'None' }],
      ['an unknown type', { [TYPE]: 'Shared' }],
      ['no timeout', { [TIMEOUT]: ABSENT }],
      ['an empty timeout', { [TIMEOUT]: '' }],
      ['a timeout of 59', { [TIMEOUT]: '59' }],
      ['a timeout of 3601', { [TIMEOUT]: '3601' }],
      ['a timeout of 60.5', { [TIMEOUT]: '60.5' }],
      ['a timeout of -60', { [TIMEOUT]: '-60' }],
    ])('§12.3: 400 for %s, before the locks are looked at', async (_title, headers) => {
      const { alice, editor } = await two()
      await editor.lock('W')
      const answer = await alice.get('Coauth', headers)
      expect([answer.status, answer.body.length]).toEqual([400, 0])
      expect(answer.headers['x-wopi-failurereason']).toBeTruthy()
      expect(answer.headers['x-wopi-coauthtableversion']).toBeUndefined()
    })

    it('§12.3: takes an id of 1024 characters, and timeouts of 60 and 3600', async () => {
      const { alice } = await two()
      const id = `{"S":"${'x'.repeat(1016)}"}`
      expect(id).toHaveLength(1024)
      for (const timeout of ['60', '3600']) {
        const answer = await alice.get('Coauth', { [ID]: id, [TIMEOUT]: timeout })
        expect([answer.status, rowsOf(answer)[0]?.CoauthLockId]).toEqual([200, id])
      }
    })

    it('§12.3: 404 without the right to edit, whatever the headers', async () => {
      const { editor } = await two()
      const reader = await fixture.join(editor, { who: 'carol', role: 'viewer', mode: 'view' })
      const client = new NativeClient(reader, 'C')
      const answers = [
        await client.get(),
        await client.get('Coauth', { [TIMEOUT]: '1' }),
        await client.refresh(),
        await client.unlock(),
      ]
      expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404])
    })

    it('§12.3: 404 for a file that is gone', async () => {
      const { alice, editor } = await two()
      await editor.deleteFile()
      const answers = [await alice.get(), await alice.refresh(), await alice.unlock(), await alice.table()]
      expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404])
    })

    it('§12.3: 401 for a token that is none', async () => {
      const { editor } = await two()
      const stranger = new NativeClient(Object.assign(Object.create(editor) as Editor, { token: 'x' }), 'A')
      expect([(await stranger.get()).status, (await stranger.table()).status]).toEqual([401, 401])
    })

    it('§12.3: names the holder of a WOPI lock only if they agreed', async () => {
      const { alice, bob, editor } = await two()
      await editor.lock('W')
      expect((await bob.get()).headers['x-wopi-conflictinglockusername']).toBeUndefined()
      await editor.lock('W', { 'X-WOPI-LockUserVisible': 'True' })
      expect((await bob.get()).headers['x-wopi-conflictinglockusername']).toBe('alice')
      await editor.refreshLock('W')
      expect((await alice.get()).headers['x-wopi-conflictinglockusername']).toBeUndefined()
    })
  })

  describe('§12.4: RefreshCoauthLock', () => {
    it('§12.4: moves the expiry to now + timeout, and answers version and table', async () => {
      const { alice, editor } = await two()
      await alice.get()
      await age(editor, 59)
      const answer = await alice.refresh({ [TIMEOUT]: '120' })
      expect([answer.status, typesOf(answer)]).toEqual([200, { A: 'Coauth' }])
      expect(tableVersionOf(answer)).toBe(tableVersionOf(await alice.table()))
      await age(editor, 119)
      expect((await alice.refresh()).status).toBe(200)
    })

    it.each<[string, Headers]>([
      ['no id', { [ID]: ABSENT }],
      ['an id of 1025 characters', { [ID]: 'x'.repeat(1025) }],
      ['no timeout', { [TIMEOUT]: ABSENT }],
      ['a timeout of 59', { [TIMEOUT]: '59' }],
      ['a timeout of 3601', { [TIMEOUT]: '3601' }],
    ])('§12.4: 400 for %s, before the lock is looked at', async (_title, headers) => {
      const { alice } = await two()
      expect((await alice.refresh(headers)).status).toBe(400)
    })

    it('§12.4: 409 for an id that has no lock', async () => {
      const { alice, bob } = await two()
      await bob.get()
      expect((await alice.refresh()).status).toBe(409)
      expect(typesOf(await alice.table())).toEqual({ B: 'Coauth' })
    })
  })

  describe('§12.5: UnlockCoauthLock', () => {
    it('§12.5: removes the one lock, with an empty answer', async () => {
      const { alice, bob } = await two()
      await alice.get()
      await bob.get()
      const answer = await alice.unlock()
      expect([answer.status, answer.body.length]).toEqual([200, 0])
      expect(typesOf(await alice.table())).toEqual({ B: 'Coauth' })
    })

    it('§12.5: 400 without an id, or with one of 1025 characters', async () => {
      const { alice } = await two()
      expect((await alice.unlock({ [ID]: ABSENT })).status).toBe(400)
      expect((await alice.unlock({ [ID]: 'x'.repeat(1025) })).status).toBe(400)
    })

    it('§12.5: 409 for an id that has no lock, or had one', async () => {
      const { alice } = await two()
      expect((await alice.unlock()).status).toBe(409)
      await alice.get()
      await alice.unlock()
      expect((await alice.unlock()).status).toBe(409)
    })

    it('§12.5: works when the right to edit is gone: a lock must not outlive its client', async () => {
      const { alice, bob } = await two()
      await bob.get()
      await (
        await fixture.person('alice')
      ).calls('PUT', `/files/${bob.editor.fileId}/grants/user:bob`, {
        role: 'viewer',
      })
      expect((await bob.refresh()).status).toBe(404)
      expect((await bob.unlock()).status).toBe(200)
      expect(rowsOf(await alice.table())).toEqual([])
    })
  })

  describe('§12.6: GetCoauthTable', () => {
    it('§12.6: zero bytes and the same version when the table is the one that the client has', async () => {
      const { alice, bob } = await two()
      const version = tableVersionOf(await alice.get())
      const same = await bob.table(version)
      expect([same.status, same.body.length, tableVersionOf(same)]).toEqual([200, 0, version])
      expect(same.headers['content-length']).toBe('0')
    })

    it('§12.6: the full table for another version, an empty one, or none', async () => {
      const { alice } = await two()
      await alice.get()
      for (const known of ['other', '', undefined]) {
        expect(typesOf(await alice.table(known))).toEqual({ A: 'Coauth' })
      }
    })

    it('§12.6: for whoever may read', async () => {
      const { alice, editor } = await two()
      await alice.get()
      const reader = await fixture.join(editor, { who: 'carol', role: 'viewer', mode: 'view' })
      expect(typesOf(await new NativeClient(reader, 'C').table())).toEqual({ A: 'Coauth' })
    })

    it('§12.6, §20 #11: 200 while a WOPI lock or a maintenance lock is held', async () => {
      const { alice, editor } = await two()
      await editor.lock('W')
      expect((await alice.table()).json()).toEqual({ CoauthTable: [] })
    })

    it('§12.6: a lock is gone when its time is over, to the millisecond and without grace', async () => {
      const { alice, editor } = await two()
      const version = tableVersionOf(await alice.get())
      await age(editor, 60)
      const table = await alice.table(version)
      expect(rowsOf(table)).toEqual([])
      expect(tableVersionOf(table)).not.toBe(version)
      expect((await alice.refresh()).status).toBe(409)
      expect((await alice.unlock()).status).toBe(409)
    })
  })
})
