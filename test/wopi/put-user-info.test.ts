import { describe, expect, it } from 'vitest'
import type { Editor } from '../kit/wopi.js'
import { useFixture } from './fixture.js'

describe('PutUserInfo', () => {
  const fixture = useFixture()

  const userInfo = async (editor: Editor): Promise<unknown> =>
    (await editor.checkFileInfo()).json<Record<string, unknown>>()['UserInfo']

  it('WOPI.md §8.4: answers 200 and zero bytes; CheckFileInfo tells the text from then on, for every file of the user', async () => {
    const one = await fixture.open('bytes')
    const two = await fixture.open('bytes')
    expect(await userInfo(one)).toBeUndefined()
    const answer = await one.putUserInfo('{"seen":["tip 1"]}')
    expect(answer.status).toBe(200)
    expect(answer.body).toHaveLength(0)
    expect(answer.headers['content-length']).toBe('0')
    expect(await userInfo(one)).toBe('{"seen":["tip 1"]}')
    expect(await userInfo(two)).toBe('{"seen":["tip 1"]}')
    await two.putUserInfo('newer')
    expect(await userInfo(one)).toBe('newer')
  })

  it('WOPI.md §8.4: is nobody else’s, and needs no right to write', async () => {
    const alice = await fixture.open('bytes')
    const carol = await fixture.join(alice, { who: 'carol', role: 'viewer', mode: 'view' })
    await alice.putUserInfo('of alice')
    expect((await carol.putUserInfo('of carol')).status).toBe(200)
    expect([await userInfo(alice), await userInfo(carol)]).toEqual(['of alice', 'of carol'])
  })

  it('WOPI.md §8.4: needs no lock and changes no version', async () => {
    const alice = await fixture.open('bytes')
    const bob = await fixture.join(alice, { who: 'bob', role: 'editor' })
    await bob.lock('A')
    expect((await alice.putUserInfo('text')).status).toBe(200)
    expect((await alice.checkFileInfo()).json()).toMatchObject({ Version: '1' })
    expect((await bob.getLock()).lock).toBe('A')
  })

  it('WOPI.md §8.4: 1024 characters are kept, more are answered 413 and change nothing', async () => {
    const editor = await fixture.open('bytes')
    expect((await editor.putUserInfo('x'.repeat(1024))).status).toBe(200)
    const answer = await editor.putUserInfo('y'.repeat(1025))
    expect(answer.status).toBe(413)
    expect(answer.body).toHaveLength(0)
    expect(await userInfo(editor)).toBe('x'.repeat(1024))
  })

  it.each([
    ['what is not ASCII', 'naïve'],
    ['a NUL', 'a\u0000b'],
  ])('WOPI.md §8.4: %s is answered 400 and changes nothing', async (_title, text) => {
    const editor = await fixture.open('bytes')
    await editor.putUserInfo('before')
    const answer = await editor.putUserInfo(text)
    expect(answer.status).toBe(400)
    expect(answer.headers['x-wopi-servererror']).toBe('UserInfo is not ASCII')
    expect(await userInfo(editor)).toBe('before')
  })

  it('WOPI.md §8.4: an empty body forgets the text; CheckFileInfo tells none', async () => {
    const editor = await fixture.open('bytes')
    await editor.putUserInfo('before')
    expect((await editor.putUserInfo('')).status).toBe(200)
    expect((await userInfo(editor)) ?? '').toBe('')
  })

  fixture.leavesNoTokenInTheLog()
})
