import { describe, expect, it } from 'vitest'
import type { Editor, Headers } from '../kit/wopi.js'
import { NativeClient, rowsOf } from './native-client.js'
import { useFixture } from './fixture.js'

type Info = Record<string, unknown>

const PLUS_PROPERTIES = [
  'SupportsCoauth',
  'SequenceNumber',
  'OfficeCollaborationServiceEndpointUrl',
  'RealTimeChannelEndpointUrl',
  'AccessTokenExpiry',
  'ServerTime',
  'SharingStatus',
  'FileGeoLocationCode',
]

const infoOf = async (editor: Editor): Promise<Info> => (await editor.checkFileInfo()).json<Info>()
const present = (info: Info): string[] => PLUS_PROPERTIES.filter((name) => name in info)

describe('COAUTH_PROFILE=plus', () => {
  const fixture = useFixture({ COAUTH_PROFILE: 'plus' })

  it('WOPI.md §5.1: CheckFileInfo has all eight Plus properties, with values that clients accept', async () => {
    const info = await infoOf(await fixture.open('content'))
    expect(present(info)).toEqual(PLUS_PROPERTIES)
    expect(info).toMatchObject({ SupportsCoauth: true, SequenceNumber: 1, FileGeoLocationCode: '' })
    for (const name of ['OfficeCollaborationServiceEndpointUrl', 'RealTimeChannelEndpointUrl']) {
      expect(URL.canParse(String(info[name])), name).toBe(true)
    }
    const now = Date.now()
    expect(Math.abs(Number(info['ServerTime']) - now)).toBeLessThan(60_000)
    expect(Number(info['AccessTokenExpiry']) - now).toBeGreaterThan(9 * 3600_000)
    expect(Number(info['AccessTokenExpiry']) - now).toBeLessThan(11 * 3600_000)
  })

  it('WOPI.md §5.2: SequenceNumber grows with each content change', async () => {
    const editor = await fixture.open('content')
    await editor.lock('L')
    await editor.putFile('changed', 'L')
    expect((await infoOf(editor))['SequenceNumber']).toBe(2)
  })

  it('WOPI.md §5.2: SharingStatus is Private until somebody else has access, by a grant or by a link', async () => {
    const granted = await fixture.open('content')
    expect((await infoOf(granted))['SharingStatus']).toBe('Private')
    await fixture.join(granted, { who: 'bob', role: 'viewer', mode: 'view' })
    expect((await infoOf(granted))['SharingStatus']).toBe('Shared')
    const linked = await fixture.open('content')
    const answer = await linked.operation('GET_SHARE_URL', { 'X-WOPI-UrlType': 'ReadOnly' })
    expect(answer.status).toBe(200)
    expect((await infoOf(linked))['SharingStatus']).toBe('Shared')
  })

  describe('WOPI.md §7.3: what a client may ask of its WOPI lock', () => {
    const calls: [string, (editor: Editor, headers: Headers) => ReturnType<Editor['lock']>][] = [
      ['Lock', (editor, headers) => editor.lock('L', headers)],
      [
        'RefreshLock',
        (editor, headers) => editor.operation('REFRESH_LOCK', { 'X-WOPI-Lock': 'L', ...headers }),
      ],
      [
        'UnlockAndRelock',
        (editor, headers) =>
          editor.operation('LOCK', { 'X-WOPI-Lock': 'L', 'X-WOPI-OldLock': 'L', ...headers }),
      ],
    ]

    it.each(calls)('§7.3: %s lives as long as asked, 60 to 3600 seconds', async (_name, call) => {
      const editor = await fixture.open('content')
      await editor.lock('L')
      for (const [asked, seconds] of [
        ['60', 60],
        ['3600', 3600],
        ['', 1800],
      ] as const) {
        expect((await call(editor, { 'X-WOPI-LockExpirationTimeout': asked })).status).toBe(200)
        expect(Math.abs((await fixture.lockLivesFor(editor)) - seconds)).toBeLessThan(5)
      }
    })

    it.each(calls)('§7.3: %s answers 400 for any other time', async (_name, call) => {
      const editor = await fixture.open('content')
      await editor.lock('L')
      for (const asked of ['59', '3601', '0', '-60', '1e3', 'soon']) {
        expect((await call(editor, { 'X-WOPI-LockExpirationTimeout': asked })).status).toBe(400)
      }
      expect((await fixture.lockLivesFor(editor)) > 1700).toBe(true)
    })

    it('§7.3: a chosen time is exact: there is no grace, until an ordinary refresh', async () => {
      const editor = await fixture.open('content')
      await editor.lock('L', { 'X-WOPI-LockExpirationTimeout': '60' })
      await fixture.lockExpiresIn(editor, -0.001)
      expect((await editor.getLock()).lock).toBe('')
      expect((await editor.lock('other')).status).toBe(200)
      await fixture.lockExpiresIn(editor, -0.001)
      expect((await editor.getLock()).lock).toBe('other')
    })

    it('§7.3: a conflict names the holder who agreed to it, until the lock is next updated', async () => {
      const alice = await fixture.open('content')
      const bob = await fixture.join(alice, { who: 'bob', role: 'editor' })
      const named = async (): Promise<unknown> =>
        (await bob.lock('other')).headers['x-wopi-conflictinglockusername']
      await alice.lock('L')
      expect(await named()).toBeUndefined()
      await alice.lock('L', { 'X-WOPI-LockUserVisible': 'true' })
      expect(await named()).toBe('alice')
      await bob.operation('REFRESH_LOCK', { 'X-WOPI-Lock': 'L', 'X-WOPI-LockUserVisible': 'True' })
      expect(await named()).toBe('bob')
      await alice.refreshLock('L')
      expect(await named()).toBeUndefined()
    })
  })

  describe('WOPI.md §8.2: RenameFile among coauth locks', () => {
    const rename = async (editor: Editor, headers: Headers): Promise<[number, string | undefined]> => {
      const { status, lock } = await editor.renameFile(`Renamed ${Math.random()}`, headers)
      return [status, lock]
    }
    const wopi = (id: string): Headers => ({ 'X-WOPI-Lock': id })
    const coauth = (id: string): Headers => ({ 'X-WOPI-CoauthLockId': id })

    it('§8.2: 400 with both ids', async () => {
      const editor = await fixture.open('content')
      expect(await rename(editor, { ...wopi('W'), ...coauth('A') })).toEqual([400, undefined])
      expect((await rename(editor, { ...wopi(''), ...coauth('') }))[0]).toBe(200)
    })

    it('§8.2: unlocked: 200 with nothing, a WOPI id or a coauth id', async () => {
      const editor = await fixture.open('content')
      for (const headers of [{}, wopi('W'), coauth('A')]) expect((await rename(editor, headers))[0]).toBe(200)
    })

    it('§8.2: a WOPI lock: 200 with its id, else 409 with it', async () => {
      const editor = await fixture.open('content')
      await editor.lock('W')
      expect((await rename(editor, wopi('W')))[0]).toBe(200)
      for (const headers of [{}, wopi('X'), coauth('W')]) {
        expect(await rename(editor, headers)).toEqual([409, 'W'])
      }
    })

    it('§8.2: coauth locks: 200 with an id in the table, else 409 without X-WOPI-Lock', async () => {
      const editor = await fixture.open('content')
      await new NativeClient(editor, 'A').get()
      await new NativeClient(editor, 'B').get()
      expect((await rename(editor, coauth('B')))[0]).toBe(200)
      for (const headers of [{}, wopi('A'), coauth('C')]) {
        expect(await rename(editor, headers)).toEqual([409, undefined])
      }
    })

    it('§8.2: an exclusive coauth lock: only its holder renames', async () => {
      const editor = await fixture.open('content')
      await new NativeClient(editor, 'A').get('CoauthExclusive')
      await new NativeClient(editor, 'B').get()
      expect(await rename(editor, coauth('B'))).toEqual([409, undefined])
      expect((await rename(editor, coauth('A')))[0]).toBe(200)
    })
  })

  it('WOPI.md §8.1: PutRelativeFile overwrites no file that has a coauth lock', async () => {
    const editor = await fixture.open('content')
    const name = String((await infoOf(editor))['BaseFileName'])
    await new NativeClient(editor, 'A').get()
    const answer = await editor.putRelativeFile('other', {
      'X-WOPI-RelativeTarget': name,
      'X-WOPI-OverwriteRelativeTarget': 'true',
    })
    expect([answer.status, answer.lock]).toEqual([409, undefined])
    expect((await editor.getFile()).body.toString()).toBe('content')
  })

  fixture.leavesNoTokenInTheLog()
})

describe('COAUTH_PROFILE=web', () => {
  const fixture = useFixture()

  it('WOPI.md §5.1: CheckFileInfo has SupportsCoauth and none of the other seven', async () => {
    expect(present(await infoOf(await fixture.open('content')))).toEqual(['SupportsCoauth'])
  })

  it('WOPI.md §12: every coauth operation is answered 501', async () => {
    const client = new NativeClient(await fixture.open('content'), 'A')
    const answers = [await client.get(), await client.refresh(), await client.unlock(), await client.table()]
    expect(answers.map(({ status, body }) => [status, body.length])).toEqual(answers.map(() => [501, 0]))
  })

  it('WOPI.md §7.3: a client cannot choose how long its lock lives', async () => {
    const editor = await fixture.open('content')
    expect((await editor.lock('L', { 'X-WOPI-LockExpirationTimeout': '7' })).status).toBe(200)
    expect(await fixture.lockLivesFor(editor)).toBeGreaterThan(1700)
  })
})

describe('COAUTH_PROFILE=plus beside COAUTH_PROFILE=web on one database', () => {
  const fixture = useFixture({ COAUTH_PROFILE: 'plus' })

  it('keeps coauth locks out of a WOPI lock’s way on both, as while the profile is being changed', async () => {
    const { Tandem } = await import('../kit/tandem.js')
    const editor = await fixture.open('content')
    await using web = await Tandem.start('', { sharing: fixture.tandem, env: { COAUTH_PROFILE: 'web' } })
    const browser = Object.assign(Object.create(editor) as Editor, { baseUrl: web.url })
    const client = new NativeClient(editor, 'A')
    expect(rowsOf(await client.get())).toHaveLength(1)
    const refused = await browser.lock('W')
    expect([refused.status, refused.lock]).toEqual([409, undefined])
    await client.unlock()
    expect((await browser.lock('W')).status).toBe(200)
    expect((await client.get()).status).toBe(409)
  })
})
