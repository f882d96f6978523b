import { describe, expect, it, vi } from 'vitest'
import { jtiOf, type EditorPage } from '../kit/editor-tokens.js'
import type { Editor } from '../kit/wopi.js'
import { useFixture } from './fixture.js'

const PAGE: EditorPage = { editor: 'cool', family: 'collabora' }
const OLD = 'cool-lock00000000'
const NEW = 'cool-lock11111111'

/**
 * After a crash Collabora comes with a new id: its own lock keeps it out for half an hour. Each test has a file of its own
 * and mostly waits until who is there has been noted, so all wait together.
 */
describe('ADR 21: a lock whose editors are all gone', () => {
  const fixture = useFixture()

  const says = (editor: Editor, event: string): Promise<unknown> => editor.call('POST', `/presence/${event}`)
  const reported = async (editor: Editor): Promise<void> => {
    await vi.waitFor(async () => {
      const rows = await fixture.sql(
        `select from coauth_participant where jti = $1 and reported_at is not null`,
        [jtiOf(editor.token)],
      )
      expect(rows).toHaveLength(1)
    }, 10_000)
  }
  const left = async (editor: Editor): Promise<void> => {
    await says(editor, 'left')
    await vi.waitFor(async () => {
      const rows = await fixture.sql(
        `select from coauth_participant where jti = $1 and left_reason = 'page-closed'`,
        [jtiOf(editor.token)],
      )
      expect(rows).toHaveLength(1)
    }, 10_000)
  }
  const joins = async (who: string, file: Editor | { id: string }, page = PAGE): Promise<Editor> => {
    const role = who === 'alice' ? {} : ({ role: 'editor' } as const)
    const editor = await fixture.join(file, { who, page, ...role })
    await editor.checkFileInfo()
    await fixture.isSeen(editor)
    return editor
  }
  const opensPage = async (editor: Editor): Promise<void> => {
    await says(editor, 'here')
    await reported(editor)
  }
  /** No call with the lock's id for so many seconds. */
  const lockUnusedFor = (editor: Editor, seconds: number): Promise<unknown> =>
    fixture.sql(
      `update file_lock set used_at = clock_timestamp() - $2::float8 * interval '1 s', refreshed_at = clock_timestamp() - $2::float8 * interval '1 s',
         taken_at = clock_timestamp() - interval '1 hour' where file_id = $1`,
      [editor.fileId, seconds],
    )
  const silentFor = (editor: Editor, seconds: number): Promise<unknown> =>
    fixture.sql(
      `update coauth_participant set last_seen_at = clock_timestamp() - $2::float8 * interval '1 s' where jti = $1`,
      [jtiOf(editor.token), seconds],
    )

  /** alice and bob had the document; both left; nobody called with the lock for two minutes. carol wants it. */
  async function crashed(): Promise<{ alice: Editor; bob: Editor; carol: Editor }> {
    const alice = await joins('alice', await fixture.newFile('old'))
    const bob = await joins('bob', alice)
    await opensPage(alice)
    await opensPage(bob)
    expect((await alice.lock(OLD)).status).toBe(200)
    await left(alice)
    await left(bob)
    const carol = await joins('carol', alice)
    await lockUnusedFor(alice, 121)
    return { alice, bob, carol }
  }
  const expectKeptOut = async (editor: Editor): Promise<void> => {
    expect(await editor.lock(NEW)).toMatchObject({ status: 409, lock: OLD })
    expect((await editor.getLock()).lock).toBe(OLD)
  }

  it.concurrent('is replaced; saves with the old id are 409 then, and kept', async () => {
    const { alice, carol } = await crashed()
    expect(await carol.lock(NEW)).toMatchObject({ status: 200, version: '1' })
    expect((await carol.getLock()).lock).toBe(NEW)
    expect(await alice.putFile('late', OLD)).toMatchObject({ status: 409, lock: NEW })
    expect(await (await fixture.person('alice')).recoveryItems(alice.fileId)).toMatchObject([
      { reason: 'lock-mismatch', userId: 'alice' },
    ])
    expect((await carol.putFile('new', NEW)).status).toBe(200)
    const line = await fixture.logged(
      ({ event, fileId }) => event === 'lock-replaced' && fileId === carol.fileId,
    )
    expect(line.lockId).toBe(OLD)
  })

  it.concurrent('is replaced when some have said nothing for five minutes', async () => {
    const { alice, bob, carol } = await crashed()
    await fixture.sql(`update coauth_participant set left_at = null, left_reason = null where jti = $1`, [
      jtiOf(bob.token),
    ])
    await silentFor(bob, 299)
    await expectKeptOut(carol)
    await silentFor(bob, 301)
    await lockUnusedFor(alice, 121)
    expect((await carol.lock(NEW)).status).toBe(200)
  })

  const NOT: readonly [string, (scene: { alice: Editor; bob: Editor; carol: Editor }) => Promise<unknown>][] =
    [
      ['a call with its id came less than two minutes ago', ({ alice }) => lockUnusedFor(alice, 119)],
      ['it was just refreshed', ({ alice }) => alice.lock(OLD)],
      ['a save with its id was just accepted', ({ alice }) => alice.putFile('new', OLD)],
      [
        'a save with its id was just refused',
        async ({ alice, bob }) => {
          await (await fixture.person('alice')).revokes(alice.fileId, 'user:bob')
          return bob.putFile('new', OLD)
        },
      ],
      [
        'a Lock with its id was just refused',
        async ({ bob }) => {
          await fixture.tokenEnded(bob, 'revoked_at')
          return bob.lock(OLD)
        },
      ],
      ['one came back', ({ alice }) => opensAgain(alice)],
      [
        'one came without a page',
        async ({ alice }) => {
          const dave = await joins('dave', alice)
          await silentFor(dave, 3600)
          await lockUnusedFor(alice, 121)
        },
      ],
      [
        'one did not say that the page was left, and was there four minutes ago',
        async ({ bob }) => {
          await fixture.sql(`update coauth_participant set left_reason = 'right-lost' where jti = $1`, [
            jtiOf(bob.token),
          ])
          await silentFor(bob, 240)
        },
      ],
      [
        'nobody knows the one who took it',
        ({ alice }) => fixture.sql(`delete from coauth_participant where jti = $1`, [jtiOf(alice.token)]),
      ],
      [
        'there is no session any more by which to know',
        ({ alice }) =>
          fixture.sql(
            `update coauth_session set ended_at = clock_timestamp(), end_reason = 'ended-by-admin' where file_id = $1`,
            [alice.fileId],
          ),
      ],
      [
        'an older server took it, which does not say with whose token',
        ({ alice }) =>
          fixture.sql(`update file_lock set epoch = epoch + 1 where file_id = $1`, [alice.fileId]),
      ],
    ]

  async function opensAgain(alice: Editor): Promise<void> {
    await alice.checkFileInfo()
    await fixture.isSeen(alice)
  }

  it.concurrent.each(NOT)('stays where %s', async (_why, happens) => {
    const scene = await crashed()
    await happens(scene)
    await expectKeptOut(scene.carol)
  })

  it.concurrent('stays where it is another editor that comes, or one without a name', async () => {
    const { alice, carol } = await crashed()
    const elsewhere = await fixture.join(carol, { who: 'carol', page: { ...PAGE, editor: 'cool2' } })
    const nameless = await fixture.join(carol, { who: 'carol' })
    await lockUnusedFor(alice, 121)
    await expectKeptOut(elsewhere)
    await expectKeptOut(nameless)
  })

  it.concurrent('stays where it was taken with a token for no editor in particular', async () => {
    const alice = await fixture.join(await fixture.newFile('old'))
    await alice.checkFileInfo()
    await fixture.isSeen(alice)
    await opensPage(alice)
    await alice.lock(OLD)
    await left(alice)
    await lockUnusedFor(alice, 121)
    await expectKeptOut(await fixture.join(alice))
    await expectKeptOut(await fixture.join(alice, { page: PAGE }))
  })

  it.concurrent('stays for whoever may not edit', async () => {
    const { alice, carol } = await crashed()
    await (await fixture.person('alice')).revokes(alice.fileId, 'user:carol')
    expect((await carol.lock(NEW)).status).toBe(404)
    expect((await alice.getLock()).lock).toBe(OLD)
  })

  fixture.leavesNoTokenInTheLog()
})
