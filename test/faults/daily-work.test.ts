import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { expectStatus, join, LOCK, statusOf } from '../coauth/fixture.js'
import { Watcher } from '../events/watcher.js'
import { put, sequenceOf, textOf } from '../incremental/plus-client.js'
import { Tandem } from '../kit/tandem.js'
import { NativeClient } from '../wopi/native-client.js'

/**
 * What people do every day, one after the other. A planted fault must not show here (`verdict.ts`): it stands for what
 * gets through as long as everything goes well.
 */
describe('a day’s work', () => {
  let tandem: Tandem
  beforeAll(async () => {
    tandem = await Tandem.start(inject('postgres'), {
      env: { COAUTH_PROFILE: 'plus', EVENT_HEARTBEAT_SECONDS: '0.2' },
    })
  })
  afterAll(() => tandem.stop())

  it('two people edit a document, one after the other saves, and both leave', async () => {
    const { id } = await tandem.sharedFile('content', { bob: 'editor' })
    const alice = await tandem.editor(await tandem.person('alice'), id)
    const bob = await tandem.editor(await tandem.person('bob'), id)
    const watcher = await Watcher.watch(await tandem.person('alice'), { query: `?file=${id}` })
    await join(alice)
    await join(bob)
    expect(await statusOf(tandem, id)).toMatchObject({ state: 'editing', editorCount: 2 })
    expectStatus(await alice.putFile('of alice', LOCK), 200)
    expectStatus(await bob.refreshLock(LOCK), 200)
    expectStatus(await bob.putFile('of bob', LOCK), 200)
    expect((await bob.getFile()).body.toString()).toBe('of bob')
    expectStatus(await bob.unlockAndRelock(LOCK, 'next'), 200)
    expectStatus(await bob.unlock('next'), 200)
    await watcher.has(5)
    watcher.close()
  })

  it('native clients have coauth locks, and save by chunks', async () => {
    const { id } = await tandem.sharedFile('content')
    const editor = await tandem.editor(await tandem.person('alice'), id)
    const client = new NativeClient(editor, 'A')
    for (const call of [() => client.get(), () => client.refresh(), () => client.unlock()])
      expectStatus(await call(), 200)
    expectStatus(await editor.lock('L'), 200)
    const streams = [{ bytes: Buffer.from('in chunks') }]
    const sequence = await sequenceOf(editor)
    expectStatus(await put(editor, { sequence, streams, headers: { 'X-WOPI-Lock': 'L' } }), 200)
    expect(await textOf(editor, 'MainContent')).toBe('in chunks')
  })

  it('an owner uploads, goes back to a version, deletes and restores', async () => {
    const alice = await tandem.person('alice')
    const { id } = await tandem.sharedFile('content')
    const upload = await alice.calls('PUT', `/files/${id}/content`, 'uploaded', { 'if-match': '"1"' })
    expect(upload.status).toBe(200)
    expect((await alice.calls('POST', `/files/${id}/versions/1/restore`)).status).toBe(200)
    expect((await alice.downloads(id)).toString()).toBe('content')
    expect((await alice.calls('DELETE', `/files/${id}`)).status).toBe(204)
    expect((await alice.calls('POST', `/bin/${id}/restore`, {})).status).toBe(200)
    await alice.grants(id, 'user:carol', 'viewer')
    await alice.revokes(id, 'user:carol')
  })
})
