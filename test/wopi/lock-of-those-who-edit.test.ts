import { describe, expect, it } from 'vitest'
import type { EditorPage } from '../kit/editor-tokens.js'
import { Editor } from '../kit/wopi.js'
import { useFixture } from './fixture.js'

const ONLYOFFICE: EditorPage = { editor: 'docs', family: 'onlyoffice' }
const COLLABORA: EditorPage = { editor: 'cool', family: 'collabora' }
const WORD: EditorPage = { editor: 'office', family: 'microsoft' }

/** ONLYOFFICE refreshes with the token of whoever joined last, also when that one is gone. */
describe('ADR 21: a lock that is refreshed with the token of somebody who is gone', () => {
  const fixture = useFixture()

  /** alice and bob in one document that is locked with `lockId`, which expires in 100 seconds. */
  async function together(
    page: EditorPage,
    lockId?: string,
  ): Promise<{ alice: Editor; bob: Editor; id: string }> {
    const file = await fixture.newFile('content')
    const alice = await fixture.join(file, { page })
    const bob = await fixture.join(file, { page, who: 'bob', role: 'editor' })
    const id = lockId ?? file.id
    await alice.checkFileInfo()
    await bob.checkFileInfo()
    await alice.lock(id)
    await fixture.isSeen(alice)
    await fixture.isSeen(bob)
    await fixture.lockExpiresIn(alice, 100)
    return { alice, bob, id }
  }

  const bobLosesTheRight = async ({ fileId }: Editor): Promise<void> =>
    (await fixture.person('alice')).revokes(fileId, 'user:bob')

  const expectToLive = async (alice: Editor): Promise<void> =>
    expect(await fixture.lockLivesFor(alice)).toBeGreaterThan(1000)
  const expectNoChange = async (alice: Editor): Promise<void> =>
    expect(await fixture.lockLivesFor(alice)).toBeLessThan(101)

  it.each<[string, number, (bob: Editor) => Promise<unknown>]>([
    ['lost the right', 404, bobLosesTheRight],
    ['has a token that was revoked', 401, (bob) => fixture.tokenEnded(bob, 'revoked_at')],
    [
      'has a token that was revoked 23 hours ago',
      401,
      (bob) => fixture.tokenEnded(bob, 'revoked_at', 23 * 3600),
    ],
    ['has a token that expired', 401, (bob) => fixture.tokenEnded(bob, 'expires_at')],
  ])('lives on for alice when bob, who refreshes, %s; he is told %i', async (_why, status, ends) => {
    const { alice, bob, id } = await together(ONLYOFFICE)
    await ends(bob)
    const answer = await bob.refreshLock(id)
    expect(answer.status).toBe(status)
    expect(answer.lock).toBeUndefined()
    await expectToLive(alice)
  })

  it('lives on in its grace, too', async () => {
    const { alice, bob, id } = await together(ONLYOFFICE)
    await fixture.lockExpiresIn(alice, -1)
    await fixture.tokenEnded(bob, 'revoked_at')
    expect((await bob.refreshLock(id)).status).toBe(401)
    await expectToLive(alice)
  })

  it('lives on by a Lock of Collabora with the held id, which is its refresh', async () => {
    const { alice, bob, id } = await together(COLLABORA, 'cool-lock1a2b3c4d')
    await fixture.tokenEnded(bob, 'revoked_at')
    expect((await bob.lock(id)).status).toBe(401)
    await expectToLive(alice)
    await fixture.lockExpiresIn(alice, 100)
    expect((await bob.lock('cool-lock00000000')).status).toBe(401)
    await expectNoChange(alice)
  })

  it('never becomes shorter by it', async () => {
    const { alice, bob, id } = await together(ONLYOFFICE)
    await fixture.lockExpiresIn(alice, 9000)
    await fixture.tokenEnded(bob, 'revoked_at')
    await bob.refreshLock(id)
    expect(await fixture.lockLivesFor(alice)).toBeGreaterThan(8900)
  })

  it.each<[string, (bob: Editor, alice: Editor) => Promise<unknown>]>([
    ['with another id', (bob) => bob.refreshLock('another')],
    [
      'with a token that was revoked more than a day ago',
      async (bob) => {
        await fixture.tokenEnded(bob, 'revoked_at', 25 * 3600)
        return bob.refreshLock(bob.fileId)
      },
    ],
    ['by a token of another file', async (bob, alice) => (await foreign(alice)).refreshLock(bob.fileId)],
    ['by a forged token', (bob) => forged(bob).refreshLock(bob.fileId)],
    [
      'by a token for viewing',
      async (bob) => {
        const viewer = await fixture.join(bob, {
          who: 'carol',
          role: 'viewer',
          mode: 'view',
          page: ONLYOFFICE,
        })
        return viewer.refreshLock(bob.fileId)
      },
    ],
  ])('is not extended %s', async (_how, refresh) => {
    const { alice, bob } = await together(ONLYOFFICE)
    await fixture.tokenEnded(bob, 'revoked_at')
    expect(await refresh(bob, alice)).toMatchObject({ lock: undefined })
    await expectNoChange(alice)
  })

  it('is not extended for Microsoft: by this 401 Excel puts its user out', async () => {
    const { alice, bob, id } = await together(WORD, '{"S":"session"}')
    await fixture.tokenEnded(bob, 'revoked_at')
    expect((await bob.refreshLock(id)).status).toBe(401)
    await expectNoChange(alice)
  })

  it('is not extended when nobody else is there who may edit', async () => {
    const { alice, bob, id } = await together(ONLYOFFICE)
    await fixture.tokenEnded(bob, 'revoked_at')
    await fixture.sql(
      `update coauth_participant set left_at = clock_timestamp(), left_reason = 'page-closed'
       where user_id = 'alice' and session_id in (select id from coauth_session where file_id = $1)`,
      [id],
    )
    await bob.refreshLock(id)
    await expectNoChange(alice)
  })

  it('is not extended for one who only looks, nor for one who may not edit any more', async () => {
    const { alice, bob, id } = await together(ONLYOFFICE)
    const carol = await fixture.join(bob, { who: 'carol', role: 'viewer', mode: 'view', page: ONLYOFFICE })
    await carol.checkFileInfo()
    await fixture.isSeen(carol)
    await fixture.tokenEnded(alice, 'revoked_at')
    await fixture.tokenEnded(bob, 'revoked_at')
    await bob.refreshLock(id)
    await expectNoChange(alice)
  })

  it('is not extended, nor taken, where nobody holds it', async () => {
    const { alice, bob, id } = await together(ONLYOFFICE)
    await alice.unlock(id)
    await fixture.tokenEnded(bob, 'revoked_at')
    expect((await bob.refreshLock(id)).status).toBe(401)
    expect((await alice.getLock()).lock).toBe('')
  })

  async function foreign(alice: Editor): Promise<Editor> {
    const other = await fixture.open('other', { page: ONLYOFFICE })
    return new Editor(alice.baseUrl, alice.fileId, other.token)
  }

  function forged(bob: Editor): Editor {
    return new Editor(bob.baseUrl, bob.fileId, `${bob.token.slice(0, -4)}AAAA`)
  }

  fixture.leavesNoTokenInTheLog()
})
