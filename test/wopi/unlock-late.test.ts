import { describe, expect, it } from 'vitest'
import { expiredOf, type EditorPage } from '../kit/editor-tokens.js'
import { Editor } from '../kit/wopi.js'
import { useFixture } from './fixture.js'

const ONLYOFFICE: EditorPage = { editor: 'docs', family: 'onlyoffice' }
const COLLABORA: EditorPage = { editor: 'cool', family: 'collabora' }
const WORD: EditorPage = { editor: 'office', family: 'microsoft' }

/** ONLYOFFICE shows the next person its stale copy after an Unlock that failed; Collabora's users get read-only. */
describe('ADR 21: an Unlock with a token that has ended', () => {
  const fixture = useFixture()

  const open = async (page?: EditorPage): Promise<{ bob: Editor; alice: Editor }> => {
    const alice = await fixture.open('content')
    const bob = await fixture.join(alice, { who: 'bob', role: 'editor', ...(page && { page }) })
    await bob.lock('A')
    return { alice, bob }
  }
  const ends: readonly [string, (bob: Editor) => Promise<Editor>][] = [
    ['was revoked', ended('revoked_at')],
    ['expired', ended('expires_at')],
    ['was revoked 23 hours ago', ended('revoked_at', 23 * 3600)],
    ['expired by its own word', byItsOwnWord],
    [
      'is of somebody who was disabled',
      async (bob) => {
        await fixture.sql(`update user_account set disabled_at = clock_timestamp() where id = 'bob'`)
        return bob
      },
    ],
  ]
  function ended(column: 'revoked_at' | 'expires_at', secondsAgo = 1): (bob: Editor) => Promise<Editor> {
    return async (bob) => {
      await fixture.tokenEnded(bob, column, secondsAgo)
      return bob
    }
  }
  async function byItsOwnWord(bob: Editor): Promise<Editor> {
    await fixture.tokenEnded(bob, 'expires_at')
    return new Editor(bob.baseUrl, bob.fileId, await expiredOf(fixture.tandem.dataDir, bob.token))
  }
  const enableBob = (): Promise<unknown> =>
    fixture.sql(`update user_account set disabled_at = null where id = 'bob'`)

  describe.each([
    ['ONLYOFFICE', ONLYOFFICE],
    ['Collabora', COLLABORA],
    ['Word', WORD],
    ['a client without a name', undefined],
  ])('of %s', (_name, page) => {
    it.each(ends)('that %s releases the lock', async (_how, end) => {
      const { alice, bob } = await open(page)
      const late = await end(bob)
      try {
        expect(await late.unlock('A')).toMatchObject({ status: 200, version: '1' })
        expect((await alice.getLock()).lock).toBe('')
      } finally {
        await enableBob()
      }
    })

    it.each(ends)('that %s is 401 with a wrong id, and tells no lock', async (_how, end) => {
      const { alice, bob } = await open(page)
      const late = await end(bob)
      try {
        const answer = await late.unlock('B')
        expect(answer).toMatchObject({ status: 401, lock: undefined, version: undefined })
        expect((await alice.getLock()).lock).toBe('A')
      } finally {
        await enableBob()
      }
    })

    it('is 401 when that was more than a day ago', async () => {
      const { alice, bob } = await open(page)
      await fixture.tokenEnded(bob, 'revoked_at', 25 * 3600)
      expect((await bob.unlock('A')).status).toBe(401)
      expect((await alice.getLock()).lock).toBe('A')
    })

    it('is 401 for viewing, for another file, and when it is forged', async () => {
      const { alice, bob } = await open(page)
      const viewer = await fixture.join(alice, {
        who: 'carol',
        role: 'viewer',
        mode: 'view',
        ...(page && { page }),
      })
      const other = await fixture.open('other')
      const at = (token: string): Editor => new Editor(bob.baseUrl, bob.fileId, token)
      await fixture.tokenEnded(viewer, 'revoked_at')
      await fixture.tokenEnded(other, 'revoked_at')
      for (const editor of [viewer, at(other.token), at(`${bob.token.slice(0, -4)}AAAA`)]) {
        expect(await editor.unlock('A')).toMatchObject({ status: 401, lock: undefined })
      }
      expect((await alice.getLock()).lock).toBe('A')
    })

    it('is 401 without a lock id, before its headers are judged', async () => {
      const { bob } = await open(page)
      const late = await byItsOwnWord(bob)
      expect((await late.operation('UNLOCK')).status).toBe(401)
    })

    it('CLIENTS.md pain 8: releases the lock while only the right is gone; with a wrong id nobody learns the right one', async () => {
      const { alice, bob } = await open(page)
      await (await fixture.person('alice')).revokes(bob.fileId, 'user:bob')
      expect(await bob.unlock('B')).toMatchObject({ status: 404, lock: undefined })
      expect((await bob.unlock('A')).status).toBe(200)
      expect((await alice.getLock()).lock).toBe('')
    })
  })

  it('is 401 on a file that nobody has locked, but for ONLYOFFICE', async () => {
    for (const [page, status] of [
      [ONLYOFFICE, 200],
      [COLLABORA, 401],
      [WORD, 401],
    ] as const) {
      const { alice, bob } = await open(page)
      await alice.unlock('A')
      await fixture.tokenEnded(bob, 'revoked_at')
      expect((await bob.unlock('A')).status).toBe(status)
    }
  })

  it('never takes back a lock that somebody else has taken', async () => {
    const { alice, bob } = await open(ONLYOFFICE)
    await alice.unlock('A')
    await alice.lock('newer')
    await fixture.tokenEnded(bob, 'revoked_at')
    expect((await bob.unlock('A')).status).toBe(401)
    expect((await alice.getLock()).lock).toBe('newer')
  })

  fixture.leavesNoTokenInTheLog()
})

describe('ADR 21: an Unlock of a file that nobody has locked', () => {
  const fixture = useFixture()

  it('is 200 for ONLYOFFICE, whether the lock expired, was broken or never was', async () => {
    const editor = await fixture.join(await fixture.newFile('content'), { page: ONLYOFFICE })
    expect(await editor.unlock(editor.fileId)).toMatchObject({ status: 200, version: '1', lock: undefined })
    await editor.lock(editor.fileId)
    await fixture.lockExpiresIn(editor, -3600)
    expect((await editor.unlock(editor.fileId)).status).toBe(200)
  })

  it('is 200 for ONLYOFFICE that is known by its lock id only', async () => {
    const editor = await fixture.open('content')
    expect((await editor.unlock(editor.fileId)).status).toBe(200)
  })

  it('is 409 for ONLYOFFICE while somebody has it', async () => {
    const editor = await fixture.join(await fixture.newFile('content'), { page: ONLYOFFICE })
    await editor.lock('another')
    expect(await editor.unlock(editor.fileId)).toMatchObject({ status: 409, lock: 'another' })
  })

  it.each([COLLABORA, WORD])('WOPI.md §7.2: is 409 for $family', async (page) => {
    const editor = await fixture.join(await fixture.newFile('content'), { page })
    expect(await editor.unlock('A')).toMatchObject({ status: 409, lock: '' })
  })
})

describe('ADR 21: an UnlockCoauthLock with a token that has ended', () => {
  const fixture = useFixture({ COAUTH_PROFILE: 'plus' })
  const headers = { 'X-WOPI-CoauthLockExpirationTimeout': '600', 'X-WOPI-CoauthLockType': 'Coauth' }

  it('releases the lock that it knows, and tells nothing otherwise', async () => {
    const editor = await fixture.open('content')
    await editor.operation('GET_COAUTH_LOCK', { ...headers, 'X-WOPI-CoauthLockId': 'A' })
    await fixture.tokenEnded(editor, 'revoked_at')
    const unlock = (id: string): Promise<{ status: number }> =>
      editor.operation('UNLOCK_COAUTH_LOCK', { 'X-WOPI-CoauthLockId': id })
    expect((await unlock('B')).status).toBe(401)
    expect((await unlock('A')).status).toBe(200)
    expect((await unlock('A')).status).toBe(401)
    expect(await fixture.sql(`select from coauth_lock where file_id = $1`, [editor.fileId])).toEqual([])
  })
})
