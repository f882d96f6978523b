import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { jtiOf, type EditorPage } from '../kit/editor-tokens.js'
import type { Editor, Headers, WopiAnswer } from '../kit/wopi.js'
import { useFixture } from './fixture.js'

const COLLABORA = { 'User-Agent': 'COOLWSD HTTP Agent 25.04.1.1', 'X-COOL-WOPI-ServerId': '1a2b3c' }
const ONLYOFFICE_PAGE: EditorPage = { editor: 'docs', family: 'onlyoffice' }
const WORD_PAGE: EditorPage = { editor: 'office', family: 'microsoft' }

const FAMILIES: readonly [string, string, Headers, string][] = [
  ['Collabora', 'cool-lock1a2b3c4d', COLLABORA, 'X-COOL-WOPI-Timestamp'],
  ['ONLYOFFICE', 'the-file', { 'X-LOOL-WOPI-IsAutosave': 'false' }, 'X-LOOL-WOPI-Timestamp'],
]

describe('ADR 21: a save on a file whose lock is gone', () => {
  const fixture = useFixture()

  const modifiedAt = async (editor: Editor): Promise<string> =>
    (await editor.checkFileInfo()).json<{ LastModifiedTime: string }>().LastModifiedTime
  const content = async (editor: Editor): Promise<string> => (await editor.getFile()).body.toString()
  const kept = async (editor: Editor): Promise<unknown[]> =>
    (await fixture.person('alice')).recoveryItems(editor.fileId)
  const epoch = async (editor: Editor): Promise<number> => {
    const [row] = await fixture.sql(`select epoch::int from file_lock where file_id = $1`, [editor.fileId])
    return Number(row?.['epoch'])
  }
  function expectChangedOutside(answer: WopiAnswer): void {
    expect(answer).toMatchObject({ status: 409, lock: '' })
    expect(answer.json()).toEqual({ COOLStatusCode: 1010, LOOLStatusCode: 1010 })
  }
  /** The document as it is after the editors' lock has expired. */
  const expired = async (lockId: string, page?: EditorPage): Promise<Editor> => {
    const editor = await fixture.open('old')
    const here = page ? await fixture.join(editor, { page }) : editor
    await here.lock(lockId)
    await fixture.lockExpiresIn(here, -3600)
    return here
  }

  describe.each(FAMILIES)('%s', (_name, lockId, headers, timestamp) => {
    it('is accepted on top of the head, and takes the lock again, as if a Lock came first', async () => {
      const editor = await expired(lockId)
      const before = await epoch(editor)
      const base = await modifiedAt(editor)
      const answer = await editor.putFile('new', lockId, { ...headers, [timestamp]: base })
      expect(answer).toMatchObject({ status: 200, version: '2' })
      expect((await editor.getLock()).lock).toBe(lockId)
      expect(await fixture.lockLivesFor(editor)).toBeGreaterThan(1700)
      expect(await epoch(editor)).toBe(before + 1)
      const next = { ...headers, [timestamp]: answer.json<{ LastModifiedTime: string }>().LastModifiedTime }
      expect((await editor.putFile('newer', lockId, next)).status).toBe(200)
      expect(await content(editor)).toBe('newer')
    })

    it('is accepted on a file that was unlocked, or never locked', async () => {
      const editor = await fixture.open('old')
      const base = { ...headers, [timestamp]: await modifiedAt(editor) }
      expect((await editor.putFile('new', lockId, base)).status).toBe(200)
      await editor.unlock(lockId)
      const next = { ...headers, [timestamp]: await modifiedAt(editor) }
      expect((await editor.putFile('newer', lockId, next)).status).toBe(200)
      expect((await editor.getLock()).lock).toBe(lockId)
    })

    it('is told that the file was changed when its base is not the head, and is kept', async () => {
      const editor = await expired(lockId)
      const stale = await modifiedAt(editor)
      const [alice, { version }] = [
        await fixture.person('alice'),
        await (await fixture.person('alice')).seesFile(editor.fileId),
      ]
      await alice.calls('PUT', `/files/${editor.fileId}/content`, 'by REST', { 'if-match': `"${version}"` })
      expectChangedOutside(await editor.putFile('mine', lockId, { ...headers, [timestamp]: stale }))
      expect(await content(editor)).toBe('by REST')
      expect((await editor.getLock()).lock).toBe('')
      expect(await kept(editor)).toMatchObject([{ reason: 'external-change' }])
    })

    it('is 409 on a file that is locked by another id, whatever its base', async () => {
      const editor = await fixture.open('old')
      await editor.lock('another')
      const base = await modifiedAt(editor)
      expect(await editor.putFile('mine', lockId, { ...headers, [timestamp]: base })).toMatchObject({
        status: 409,
        lock: 'another',
      })
      expect((await editor.getLock()).lock).toBe('another')
    })

    it('is 409 without a lock id', async () => {
      const editor = await fixture.open('old')
      const base = await modifiedAt(editor)
      const answer = await editor.putFile('mine', undefined, { ...headers, [timestamp]: base })
      expect(answer).toMatchObject({ status: 409, lock: '' })
      expect(answer.body).toHaveLength(0)
      expect(await kept(editor)).toMatchObject([{ reason: 'not-locked' }])
    })

    it('is refused to one who lost the right', async () => {
      const alice = await fixture.open('old')
      const bob = await fixture.join(alice, { who: 'bob', role: 'editor' })
      const base = await modifiedAt(bob)
      await (await fixture.person('alice')).revokes(bob.fileId, 'user:bob')
      expect((await bob.putFile('mine', lockId, { ...headers, [timestamp]: base })).status).toBe(404)
      expect((await alice.getLock()).lock).toBe('')
    })

    it('is 409 while the file is locked exclusively', async () => {
      const editor = await fixture.open('old')
      const base = await modifiedAt(editor)
      const admin = await fixture.tandem.person('root', 'admin')
      const body = { reason: 'batch', ttlSeconds: 600 }
      expect((await admin.calls('POST', `/files/${editor.fileId}/exclusive-lock`, body)).status).toBeLessThan(
        300,
      )
      const answer = await editor.putFile('mine', lockId, { ...headers, [timestamp]: base })
      expect(answer).toMatchObject({ status: 409, lock: '' })
    })
  })

  it('WOPI.md §6.2: is 409 for Microsoft, whose saves have no base', async () => {
    const editor = await expired('{"S":"1"}', WORD_PAGE)
    const answer = await editor.putFile('new', '{"S":"1"}')
    expect(answer).toMatchObject({ status: 409, lock: '' })
    expect(await kept(editor)).toMatchObject([{ reason: 'not-locked' }])
  })

  it('is 409 for ONLYOFFICE without a timestamp: only Collabora says something by that', async () => {
    const editor = await expired('id', ONLYOFFICE_PAGE)
    for (const attempt of ['one', 'two']) {
      expect(await editor.putFile(attempt, 'id')).toMatchObject({ status: 409, lock: '' })
    }
  })

  describe('that its user of Collabora chose to overwrite', () => {
    const lockId = 'cool-lock1a2b3c4d'
    const base = (LastModifiedTime: string): Headers => ({
      ...COLLABORA,
      'X-COOL-WOPI-Timestamp': LastModifiedTime,
    })
    const replaceByRest = async (editor: Editor, text: string): Promise<void> => {
      const alice = await fixture.person('alice')
      const { version } = await alice.seesFile(editor.fileId)
      const answer = await alice.calls('PUT', `/files/${editor.fileId}/content`, text, {
        'if-match': `"${version}"`,
      })
      expect(answer.status).toBe(200)
    }
    /** Changed outside, and told so. */
    const conflicted = async (): Promise<Editor> => {
      const editor = await expired(lockId)
      const stale = await modifiedAt(editor)
      await replaceByRest(editor, 'by REST')
      expectChangedOutside(await editor.putFile('mine', lockId, base(stale)))
      return editor
    }

    it('is accepted after a 409 for this head, and takes the lock again', async () => {
      const editor = await conflicted()
      expect(await editor.putFile('mine', lockId, COLLABORA)).toMatchObject({ status: 200, version: '3' })
      expect(await content(editor)).toBe('mine')
      expect((await editor.getLock()).lock).toBe(lockId)
    })

    it('is 409 without one, once; then its user has been told', async () => {
      const editor = await expired(lockId)
      expect(await editor.putFile('mine', lockId, COLLABORA)).toMatchObject({ status: 409, lock: '' })
      expect(await kept(editor)).toMatchObject([{ reason: 'not-locked' }])
      expect((await editor.putFile('mine', lockId, COLLABORA)).status).toBe(200)
    })

    it('is 409 when the head is another one by now, until its user has been told of that', async () => {
      const editor = await conflicted()
      await replaceByRest(editor, 'by REST again')
      expectChangedOutside(await editor.putFile('mine', lockId, COLLABORA))
      expect(await content(editor)).toBe('by REST again')
      expect((await editor.putFile('mine', lockId, COLLABORA)).status).toBe(200)
    })

    it('is 409 more than ten minutes later', async () => {
      const editor = await conflicted()
      await fixture.sql(
        `update access_token set refused_at = refused_at - interval '10 minutes' where jti = $1`,
        [jtiOf(editor.token)],
      )
      expect(await editor.putFile('mine', lockId, COLLABORA)).toMatchObject({ status: 409, lock: '' })
      expect(await content(editor)).toBe('by REST')
    })

    it('is 409 when it was another token that was told', async () => {
      const editor = await conflicted()
      const other = await fixture.join(editor)
      expect(await other.putFile('mine', lockId, COLLABORA)).toMatchObject({ status: 409, lock: '' })
    })

    it('is 409 when somebody else has the file by now', async () => {
      const editor = await conflicted()
      await (await fixture.join(editor)).lock('another')
      expect(await editor.putFile('mine', lockId, COLLABORA)).toMatchObject({ status: 409, lock: 'another' })
    })

    it.each(['without a lock', 'under its lock'])(
      'leaves what it replaced in the history for good, %s',
      async (how) => {
        const editor = await fixture.open('old')
        await editor.lock(lockId)
        const stale = await modifiedAt(editor)
        // Saves of one session fold: of these, only the last would be listed.
        await editor.putFile('by somebody', lockId)
        if (how === 'without a lock') await editor.unlock(lockId)
        expect((await editor.putFile('mine', lockId, base(stale))).status).toBe(409)
        for (const text of ['mine', 'mine still']) {
          const answer = await editor.putFile(
            text,
            lockId,
            how === 'under its lock' || text === 'mine' ? COLLABORA : base(await modifiedAt(editor)),
          )
          expect(answer.status).toBe(200)
        }
        const listed = await (await fixture.person('alice')).calls('GET', `/files/${editor.fileId}/versions`)
        const sha256 = createHash('sha256').update('by somebody').digest('hex')
        expect(listed.json<{ items: unknown[] }>().items).toContainEqual(
          expect.objectContaining({ version: '2', sha256 }),
        )
      },
    )
  })

  fixture.leavesNoTokenInTheLog()
})
