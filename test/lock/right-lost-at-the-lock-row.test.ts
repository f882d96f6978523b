import pg from 'pg'
import { describe, expect, it } from 'vitest'
import type { Editor, WopiAnswer } from '../kit/wopi.js'
import { until } from '../reliability/until.js'
import { useFixture } from '../wopi/fixture.js'

interface Call {
  /** What the call finds when it comes. */
  readonly before?: (editor: Editor) => Promise<unknown>
  readonly call: (editor: Editor) => Promise<WopiAnswer>
}

const COAUTH = { 'X-WOPI-CoauthLockId': 'A', 'X-WOPI-CoauthLockExpirationTimeout': '600' }
const getCoauthLock = (editor: Editor): Promise<WopiAnswer> =>
  editor.operation('GET_COAUTH_LOCK', { ...COAUTH, 'X-WOPI-CoauthLockType': 'Coauth' })

const CALLS: Record<string, Call> = {
  Lock: { call: (editor) => editor.lock('A') },
  'Lock with the held id': { before: (editor) => editor.lock('A'), call: (editor) => editor.lock('A') },
  RefreshLock: { before: (editor) => editor.lock('A'), call: (editor) => editor.refreshLock('A') },
  UnlockAndRelock: {
    before: (editor) => editor.lock('A'),
    call: (editor) => editor.unlockAndRelock('A', 'B'),
  },
  PutFile: { before: (editor) => editor.lock('A'), call: (editor) => editor.putFile('mine', 'A') },
  GetCoauthLock: { call: getCoauthLock },
  RefreshCoauthLock: {
    before: getCoauthLock,
    call: (editor) => editor.operation('REFRESH_COAUTH_LOCK', COAUTH),
  },
}

/** The row itself does not change while they wait: nothing makes PostgreSQL look again by itself. */
describe('R-14: a right that is taken away while a call waits for the lock row', () => {
  const fixture = useFixture({ COAUTH_PROFILE: 'plus' })
  let people = 0

  async function whileItWaits(
    { before, call }: Call,
    meanwhile: (editor: Editor, who: string) => Promise<unknown>,
  ): Promise<{ status: number; unchanged: boolean }> {
    const who = `person${++people}`
    const editor = await fixture.open('content', { who, role: 'editor' })
    await before?.(editor)
    const state = (): Promise<unknown> =>
      fixture.sql(
        `select kind, lock_id, epoch, refreshed_at, coauth_until, version from file_lock where file_id = $1`,
        [editor.fileId],
      )
    const stood = await state()
    const holder = new pg.Client({ connectionString: fixture.tandem.databaseUrl })
    await holder.connect()
    try {
      await holder.query('begin')
      await holder.query(`select from file_lock where file_id = $1 for update`, [editor.fileId])
      const answer = call(editor)
      await until('the call waits', async () => {
        const waiting = await fixture.sql(
          `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
        )
        return waiting.length > 0
      })
      await meanwhile(editor, who)
      await holder.query('rollback')
      const { status } = await answer
      return { status, unchanged: JSON.stringify(await state()) === JSON.stringify(stood) }
    } finally {
      await holder.end()
    }
  }

  it.each(Object.entries(CALLS))('%s is 404, and changes nothing', async (_name, call) => {
    const revoke = ({ fileId }: Editor, who: string): Promise<unknown> =>
      fixture.sql(`delete from access_grant where object_id = $1 and subject = $2`, [fileId, `user:${who}`])
    expect(await whileItWaits(call, revoke)).toEqual({ status: 404, unchanged: true })
  })

  it.each(Object.entries(CALLS))('%s is 401 when it is the token that was revoked', async (_name, call) => {
    const revoke = (editor: Editor): Promise<unknown> => fixture.tokenEnded(editor, 'revoked_at')
    expect(await whileItWaits(call, revoke)).toEqual({ status: 401, unchanged: true })
  })

  it.each(Object.entries(CALLS))('%s is done when the right is still there', async (_name, call) => {
    expect((await whileItWaits(call, () => Promise.resolve())).status).toBe(200)
  })
})
