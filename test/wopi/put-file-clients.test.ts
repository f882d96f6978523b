import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { Editor, Headers, WopiAnswer } from '../kit/wopi.js'
import { useFixture } from './fixture.js'

interface Saved {
  readonly LastModifiedTime: string
}

const COLLABORA = {
  'User-Agent': 'COOLWSD HTTP Agent 25.04.1.1',
  'X-COOL-WOPI-ServerId': '1a2b3c',
  'X-COOL-WOPI-IsModifiedByUser': 'true',
  'X-COOL-WOPI-IsAutosave': 'false',
  'X-COOL-WOPI-IsExitSave': 'false',
}
const ONLYOFFICE = {
  'X-WOPI-TimeStamp': '638700000000000000',
  'X-WOPI-ClientVersion': '8.3.1.21',
  'X-WOPI-CorrelationId': 'f3a1',
  'X-WOPI-SessionId': 's1',
  'X-WOPI-Editors': 'alice',
  'X-LOOL-WOPI-IsModifiedByUser': 'true',
  'X-LOOL-WOPI-IsAutosave': 'false',
  'X-LOOL-WOPI-IsExitSave': 'false',
}
const OLD_COLLABORA = { 'User-Agent': 'LOOLWSD WOPI Agent 6.4', 'X-LOOL-WOPI-IsAutosave': 'true' }

const CLIENTS: readonly [string, Headers, string][] = [
  ['Collabora', COLLABORA, 'X-COOL-WOPI-Timestamp'],
  ['an older Collabora', OLD_COLLABORA, 'X-LOOL-WOPI-Timestamp'],
  ['ONLYOFFICE', ONLYOFFICE, 'X-LOOL-WOPI-Timestamp'],
]

describe('PutFile as each editor sends it', () => {
  const fixture = useFixture()

  const modifiedAt = async (editor: Editor): Promise<string> =>
    (await editor.checkFileInfo()).json<Saved>().LastModifiedTime

  function expectExternalChange(answer: WopiAnswer, lockId: string): void {
    expect(answer.status).toBe(409)
    expect(answer.json()).toEqual({ COOLStatusCode: 1010, LOOLStatusCode: 1010 })
    expect(answer.headers['content-type']).toBe('application/json')
    expect(answer.lock).toBe(lockId)
  }

  describe.each(CLIENTS)('CLIENTS.md §1.1, §1.2: %s', (_name, headers, timestampHeader) => {
    it('pain 37: is told the LastModifiedTime that the next CheckFileInfo tells, and may go on saving with it', async () => {
      const editor = await fixture.open('old')
      await editor.lock('A')
      let base = await modifiedAt(editor)
      for (const [version, content] of [
        ['2', 'first'],
        ['3', 'second'],
        ['4', 'third'],
      ] as const) {
        const answer = await editor.putFile(content, 'A', { ...headers, [timestampHeader]: base })
        expect(answer).toMatchObject({ status: 200, version })
        expect(answer.headers['content-type']).toBe('application/json')
        const { LastModifiedTime, ...more } = answer.json<Saved>()
        expect(more).toEqual({})
        expect(LastModifiedTime).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/)
        expect(LastModifiedTime > base).toBe(true)
        expect(await modifiedAt(editor)).toBe(LastModifiedTime)
        base = LastModifiedTime
      }
      expect((await editor.getFile()).body.toString()).toBe('third')
    })

    it('pain 36: is told the unchanged time for the same bytes, and saves on it afterwards', async () => {
      const editor = await fixture.open('old')
      await editor.lock('A')
      const base = await modifiedAt(editor)
      for (const version of ['2', '3']) {
        const answer = await editor.putFile('old', 'A', { ...headers, [timestampHeader]: base })
        expect(answer.json()).toEqual({ LastModifiedTime: base })
        expect(answer.version).toBe(version)
      }
      const answer = await editor.putFile('newer', 'A', { ...headers, [timestampHeader]: base })
      expect([answer.status, answer.version]).toEqual([200, '4'])
      expect(answer.json<Saved>().LastModifiedTime > base).toBe(true)
    })

    it('pain 41: is told 1010 when the content moved under it; the bytes are kept and nothing is overwritten', async () => {
      const editor = await fixture.open('old')
      const stale = await modifiedAt(editor)
      await editor.lock('A')
      await editor.putFile('by somebody else', 'A')
      const answer = await editor.putFile('mine', 'A', { ...headers, [timestampHeader]: stale })
      expectExternalChange(answer, 'A')
      expect((await editor.getFile()).body.toString()).toBe('by somebody else')
      const sha256 = createHash('sha256').update('mine').digest('hex')
      expect(await (await fixture.person('alice')).recoveryItems(editor.fileId)).toMatchObject([
        { reason: 'external-change', sha256, userId: 'alice' },
      ])
    })

    it('overwrites when its user chose so: the timestamp is absent or empty then', async () => {
      const editor = await fixture.open('old')
      await editor.lock('A')
      await editor.putFile('by somebody else', 'A')
      expect((await editor.putFile('mine', 'A', headers)).version).toBe('3')
      expect((await editor.putFile('mine still', 'A', { ...headers, [timestampHeader]: '' })).version).toBe(
        '4',
      )
      expect((await editor.getFile()).body.toString()).toBe('mine still')
    })

    it('is told of the wrong lock before it is told of the timestamp', async () => {
      const editor = await fixture.open('old')
      await editor.lock('A')
      const answer = await editor.putFile('mine', 'B', { ...headers, [timestampHeader]: 'long ago' })
      expect(answer).toMatchObject({ status: 409, lock: 'A' })
      expect(answer.body).toHaveLength(0)
    })

    it('pain 39: fills an empty file before it locks it', async () => {
      const editor = await fixture.open('')
      const base = await modifiedAt(editor)
      const answer = await editor.putFile('template', undefined, { ...headers, [timestampHeader]: base })
      expect(answer).toMatchObject({ status: 200, version: '2' })
      expect(answer.json()).toEqual({ LastModifiedTime: await modifiedAt(editor) })
      expect((await editor.lock('A')).status).toBe(200)
    })
  })

  it('pain 36: a time that means the same instant but is written otherwise is another base', async () => {
    const editor = await fixture.open('old')
    await editor.lock('A')
    const rounded = (await modifiedAt(editor)).replace(/\.\d+Z$/, 'Z')
    expectExternalChange(
      await editor.putFile('mine', 'A', { ...COLLABORA, 'X-COOL-WOPI-Timestamp': rounded }),
      'A',
    )
  })

  it('CLIENTS.md §1.2: ONLYOFFICE locks, saves and unlocks with the file id, and its last user is recorded', async () => {
    const editor = await fixture.open('old')
    const id = editor.fileId
    expect((await editor.lock(id, ONLYOFFICE)).status).toBe(200)
    const base = await modifiedAt(editor)
    const saved = await editor.putFile('new', id, { ...ONLYOFFICE, 'X-LOOL-WOPI-Timestamp': base })
    expect(saved.json()).toEqual({ LastModifiedTime: await modifiedAt(editor) })
    expect((await editor.unlock(id)).status).toBe(200)
    const versions = await (await fixture.person('alice')).versions(id)
    expect(versions.find(({ version }) => version === '2')).toMatchObject({
      editors: ['alice'],
      author: 'alice',
    })
  })

  it.each([
    ['Word', { 'X-WOPI-Editors': 'alice', 'User-Agent': 'MSWACONSync' }],
    ['Excel, whose saves come without X-WOPI-Editors', { 'X-WOPI-ClientVersion': '16.0.18129.41003' }],
    ['a client without a name', {}],
  ])('WOPI.md §6.2: %s is answered an empty body', async (_name, headers) => {
    const editor = await fixture.open('old')
    await editor.lock('{"S":"1","F":4}')
    const answer = await editor.putFile('new', '{"S":"1","F":4}', headers)
    expect(answer).toMatchObject({ status: 200, version: '2' })
    expect(answer.body).toHaveLength(0)
    expect(answer.headers['content-type']).toBeUndefined()
    expect(answer.lock).toBeUndefined()
  })

  fixture.leavesNoTokenInTheLog()
})
