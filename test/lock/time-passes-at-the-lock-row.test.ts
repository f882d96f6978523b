import pg from 'pg'
import { describe, expect, it } from 'vitest'
import { waiting } from '../kit/gate.js'
import type { Editor, WopiAnswer } from '../kit/wopi.js'
import { NativeClient } from '../wopi/native-client.js'
import { useFixture } from '../wopi/fixture.js'

/** What it comes to when the lock dies while the call waits for the row: the time of before the wait counts for nothing. */
describe('RELIABILITY-SECURITY.md §2.2: a lock that dies while a call waits for its row', () => {
  const fixture = useFixture({ COAUTH_PROFILE: 'plus', LOCK_GRACE_SECONDS: '0' })

  const CALLS: Record<string, (editor: Editor) => Promise<WopiAnswer>> = {
    RefreshLock: (editor) => editor.refreshLock('L'),
    UnlockAndRelock: (editor) => editor.unlockAndRelock('L', 'M'),
    Unlock: (editor) => editor.unlock('L'),
    PutFile: (editor) => editor.putFile('too late', 'L'),
  }

  async function whileItWaits(
    { fileId }: Editor,
    call: () => Promise<WopiAnswer>,
    dies: string,
  ): Promise<WopiAnswer> {
    const holder = new pg.Client({ connectionString: fixture.tandem.databaseUrl })
    await holder.connect()
    try {
      await holder.query('begin')
      await holder.query('select from file_lock where file_id = $1 for no key update', [fileId])
      const answer = call()
      await waiting(fixture.tandem.databaseUrl, 1)
      await holder.query(dies, [fileId])
      await holder.query('commit')
      return await answer
    } finally {
      await holder.end()
    }
  }

  it.each(Object.entries(CALLS))('%s is 409, and there is no lock', async (_name, call) => {
    const editor = await fixture.open('content')
    expect((await editor.lock('L')).status).toBe(200)
    const dies = 'update file_lock set expires_at = clock_timestamp() where file_id = $1'
    const answer = await whileItWaits(editor, () => call(editor), dies)
    expect([answer.status, answer.lock]).toEqual([409, ''])
    expect((await editor.getLock()).lock).toBe('')
    expect((await editor.getFile()).version).toBe('1')
  })

  it.each(['refresh', 'unlock'] as const)(
    'the %s of a coauth lock is 409, and there is none',
    async (what) => {
      const editor = await fixture.open('content')
      const client = new NativeClient(editor, 'A')
      expect((await client.get()).status).toBe(200)
      const dies = 'update coauth_lock set expires_at = clock_timestamp() where file_id = $1'
      expect((await whileItWaits(editor, () => client[what](), dies)).status).toBe(409)
      expect((await client.refresh()).status).toBe(409)
    },
  )

  fixture.leavesNoTokenInTheLog()
})
