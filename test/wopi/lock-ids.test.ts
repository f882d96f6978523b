import { describe, expect, it } from 'vitest'
import { exchange, post } from './raw-http.js'
import { useFixture } from './fixture.js'

describe('lock ids', () => {
  const fixture = useFixture()

  it.each([
    ['one character', 'A'],
    ['1024 characters', 'x'.repeat(1024)],
    ['JSON with quotes, braces and commas', '{"S":"a,b","F":4,"E":{"M":[1, 2]}}'],
    ['an escaped quote', '{"P":"\\"\\\\"}'],
    ['what looks like two joined headers', 'one, two'],
    ['an inner run of blanks', 'a    b'],
    ['every printable ASCII character', String.fromCharCode(...Array.from({ length: 94 }, (_, i) => 33 + i))],
    ['percent escapes', '%41%2C%00'],
    ['UTF-7', '+AF8-'],
    ['SQL', `'; drop table file_lock; --`],
  ])('H-02: %s come back byte for byte', async (_title, id) => {
    const editor = await fixture.open('bytes')
    expect((await editor.lock(id)).status).toBe(200)
    expect((await editor.getLock()).lock).toBe(id)
    expect(await editor.lock(`${id}~`.slice(-1024))).toMatchObject({ status: 409, lock: id })
    expect(await editor.unlock(`${id.slice(1)}#`)).toMatchObject({ status: 409, lock: id })
    expect((await editor.putFile('saved', id)).status).toBe(200)
    expect((await editor.unlockAndRelock(id, 'B')).status).toBe(200)
    expect((await editor.unlockAndRelock('B', id)).status).toBe(200)
    expect((await editor.unlock(id)).status).toBe(200)
  })

  it('H-02: ids that differ in case only are two ids', async () => {
    const editor = await fixture.open('bytes')
    await editor.lock('Session')
    expect(await editor.lock('session')).toMatchObject({ status: 409, lock: 'Session' })
  })

  it.each([
    ['1025 characters', 'x'.repeat(1025)],
    ['a byte that is not ASCII', 'caf\u00e9'],
    ['a tab', 'a\tb'],
    ['a DEL', 'a\u007fb'],
  ])('H-02: %s are answered 400, with a reason, and lock nothing', async (_title, id) => {
    const editor = await fixture.open('bytes')
    const answer = await exchange(
      fixture.tandem,
      post(editor, ['X-WOPI-Override: LOCK', `X-WOPI-Lock: ${id}`, 'Content-Length: 0']),
    )
    expect(answer.status).toBe(400)
    expect(answer.body).toBe('')
    expect((await editor.getLock()).lock).toBe('')
  })

  it('H-02: a NUL is refused with 400', async () => {
    const editor = await fixture.open('bytes')
    const lines = ['X-WOPI-Override: LOCK', 'X-WOPI-Lock: a\u0000b', 'Content-Length: 0']
    expect((await exchange(fixture.tandem, post(editor, lines))).status).toBe(400)
    expect((await editor.getLock()).lock).toBe('')
  })

  it('H-02: blanks around an id belong to HTTP, not to the id', async () => {
    const editor = await fixture.open('bytes')
    const lines = ['X-WOPI-Override: LOCK', 'X-WOPI-Lock: \t A B  ', 'Content-Length: 0']
    expect((await exchange(fixture.tandem, post(editor, lines))).status).toBe(200)
    expect((await editor.getLock()).lock).toBe('A B')
  })

  describe('WOPI.md §7.1: a required id that is absent or empty is answered 400', () => {
    const missing: [string, Record<string, string>][] = [
      ['LOCK', {}],
      ['LOCK', { 'X-WOPI-Lock': '' }],
      ['LOCK', { 'X-WOPI-OldLock': 'A' }],
      ['LOCK', { 'X-WOPI-OldLock': 'A', 'X-WOPI-Lock': '' }],
      ['REFRESH_LOCK', {}],
      ['REFRESH_LOCK', { 'X-WOPI-Lock': '' }],
      ['UNLOCK', {}],
      ['UNLOCK', { 'X-WOPI-Lock': '' }],
    ]
    it.each(missing)('%s with %j', async (override, headers) => {
      const editor = await fixture.open('bytes')
      await editor.lock('A')
      const answer = await editor.operation(override, headers)
      expect(answer.status).toBe(400)
      expect(answer.body).toHaveLength(0)
      expect(answer.headers['x-wopi-servererror']).toBe('X-WOPI-Lock is required')
      expect((await editor.getLock()).lock).toBe('A')
    })
  })

  it('WOPI.md §2.1: an empty X-WOPI-OldLock counts as absent: the call is a plain Lock', async () => {
    const editor = await fixture.open('bytes')
    expect((await editor.lock('A', { 'X-WOPI-OldLock': '' })).status).toBe(200)
    expect((await editor.getLock()).lock).toBe('A')
  })

  describe('H-01: a lock header that is sent twice is answered 400 and changes nothing', () => {
    const twice: [string, string[]][] = [
      ['Lock', ['X-WOPI-Override: LOCK', 'X-WOPI-Lock: one', 'X-WOPI-Lock: two']],
      ['Lock, twice the same', ['X-WOPI-Override: LOCK', 'X-WOPI-Lock: A', 'x-wopi-lock: A']],
      ['Lock, once empty', ['X-WOPI-Override: LOCK', 'X-WOPI-Lock: ', 'X-WOPI-Lock: one']],
      ['RefreshLock', ['X-WOPI-Override: REFRESH_LOCK', 'X-WOPI-Lock: A', 'X-WOPI-Lock: A']],
      ['Unlock', ['X-WOPI-Override: UNLOCK', 'X-WOPI-Lock: A', 'X-WOPI-Lock: A']],
      [
        'UnlockAndRelock',
        ['X-WOPI-Override: LOCK', 'X-WOPI-Lock: B', 'X-WOPI-OldLock: A', 'X-WOPI-OldLock: A'],
      ],
    ]
    it.each(twice)('%s', async (_title, lines) => {
      const editor = await fixture.open('bytes')
      await editor.lock('A')
      const answer = await exchange(fixture.tandem, post(editor, [...lines, 'Content-Length: 0']))
      expect(answer.status).toBe(400)
      expect(answer.body).toBe('')
      expect(answer.headLines.join('\n')).toMatch(
        /X-WOPI-ServerError: X-WOPI-(Old)?Lock was sent more than once/,
      )
      expect((await editor.getLock()).lock).toBe('A')
    })

    it('PutFile', async () => {
      const editor = await fixture.open('bytes')
      await editor.lock('A')
      const lines = ['X-WOPI-Override: PUT', 'X-WOPI-Lock: A', 'X-WOPI-Lock: A', 'Content-Length: 3']
      expect((await exchange(fixture.tandem, post(editor, lines, 'abc', '/contents'))).status).toBe(400)
      expect((await editor.getFile()).body.toString()).toBe('bytes')
    })

    it('is told 404 first when the caller has no right at all (WOPI.md §2.6)', async () => {
      const alice = await fixture.open('bytes')
      const bob = await fixture.join(alice, { who: 'bob', role: 'editor' })
      await (await fixture.person('alice')).revokes(alice.fileId, 'user:bob')
      for (const lines of twice.map(([, lines]) => lines)) {
        expect((await exchange(fixture.tandem, post(bob, [...lines, 'Content-Length: 0']))).status).toBe(404)
      }
    })
  })

  fixture.leavesNoTokenInTheLog()
})
