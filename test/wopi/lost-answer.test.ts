import { describe, expect, it } from 'vitest'
import type { EditorPage } from '../kit/editor-tokens.js'
import type { Editor, WopiAnswer } from '../kit/wopi.js'
import { useFixture } from './fixture.js'

const PAGE: EditorPage = { editor: 'docs', family: 'onlyoffice' }

/** Tandem commits a save, and ONLYOFFICE never hears of it: its next saves carry the timestamp of before. */
describe('ADR 21: a save after one whose answer was lost', () => {
  const fixture = useFixture()

  const modifiedAt = async (editor: Editor): Promise<string> =>
    (await editor.checkFileInfo()).json<{ LastModifiedTime: string }>().LastModifiedTime
  const save = (editor: Editor, text: string, base: string, lockId = editor.fileId): Promise<WopiAnswer> =>
    editor.putFile(text, lockId, { 'X-LOOL-WOPI-Timestamp': base })
  const open = async (page: EditorPage | null = PAGE): Promise<{ editor: Editor; base: string }> => {
    const file = await fixture.newFile('old')
    const editor = await fixture.join(file, { ...(page && { page }) })
    await editor.lock(file.id)
    return { editor, base: await modifiedAt(editor) }
  }
  const alice = (): ReturnType<typeof fixture.person> => fixture.person('alice')

  async function expectChangedOutside(editor: Editor, answer: WopiAnswer): Promise<void> {
    expect(answer).toMatchObject({ status: 409, lock: editor.fileId })
    expect(answer.json()).toEqual({ COOLStatusCode: 1010, LOOLStatusCode: 1010 })
    expect(await (await alice()).recoveryItems(editor.fileId)).toMatchObject([{ reason: 'external-change' }])
  }

  it('is accepted, as often as answers are lost, and nothing is called a change from outside', async () => {
    const { editor, base } = await open()
    for (const [index, text] of ['one', 'two', 'three'].entries()) {
      expect(await save(editor, text, base)).toMatchObject({ status: 200, version: String(index + 2) })
    }
    expect((await editor.getFile()).body.toString()).toBe('three')
    expect(await (await alice()).recoveryItems(editor.fileId)).toEqual([])
  })

  it('is accepted when it was the token of somebody else in the same editor that saved', async () => {
    const { editor, base } = await open()
    const bob = await fixture.join(editor, { who: 'bob', role: 'editor', page: PAGE })
    expect((await save(bob, 'one', base)).status).toBe(200)
    expect((await save(editor, 'two', base)).status).toBe(200)
  })

  it('is accepted when the lost save had the bytes of the head', async () => {
    const { editor, base } = await open()
    expect((await save(editor, 'old', base)).status).toBe(200)
    expect((await save(editor, 'one', base)).status).toBe(200)
    expect((await save(editor, 'two', base)).status).toBe(200)
  })

  it('is accepted when the lost save took the lock again', async () => {
    const { editor } = await open()
    await fixture.lockExpiresIn(editor, -3600)
    const base = await modifiedAt(editor)
    expect((await save(editor, 'one', base)).status).toBe(200)
    expect((await save(editor, 'two', base)).status).toBe(200)
  })

  const OUTSIDE: readonly [string, (editor: Editor) => Promise<unknown>][] = [
    [
      'by a token for another editor that shares the lock id',
      async (editor) => {
        const page = { ...PAGE, editor: 'docs2' }
        const other = await fixture.join(editor, { who: 'bob', role: 'editor', page })
        return save(other, 'theirs', await modifiedAt(other))
      },
    ],
    [
      'by a token for no editor in particular',
      async (editor) => save(await fixture.join(editor), 'theirs', await modifiedAt(editor)),
    ],
    [
      'by REST, between two holdings of the lock',
      async (editor) => {
        await editor.unlock(editor.fileId)
        const path = `/files/${editor.fileId}/content`
        const answer = await (await alice()).calls('PUT', path, 'theirs', { 'if-match': '"1"' })
        await editor.lock(editor.fileId)
        return answer
      },
    ],
    [
      'by its own editor, but in a holding before',
      async (editor) => {
        const answer = await save(editor, 'theirs', await modifiedAt(editor))
        await editor.unlock(editor.fileId)
        await editor.lock(editor.fileId)
        return answer
      },
    ],
    [
      'by its own editor, before the lock expired and was taken anew',
      async (editor) => {
        const answer = await save(editor, 'theirs', await modifiedAt(editor))
        await fixture.lockExpiresIn(editor, -3600)
        await editor.lock(editor.fileId)
        return answer
      },
    ],
    [
      'before the migration, which recorded no holding',
      async (editor) => {
        const answer = await save(editor, 'theirs', await modifiedAt(editor))
        await fixture.sql(`update file_version set lock_epoch = null, editor = null where file_id = $1`, [
          editor.fileId,
        ])
        return answer
      },
    ],
  ]

  it.each(OUTSIDE)('is refused where the head was changed %s', async (_how, change) => {
    const { editor, base } = await open()
    expect(await change(editor)).toMatchObject({ status: 200 })
    await expectChangedOutside(editor, await save(editor, 'mine', base))
  })

  it('is refused where one of many versions since came from outside', async () => {
    const { editor, base } = await open()
    const other = await fixture.join(editor, { page: { ...PAGE, editor: 'docs2' } })
    await save(editor, 'one', base)
    await save(other, 'theirs', await modifiedAt(other))
    await save(editor, 'three', await modifiedAt(editor))
    await expectChangedOutside(editor, await save(editor, 'mine', base))
  })

  it('is refused where a version since is gone: nobody can tell any more whose it was', async () => {
    const { editor, base } = await open()
    await save(editor, 'one', base)
    await save(editor, 'two', base)
    await fixture.sql(`delete from file_version where file_id = $1 and version = 2`, [editor.fileId])
    await expectChangedOutside(editor, await save(editor, 'mine', base))
  })

  it('is refused with a base that no version ever had', async () => {
    const { editor } = await open()
    await expectChangedOutside(editor, await save(editor, 'mine', '2020-02-30T25:00:00.000000Z'))
  })

  it('is refused where the saving token is for no editor in particular', async () => {
    const { editor, base } = await open(null)
    await save(editor, 'one', base)
    await expectChangedOutside(editor, await save(editor, 'mine', base))
  })

  it('is refused with another lock id, before its base is looked at', async () => {
    const { editor, base } = await open()
    await save(editor, 'one', base)
    expect(await save(editor, 'mine', base, 'another')).toMatchObject({ status: 409, lock: editor.fileId })
  })

  it('is refused when the lock has expired: it is not the lock held', async () => {
    const { editor, base } = await open()
    await save(editor, 'one', base)
    await fixture.lockExpiresIn(editor, -3600)
    expect(await save(editor, 'mine', base)).toMatchObject({ status: 409, lock: '' })
  })

  fixture.leavesNoTokenInTheLog()
})
