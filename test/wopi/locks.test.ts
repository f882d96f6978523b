import { describe, expect, inject, it } from 'vitest'
import { Tandem } from '../kit/tandem.js'
import { Editor } from '../kit/wopi.js'
import { expectConflict, expectEmpty, expectGranted } from './lock-answers.js'
import { exchange, post } from './raw-http.js'
import { useFixture } from './fixture.js'

const GRANTED = { status: 200, lock: undefined }

describe('WOPI locks', () => {
  const fixture = useFixture()

  describe('WOPI.md §7.2: the state table', () => {
    it('Lock on an unlocked file takes it', async () => {
      const editor = await fixture.open('bytes')
      expectGranted(await editor.lock('A'))
      expect((await editor.getLock()).lock).toBe('A')
    })

    it('Lock with the held id restarts the timer', async () => {
      const editor = await fixture.open('bytes')
      await editor.lock('A')
      await fixture.lockExpiresIn(editor, 5)
      expectGranted(await editor.lock('A'))
      expect(await fixture.lockLivesFor(editor)).toBeGreaterThan(1700)
      expect(await fixture.lockLivesFor(editor)).toBeLessThanOrEqual(1800)
    })

    it('Lock with another id answers 409 with the current one', async () => {
      const editor = await fixture.open('bytes')
      await editor.lock('A')
      expectConflict(await editor.lock('B'), 'A')
      expect((await editor.getLock()).lock).toBe('A')
    })

    it('UnlockAndRelock on an unlocked file answers 409 with an empty id, and locks nothing', async () => {
      const editor = await fixture.open('bytes')
      expectConflict(await editor.unlockAndRelock('A', 'B'), '')
      expect((await editor.getLock()).lock).toBe('')
    })

    it('UnlockAndRelock with the held id swaps it and restarts the timer', async () => {
      const editor = await fixture.open('bytes')
      await editor.lock('A')
      await fixture.lockExpiresIn(editor, 5)
      expectGranted(await editor.unlockAndRelock('A', 'B'))
      expect((await editor.getLock()).lock).toBe('B')
      expect(await fixture.lockLivesFor(editor)).toBeGreaterThan(1700)
      expectConflict(await editor.unlock('A'), 'B')
    })

    it('pain 23: UnlockAndRelock with another old id answers 409 with the current one, even if the new one is it', async () => {
      const editor = await fixture.open('bytes')
      await editor.lock('A')
      expectConflict(await editor.unlockAndRelock('X', 'B'), 'A')
      expectConflict(await editor.unlockAndRelock('X', 'A'), 'A')
      expect((await editor.getLock()).lock).toBe('A')
    })

    it('RefreshLock on an unlocked file answers 409 with an empty id', async () => {
      const editor = await fixture.open('bytes')
      expectConflict(await editor.refreshLock('A'), '')
      expect((await editor.getLock()).lock).toBe('')
    })

    it('pain 14: RefreshLock with the held id restarts the timer', async () => {
      const editor = await fixture.open('bytes')
      await editor.lock('A')
      await fixture.lockExpiresIn(editor, 5)
      expectGranted(await editor.refreshLock('A'))
      expect(await fixture.lockLivesFor(editor)).toBeGreaterThan(1700)
    })

    it('RefreshLock with another id answers 409 with the current one, and restarts nothing', async () => {
      const editor = await fixture.open('bytes')
      await editor.lock('A')
      await fixture.lockExpiresIn(editor, 100)
      expectConflict(await editor.refreshLock('B'), 'A')
      expect(await fixture.lockLivesFor(editor)).toBeLessThanOrEqual(100)
    })

    it('Unlock on an unlocked file answers 409 with an empty id', async () => {
      const editor = await fixture.open('bytes')
      expectConflict(await editor.unlock('A'), '')
    })

    it('pain 10: Unlock with the held id frees the file at once, for anybody', async () => {
      const editor = await fixture.open('bytes')
      await editor.lock('A')
      expectGranted(await editor.unlock('A'))
      const freed = await editor.getLock()
      expect(freed).toMatchObject({ status: 200, lock: '', version: '1' })
      expectEmpty(freed)
      expectGranted(await editor.lock('B'))
    })

    it('Unlock with another id answers 409 with the current one, and releases nothing', async () => {
      const editor = await fixture.open('bytes')
      await editor.lock('A')
      expectConflict(await editor.unlock('B'), 'A')
      expect((await editor.getLock()).lock).toBe('A')
    })

    it('GetLock answers 200, with an empty id on an unlocked file and the current one on a locked file', async () => {
      const editor = await fixture.open('bytes')
      const unlocked = await editor.getLock()
      expect(unlocked).toMatchObject({ status: 200, lock: '', version: '1' })
      expectEmpty(unlocked)
      await editor.lock('A')
      const locked = await editor.getLock()
      expect(locked).toMatchObject({ status: 200, lock: 'A', version: '1' })
      expectEmpty(locked)
    })
  })

  it('WOPI.md §7.2: lock operations change neither the version nor the modification time', async () => {
    const editor = await fixture.open('bytes')
    const before = (await editor.checkFileInfo()).json()
    await editor.lock('A')
    await editor.refreshLock('A')
    await editor.unlockAndRelock('A', 'B')
    await editor.lock('C')
    await editor.unlock('B')
    expect((await editor.checkFileInfo()).json()).toEqual(before)
  })

  it('WOPI.md §6.2: a save answers the new version, and every lock operation after it as well', async () => {
    const editor = await fixture.open('bytes')
    await editor.lock('A')
    expect((await editor.putFile('more', 'A')).version).toBe('2')
    expectGranted(await editor.lock('A'), '2')
    expectGranted(await editor.refreshLock('A'), '2')
    expectGranted(await editor.unlockAndRelock('A', 'B'), '2')
    expect((await editor.getLock()).version).toBe('2')
    expectGranted(await editor.unlock('B'), '2')
  })

  it('RELIABILITY-SECURITY.md §3.5: a save does not extend the lock', async () => {
    const editor = await fixture.open('bytes')
    await editor.lock('A')
    await fixture.lockExpiresIn(editor, 100)
    expect((await editor.putFile('more', 'A')).status).toBe(200)
    expect(await fixture.lockLivesFor(editor)).toBeLessThanOrEqual(100)
  })

  it('H-03: X-WOPI-Lock is there and empty on every conflict of an unlocked file, on the wire as well', async () => {
    const editor = await fixture.open('bytes')
    const requests: [string[], string?, string?][] = [
      [['X-WOPI-Override: UNLOCK', 'X-WOPI-Lock: A', 'Content-Length: 0']],
      [['X-WOPI-Override: REFRESH_LOCK', 'X-WOPI-Lock: A', 'Content-Length: 0']],
      [['X-WOPI-Override: LOCK', 'X-WOPI-Lock: B', 'X-WOPI-OldLock: A', 'Content-Length: 0']],
      [['X-WOPI-Override: PUT', 'X-WOPI-Lock: A', 'Content-Length: 3'], 'abc', '/contents'],
    ]
    for (const [headers, body, path] of requests) {
      const answer = await exchange(fixture.tandem, post(editor, headers, body, path))
      expect(answer.status).toBe(409)
      expect(answer.headLines.filter((line) => /^x-wopi-lock:/i.test(line))).toEqual(['X-WOPI-Lock: '])
      expect(answer.body).toBe('')
    }
    const unlocked = await exchange(
      fixture.tandem,
      post(editor, ['X-WOPI-Override: GET_LOCK', 'Content-Length: 0']),
    )
    expect(unlocked.status).toBe(200)
    expect(unlocked.headLines).toContain('X-WOPI-Lock: ')
  })

  it('pain 24: a lock has no owner: bob refreshes it, carol swaps it, alice releases it', async () => {
    const alice = await fixture.open('bytes')
    const bob = await fixture.join(alice, { who: 'bob', role: 'editor' })
    const carol = await fixture.join(alice, { who: 'carol', role: 'editor' })
    expectGranted(await alice.lock('A'))
    expectGranted(await bob.lock('A'))
    expectGranted(await bob.refreshLock('A'))
    expectGranted(await carol.unlockAndRelock('A', 'B'))
    expectGranted(await alice.unlock('B'))
  })

  it('pain 26: a view token that locks is told 404, not 500, and nothing is locked', async () => {
    const alice = await fixture.open('bytes')
    const viewer = await fixture.join(alice, { mode: 'view' })
    for (const call of [viewer.lock('A'), viewer.refreshLock('A'), viewer.unlock('A')]) {
      expect((await call).status).toBe(404)
    }
    expect((await viewer.getLock()).lock).toBe('')
  })

  it('RELIABILITY-SECURITY.md §3.5: while an exclusive lock is held every lock call answers 409 with an empty id', async () => {
    const editor = await fixture.open('bytes')
    const root = await fixture.person('alice')
    const taken = await root.calls('POST', `/files/${editor.fileId}/exclusive-lock`, {
      reason: 'nightly export',
      ttlSeconds: 60,
    })
    expect(taken.status).toBe(201)
    expectConflict(await editor.lock('A'), '')
    expectConflict(await editor.refreshLock('A'), '')
    expectConflict(await editor.unlock('A'), '')
    expectConflict(await editor.unlockAndRelock('A', 'B'), '')
    expectConflict(await editor.getLock(), '')
    expectConflict(await editor.putFile('more', 'A'), '')
    expect((await root.calls('DELETE', `/files/${editor.fileId}/exclusive-lock`)).status).toBe(204)
    expect(await editor.lock('A')).toMatchObject(GRANTED)
  })

  fixture.leavesNoTokenInTheLog()
})

describe('WOPI locks and restarts', () => {
  const fixture = useFixture()

  it('R-09: a lock survives the restart of the server', async () => {
    const editor = await fixture.open('bytes')
    const before = await Tandem.start(inject('postgres'), { sharing: fixture.tandem })
    expectGranted(await new Editor(before.url, editor.fileId, editor.token).lock('A'))
    await before.stop()
    await using after = await Tandem.start(inject('postgres'), { sharing: fixture.tandem })
    const reopened = new Editor(after.url, editor.fileId, editor.token)
    expect(await reopened.getLock()).toMatchObject({ status: 200, lock: 'A' })
    expectConflict(await reopened.lock('B'), 'A')
    expectGranted(await reopened.refreshLock('A'))
  })
})
