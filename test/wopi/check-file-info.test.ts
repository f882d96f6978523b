import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { Editor } from '../kit/wopi.js'
import { useFixture } from './fixture.js'

type Info = Record<string, unknown>

const infoOf = async (editor: Editor): Promise<Info> => (await editor.checkFileInfo()).json<Info>()

/** What may differ between two people on one file (CLIENTS.md pain 22). */
const ABOUT_THE_USER = [
  'SupportedShareUrlTypes',
  'UserId',
  'UserFriendlyName',
  'UserPrincipalName',
  'UserInfo',
]
const RIGHTS = ['UserCanWrite', 'ReadOnly', 'UserCanRename', 'UserCanNotWriteRelative']

function differing(one: Info, two: Info): string[] {
  const names = [...new Set([...Object.keys(one), ...Object.keys(two)])]
  return names.filter((name) => JSON.stringify(one[name]) !== JSON.stringify(two[name]))
}

describe('CheckFileInfo', () => {
  const fixture = useFixture()

  it('WOPI.md §5: answers JSON with what the file is', async () => {
    const editor = await fixture.open('hello', { name: 'Отчёт 2026.docx' })
    const answer = await editor.checkFileInfo()
    expect(answer.status).toBe(200)
    expect(answer.headers['content-type']).toBe('application/json')
    expect(answer.headers['content-length']).toBe(String(answer.body.length))
    expect(answer.headers['cache-control']).toBe('no-store')
    expect(answer.json<Info>()).toMatchObject({
      BaseFileName: 'Отчёт 2026.docx',
      FileExtension: '.docx',
      BreadcrumbDocName: 'Отчёт 2026.docx',
      Size: 5,
      Version: '1',
      OwnerId: 'alice',
      UserId: 'alice',
      IsAnonymousUser: false,
      SHA256: createHash('sha256').update('hello').digest('base64'),
    })
  })

  it('WOPI.md §5.2: promises the four capabilities without which editors do not co-author, to everybody', async () => {
    const four = { SupportsCoauth: true, SupportsLocks: true, SupportsUpdate: true, SupportsGetLock: true }
    const alice = await fixture.open('bytes')
    const viewer = await fixture.join(alice, { who: 'bob', role: 'viewer', mode: 'view' })
    expect(await infoOf(alice)).toMatchObject(four)
    expect(await infoOf(viewer)).toMatchObject(four)
  })

  it('WOPI.md §15.4, S-05: names the page around the editor from the configuration', async () => {
    const info = await infoOf(await fixture.open('bytes', { name: '@evil.example.docx' }))
    expect(info).toMatchObject({
      PostMessageOrigin: fixture.tandem.publicUrl,
      CloseUrl: `${fixture.tandem.publicUrl}/`,
      ClosePostMessage: true,
      EditModePostMessage: true,
      EditNotificationPostMessage: true,
    })
  })

  it('WOPI.md §5.2: promises the rest of what it can do', async () => {
    expect(await infoOf(await fixture.open('bytes'))).toMatchObject({
      SupportsExtendedLockLength: true,
      SupportsRename: true,
      SupportsDeleteFile: true,
      SupportsUserInfo: true,
      SupportsContainers: true,
      SupportsEcosystem: true,
      SupportsGetFileWopiSrc: true,
      SupportsAddActivities: true,
    })
  })

  it('WOPI.md §5.1: under the profile web sends none of the other seven CSPP Plus properties', async () => {
    const info = await infoOf(await fixture.open('bytes'))
    for (const name of [
      'SequenceNumber',
      'OfficeCollaborationServiceEndpointUrl',
      'RealTimeChannelEndpointUrl',
      'AccessTokenExpiry',
      'ServerTime',
      'SharingStatus',
      'FileGeoLocationCode',
    ]) {
      expect(info).not.toHaveProperty(name)
    }
  })

  it('WOPI.md §5.2: names the host pages, the same for everybody, and no FileUrl unless FILE_URL says so', async () => {
    const alice = await fixture.open('bytes')
    const viewer = await fixture.join(alice, { who: 'bob', role: 'viewer', mode: 'view' })
    for (const info of [await infoOf(alice), await infoOf(viewer)]) {
      expect(info).toMatchObject({
        HostEditUrl: `${fixture.tandem.publicUrl}/edit/${alice.fileId}`,
        HostViewUrl: `${fixture.tandem.publicUrl}/view/${alice.fileId}`,
      })
      expect(info).not.toHaveProperty('FileUrl')
    }
  })

  it('WOPI.md §2.4: never sends null nor an empty URL, and every property with its type', async () => {
    const info = await infoOf(await fixture.open('', { name: 'no extension' }))
    expect(info).not.toHaveProperty('FileExtension')
    expect(info).not.toHaveProperty('UserInfo')
    for (const [name, value] of Object.entries(info)) {
      expect(value, name).not.toBeNull()
      expect(value, name).not.toBe('')
      if (Array.isArray(value)) continue
      const type = /^(Supports|User?Can|ReadOnly|Is|License)|PostMessage$/.test(name)
        ? 'boolean'
        : /^Size$|MaxLength$/.test(name)
          ? 'number'
          : 'string'
      expect(typeof value, name).toBe(type)
      if (name.endsWith('Url')) expect(URL.canParse(String(value)), name).toBe(true)
    }
    expect(Number.isInteger(info['Size'])).toBe(true)
  })

  it('WOPI.md §5.2: user ids have letters and digits only, the hash is base64, the time is UTC with microseconds', async () => {
    const info = await infoOf(await fixture.open('bytes'))
    expect(info['OwnerId']).toMatch(/^[A-Za-z0-9]+$/)
    expect(info['UserId']).toMatch(/^[A-Za-z0-9]+$/)
    expect(info['SHA256']).toMatch(/^[A-Za-z0-9+/]{43}=$/)
    expect(info['LastModifiedTime']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/)
    expect(String(info['BaseFileName']).startsWith('.')).toBe(false)
  })

  it('WOPI.md §5.2: FileNameMaxLength is a length that RenameFile accepts', async () => {
    const editor = await fixture.open('bytes')
    const longest = 'n'.repeat(Number((await infoOf(editor))['FileNameMaxLength']) - 1)
    const renamed = await editor.renameFile(longest)
    expect(renamed.status).toBe(200)
    expect(renamed.json<{ Name: string }>().Name).toBe(longest)
  })

  it('says ReadOnly to a view token, whatever its user may do', async () => {
    const alice = await fixture.open('bytes')
    const viewing = await fixture.join(alice, { mode: 'view' })
    const readOnly = {
      UserCanWrite: false,
      ReadOnly: true,
      UserCanRename: false,
      UserCanNotWriteRelative: true,
    }
    expect(await infoOf(viewing)).toMatchObject(readOnly)
    const canWrite = {
      UserCanWrite: true,
      ReadOnly: false,
      UserCanRename: true,
      UserCanNotWriteRelative: false,
    }
    expect(await infoOf(alice)).toMatchObject(canWrite)
  })

  it('pain 22: is identical for two editors except for what is about them', async () => {
    const alice = await fixture.open('bytes')
    const bob = await fixture.join(alice, { who: 'bob', role: 'editor' })
    const [one, two] = [await infoOf(alice), await infoOf(bob)]
    expect(differing(one, two).filter((name) => !ABOUT_THE_USER.includes(name))).toEqual([])
    expect([one['UserId'], two['UserId']]).toEqual(['alice', 'bob'])
  })

  it('pain 22: differs for a viewer by the rights only', async () => {
    const alice = await fixture.open('bytes')
    const carol = await fixture.join(alice, { who: 'carol', role: 'viewer', mode: 'view' })
    const names = differing(await infoOf(alice), await infoOf(carol))
    expect(names.filter((name) => ![...ABOUT_THE_USER, ...RIGHTS].includes(name))).toEqual([])
    expect(names).toEqual(expect.arrayContaining(RIGHTS))
  })

  it('WOPI.md §5.2: a user who lost only the edit right is answered 200, read-only', async () => {
    const alice = await fixture.open('bytes')
    const bob = await fixture.join(alice, { who: 'bob', role: 'editor' })
    await (await fixture.person('alice')).grants(alice.fileId, 'user:bob', 'viewer')
    const answer = await bob.checkFileInfo()
    expect(answer.status).toBe(200)
    expect(answer.json<Info>()).toMatchObject({ UserCanWrite: false, ReadOnly: true })
  })

  it('WOPI.md §2.2: ignores other query parameters and the session context', async () => {
    const editor = await fixture.open('bytes')
    const url = `${fixture.tandem.url}/wopi/files/${editor.fileId}?access_token_ttl=0&access_token=${editor.token}&x=%zz`
    const answer = await fetch(url, { headers: { 'X-WOPI-SessionContext': 'ctx' } })
    expect(answer.status).toBe(200)
    expect(await answer.json()).toEqual(await infoOf(editor))
  })

  it('answers the same whatever lock is held', async () => {
    const editor = await fixture.open('bytes')
    const before = await infoOf(editor)
    await editor.lock('A')
    expect(await infoOf(editor)).toEqual(before)
  })

  fixture.leavesNoTokenInTheLog()
})
