import { describe, expect, it } from 'vitest'
import type { Editor } from '../kit/wopi.js'
import { exchange, post } from './raw-http.js'
import { useFixture } from './fixture.js'

describe('headers of a save that are missing or odd', () => {
  const fixture = useFixture()

  async function lockedFile(): Promise<Editor> {
    const editor = await fixture.open('old')
    expect((await editor.lock('A')).status).toBe(200)
    return editor
  }
  const contentOf = async (editor: Editor): Promise<string> => (await editor.getFile()).body.toString()
  const send = async (editor: Editor, lines: readonly string[], body = 'new'): Promise<number> => {
    const sent = [...lines, `Content-Length: ${body.length}`]
    return (await exchange(fixture.tandem, post(editor, sent, body, '/contents'))).status
  }
  const kept = async (editor: Editor): Promise<unknown> =>
    (await fixture.person('alice')).recoveryItems(editor.fileId)

  it.each([
    ['absent', []],
    ['empty', ['X-WOPI-Override: ']],
  ])('a POST of contents whose X-WOPI-Override is %s is a save', async (_title, override) => {
    const editor = await lockedFile()
    expect(await send(editor, [...override, 'X-WOPI-Lock: A'])).toBe(200)
    expect(await contentOf(editor)).toBe('new')
    expect(await send(editor, [...override, 'X-WOPI-Lock: B'], 'newer')).toBe(409)
    expect(await kept(editor)).toMatchObject([{ reason: 'lock-mismatch', size: 5 }])
  })

  it.each(['X-WOPI-SequenceNumber: 1', 'X-WOPI-CoauthLockId: A'])(
    'but with %s it would be PutChunkedFile, whose body is no document: 400',
    async (mark) => {
      const editor = await lockedFile()
      expect(await send(editor, [mark, 'X-WOPI-Lock: A'])).toBe(400)
      expect(await contentOf(editor)).toBe('old')
      expect(await kept(editor)).toEqual([])
    },
  )

  it.each([
    ['twice', ['X-WOPI-Override: PUT', 'X-WOPI-Override: PUT'], 400],
    ['twice, once empty', ['X-WOPI-Override: ', 'X-WOPI-Override: PUT'], 400],
    ['as no operation', ['X-WOPI-Override: PUTT'], 501],
  ])('and with an override given %s it is none', async (_title, override, status) => {
    const editor = await lockedFile()
    expect(await send(editor, [...override, 'X-WOPI-Lock: A'])).toBe(status)
    expect(await contentOf(editor)).toBe('old')
  })

  it('a POST to the file itself without an override is still none', async () => {
    const editor = await lockedFile()
    const answer = await editor.call('POST', '', { 'X-WOPI-Lock': 'A' }, 'new')
    expect(answer.status).toBe(400)
  })

  it.each([
    ['X-WOPI-Editors twice', ['X-WOPI-Editors: alice', 'X-WOPI-Editors: bob']],
    ['X-WOPI-Editors that is no list', ['X-WOPI-Editors: ,;, =1+1 \xff']],
    ['IsModifiedByUser twice', ['X-COOL-WOPI-IsModifiedByUser: true', 'X-COOL-WOPI-IsModifiedByUser: false']],
    ['IsModifiedByUser that says nothing', ['X-LOOL-WOPI-IsModifiedByUser: perhaps']],
    ['IsAutosave and IsExitSave twice', ['X-LOOL-WOPI-IsExitSave: true', 'X-LOOL-WOPI-IsExitSave: true']],
    ['a correlation id of odd bytes, twice', ['X-WOPI-CorrelationId: \xe9', 'X-WOPI-CorrelationId: ']],
    ['a session id twice', ['X-WOPI-SessionId: 1', 'X-WOPI-SessionId: 2']],
    ['X-WOPI-TimeStamp that is no number', ['X-WOPI-TimeStamp: noon']],
    ['no size but that of HTTP, and an empty one', ['X-WOPI-Size: ']],
    ['a content type of nothing', ['Content-Type: nothing']],
  ])('a save with %s is accepted', async (_title, lines) => {
    const editor = await lockedFile()
    expect(await send(editor, ['X-WOPI-Override: PUT', 'X-WOPI-Lock: A', ...lines])).toBe(200)
    expect(await contentOf(editor)).toBe('new')
  })

  it('records everybody whom a repeated X-WOPI-Editors names', async () => {
    const alice = await lockedFile()
    await fixture.join(alice, { who: 'bob', role: 'editor' })
    const lines = ['X-WOPI-Override: PUT', 'X-WOPI-Lock: A', 'X-WOPI-Editors: alice', 'X-WOPI-Editors: bob']
    expect(await send(alice, lines)).toBe(200)
    const [head] = await (await fixture.person('alice')).versions(alice.fileId)
    expect(head?.editors).toEqual(['alice', 'bob'])
  })

  const UNREADABLE = [
    ['X-WOPI-Lock twice', ['X-WOPI-Lock: A', 'X-WOPI-Lock: A']],
    ['a lock id of 1025 characters', [`X-WOPI-Lock: ${'x'.repeat(1025)}`]],
    ['a lock id that is no ASCII', ['X-WOPI-Lock: \xe9']],
    ['a base timestamp twice', ['X-WOPI-Lock: A', 'X-LOOL-WOPI-Timestamp: 1', 'X-LOOL-WOPI-Timestamp: 1']],
    ['X-WOPI-Size twice', ['X-WOPI-Lock: A', 'X-WOPI-Size: 3', 'X-WOPI-Size: 3']],
    ['X-WOPI-Size that is no number', ['X-WOPI-Lock: A', 'X-WOPI-Size: three']],
    ['X-WOPI-Size that is not the size', ['X-WOPI-Lock: A', 'X-WOPI-Size: 4']],
  ] as const

  it.each(UNREADABLE)('a save with %s is refused with 400, and its bytes are kept', async (_title, lines) => {
    const editor = await lockedFile()
    expect(await send(editor, ['X-WOPI-Override: PUT', ...lines, 'X-WOPI-Editors: alice'])).toBe(400)
    expect(await contentOf(editor)).toBe('old')
    expect(await kept(editor)).toMatchObject([{ reason: 'header-invalid', size: 3, editors: ['alice'] }])
  })

  it.each(UNREADABLE)(
    'and when the right is gone as well: 404 as ever, and kept for that (%s)',
    async (_title, lines) => {
      const alice = await lockedFile()
      const bob = await fixture.join(alice, { who: 'bob', role: 'editor' })
      await (await fixture.person('alice')).revokes(alice.fileId, 'user:bob')
      expect(await send(bob, ['X-WOPI-Override: PUT', ...lines])).toBe(404)
      expect(await kept(alice)).toMatchObject([{ reason: 'permission-revoked', size: 3 }])
    },
  )

  it('a base timestamp that is none is another state of the file: 409, kept', async () => {
    const editor = await lockedFile()
    const lines = ['X-WOPI-Override: PUT', 'X-WOPI-Lock: A', 'X-COOL-WOPI-Timestamp: noon']
    expect(await send(editor, lines)).toBe(409)
    expect(await kept(editor)).toMatchObject([{ reason: 'external-change', size: 3 }])
  })

  describe('Collabora sends the document along with RenameFile', () => {
    const COLLABORA = { 'User-Agent': 'COOLWSD HTTP Agent 25.04' }

    it('without a lock id it is kept, unless it is what the file holds', async () => {
      const editor = await lockedFile()
      expect((await editor.renameFile('New name', COLLABORA, 'unsaved')).status).toBe(409)
      expect(await kept(editor)).toMatchObject([{ reason: 'lock-mismatch', size: 7 }])
      expect((await editor.renameFile('New name', COLLABORA, 'old')).status).toBe(409)
      expect(await kept(editor)).toHaveLength(1)
    })

    it('with a name that nobody can have it is saved all the same', async () => {
      const editor = await lockedFile()
      const headers = { ...COLLABORA, 'X-WOPI-Lock': 'A' }
      expect((await editor.renameFile('...', headers, 'unsaved')).status).toBe(400)
      expect(await contentOf(editor)).toBe('unsaved')
    })

    it('with a header that nobody can read it is kept', async () => {
      const editor = await lockedFile()
      const headers = { ...COLLABORA, 'X-WOPI-Lock': 'x'.repeat(1025) }
      expect((await editor.renameFile('New name', headers, 'unsaved')).status).toBe(400)
      expect(await kept(editor)).toMatchObject([{ reason: 'header-invalid', size: 7 }])
    })
  })

  fixture.leavesNoTokenInTheLog()
})
