import { describe, expect, it } from 'vitest'
import { useFixture } from './fixture.js'

describe('DeleteFile', () => {
  const fixture = useFixture()

  it('WOPI.md §8.3: answers 200 and zero bytes; every operation on the file is answered 404 from then on', async () => {
    const editor = await fixture.open('bytes')
    const other = await fixture.join(editor, { who: 'bob', role: 'editor' })
    const answer = await editor.deleteFile()
    expect(answer.status).toBe(200)
    expect(answer.body).toHaveLength(0)
    expect(answer.headers['content-length']).toBe('0')
    for (const who of [editor, other]) {
      const calls = [
        who.checkFileInfo(),
        who.getFile(),
        who.putFile('new', 'A'),
        who.lock('A'),
        who.unlockAndRelock('A', 'B'),
        who.refreshLock('A'),
        who.unlock('A'),
        who.getLock(),
        who.putRelativeFile('x', { 'X-WOPI-SuggestedTarget': 'x.docx' }),
        who.renameFile('x'),
        who.deleteFile(),
        who.putUserInfo('x'),
      ]
      const answers = await Promise.all(calls)
      expect(answers.map(({ status }) => status)).toEqual(Array(12).fill(404))
      expect(answers.map(({ body }) => body.length)).toEqual(Array(12).fill(0))
    }
    await expect((await fixture.person('alice')).seesFile(editor.fileId)).rejects.toThrow('404')
  })

  it('WOPI.md §8.3: a locked file stays: 409 with the current id', async () => {
    const editor = await fixture.open('bytes')
    await editor.lock('A')
    expect(await editor.deleteFile()).toMatchObject({ status: 409, lock: 'A', body: Buffer.alloc(0) })
    expect((await editor.getFile()).body.toString()).toBe('bytes')
    await editor.unlock('A')
    expect((await editor.deleteFile()).status).toBe(200)
  })

  it('R-15: a lock in its grace still protects the file', async () => {
    const editor = await fixture.open('bytes')
    await editor.lock('A')
    await fixture.lockExpiresIn(editor, -30)
    expect(await editor.deleteFile()).toMatchObject({ status: 409, lock: 'A' })
    await fixture.lockExpiresIn(editor, -61)
    expect((await editor.deleteFile()).status).toBe(200)
  })

  it('RELIABILITY-SECURITY.md §3.5: an exclusively locked file stays: 409 with an empty id', async () => {
    const editor = await fixture.open('bytes')
    const lock = { reason: 'export', ttlSeconds: 60 }
    await (await fixture.person('alice')).calls('POST', `/files/${editor.fileId}/exclusive-lock`, lock)
    expect(await editor.deleteFile()).toMatchObject({ status: 409, lock: '' })
    expect((await editor.getFile()).status).toBe(200)
  })

  it('A-03: an editor who does not own the file, and a view token, delete nothing', async () => {
    const alice = await fixture.open('bytes')
    const bob = await fixture.join(alice, { who: 'bob', role: 'editor' })
    const viewing = await fixture.join(alice, { mode: 'view' })
    expect((await bob.deleteFile()).status).toBe(404)
    expect((await viewing.deleteFile()).status).toBe(404)
    expect((await alice.getFile()).body.toString()).toBe('bytes')
  })

  it('frees the name for a new file', async () => {
    const editor = await fixture.open('old', { name: 'Reborn.docx' })
    await editor.deleteFile()
    const reborn = await fixture.open('new', { name: 'Reborn.docx' })
    expect(reborn.fileId).not.toBe(editor.fileId)
    expect((await reborn.getFile()).body.toString()).toBe('new')
  })

  fixture.leavesNoTokenInTheLog()
})
