import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import pg from 'pg'
import { describe, expect, it } from 'vitest'
import { putBody } from '../incremental/plus-client.js'
import { waiting } from '../kit/gate.js'
import type { Editor, WopiAnswer } from '../kit/wopi.js'
import { NativeClient } from './native-client.js'
import { useFixture } from './fixture.js'

interface Loss {
  readonly meanwhile: (editor: Editor, who: string) => Promise<unknown>
  readonly status: number
  /** Why the bytes of a save are kept. */
  readonly reason: string
}

describe('a right that ends after a call was let in', () => {
  const fixture = useFixture({ COAUTH_PROFILE: 'plus' })
  let people = 0

  const LOSSES: Record<string, Loss> = {
    'the account is disabled': {
      meanwhile: (_editor, who) =>
        fixture.sql('update user_account set disabled_at = clock_timestamp() where id = $1', [who]),
      status: 401,
      reason: 'token-revoked',
    },
    'the token is revoked': {
      meanwhile: (editor) => fixture.tokenEnded(editor, 'revoked_at'),
      status: 401,
      reason: 'token-revoked',
    },
    'the token expires': {
      meanwhile: (editor) => fixture.tokenEnded(editor, 'expires_at'),
      status: 401,
      reason: 'token-expired',
    },
    'the right is taken away': {
      meanwhile: async ({ fileId }, who) => (await fixture.person('alice')).revokes(fileId, `user:${who}`),
      status: 404,
      reason: 'permission-revoked',
    },
    'the right is lowered': {
      meanwhile: async ({ fileId }, who) =>
        (await fixture.person('alice')).grants(fileId, `user:${who}`, 'viewer'),
      status: 404,
      reason: 'permission-revoked',
    },
  }

  async function somebody(): Promise<{ who: string; editor: Editor }> {
    const who = `person${++people}`
    const editor = await fixture.open('content', { who, role: 'editor' })
    return { who, editor }
  }

  const BYTES = randomBytes(100_000)
  const SAVES: Record<string, (editor: Editor, body: (whole: Buffer) => Readable) => Promise<WopiAnswer>> = {
    PutFile: (editor, body) => editor.putFile(body(BYTES), 'L'),
    PutChunkedFile: async (editor, body) => {
      const whole = await putBody({ streams: [{ bytes: BYTES }] })
      const headers = {
        'X-WOPI-Override': 'PUT_CHUNKED_FILE',
        'X-WOPI-SequenceNumber': '1',
        'X-WOPI-Lock': 'L',
      }
      return editor.call('POST', '/contents', headers, body(whole))
    },
  }

  /** The second half of the body comes when `meanwhile` has happened: whoever looks at the beginning only is fooled. */
  async function whileTheBodyComes(
    editor: Editor,
    save: (typeof SAVES)[string],
    meanwhile: () => Promise<unknown>,
  ): Promise<WopiAnswer> {
    const isWritten = await fixture.nextUpload()
    return save(editor, (whole) => {
      const half = Math.floor(whole.length / 2)
      async function* halves(): AsyncGenerator<Buffer> {
        yield whole.subarray(0, half)
        await isWritten()
        await meanwhile()
        yield whole.subarray(half)
      }
      return Readable.from(halves(), { objectMode: false })
    })
  }

  describe.each(Object.entries(SAVES))('%s, while its body comes', (_name, save) => {
    it.each(Object.entries(LOSSES))('%s: refused, unchanged, and kept', async (_how, loss) => {
      const { who, editor } = await somebody()
      expect((await editor.lock('L')).status).toBe(200)
      const { status } = await whileTheBodyComes(editor, save, () => loss.meanwhile(editor, who))
      expect(status).toBe(loss.status)
      const alice = await fixture.person('alice')
      expect((await alice.downloads(editor.fileId)).toString()).toBe('content')
      expect(await alice.versions(editor.fileId)).toHaveLength(1)
      expect(await alice.recoveryItems(editor.fileId)).toMatchObject([
        { reason: loss.reason, userId: who, size: BYTES.length },
      ])
    })

    it('nothing of this: stored', async () => {
      const { editor } = await somebody()
      expect((await editor.lock('L')).status).toBe(200)
      expect((await whileTheBodyComes(editor, save, () => Promise.resolve())).status).toBe(200)
      expect((await editor.getFile()).body.equals(BYTES)).toBe(true)
    })

    it('the lock goes to somebody else: 409, and kept', async () => {
      const { editor } = await somebody()
      expect((await editor.lock('L')).status).toBe(200)
      const { status, lock } = await whileTheBodyComes(editor, save, () => editor.unlockAndRelock('L', 'M'))
      expect([status, lock]).toEqual([409, 'M'])
      expect((await editor.getFile()).body.toString()).toBe('content')
      const alice = await fixture.person('alice')
      expect(await alice.recoveryItems(editor.fileId)).toMatchObject([{ reason: 'lock-mismatch' }])
    })
  })

  const CALLS: Record<string, (editor: Editor) => Promise<WopiAnswer>> = {
    Lock: (editor) => editor.lock('L'),
    'Lock again': async (editor) => editor.lock('held'),
    RefreshLock: (editor) => editor.refreshLock('held'),
    UnlockAndRelock: (editor) => editor.unlockAndRelock('held', 'M'),
    GetCoauthLock: (editor) => new NativeClient(editor, 'A').get(),
  }

  describe.each(Object.entries(CALLS))('%s, while it waits for the lock row', (name, call) => {
    it.each(Object.entries(LOSSES))('%s: refused, and nothing changes', async (_how, loss) => {
      const { who, editor } = await somebody()
      const { fileId } = editor
      if (name !== 'Lock' && name !== 'GetCoauthLock') expect((await editor.lock('held')).status).toBe(200)
      const row = (): Promise<unknown> =>
        fixture.sql(
          'select kind, lock_id, epoch, refreshed_at, coauth_until from file_lock where file_id = $1',
          [fileId],
        )
      const before = await row()
      const holder = new pg.Client({ connectionString: fixture.tandem.databaseUrl })
      await holder.connect()
      await holder.query('begin')
      await holder.query('select from file_lock where file_id = $1 for update', [fileId])
      const answer = call(editor)
      await waiting(fixture.tandem.databaseUrl, 1)
      await loss.meanwhile(editor, who)
      await holder.query('rollback')
      await holder.end()
      expect((await answer).status).toBe(loss.status)
      expect(await row()).toEqual(before)
    })
  })

  fixture.leavesNoTokenInTheLog()
})
