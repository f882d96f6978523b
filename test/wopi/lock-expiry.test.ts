import { describe, expect, it } from 'vitest'
import type { Editor, WopiAnswer } from '../kit/wopi.js'
import { useFixture, type Fixture } from './fixture.js'

const told = ({ status, lock }: WopiAnswer): { status: number; lock: string | undefined } => ({
  status,
  lock,
})

/** An editor whose lock A expired `seconds` ago. */
async function expired(fixture: Fixture, seconds: number): Promise<Editor> {
  const editor = await fixture.open('bytes')
  expect((await editor.lock('A')).status).toBe(200)
  await fixture.lockExpiresIn(editor, -seconds)
  return editor
}

describe('R-15: a lock that nobody refreshed', () => {
  const fixture = useFixture({ LOCK_GRACE_SECONDS: '60' })

  describe('in its grace', () => {
    it('is revived by RefreshLock with the same id', async () => {
      const editor = await expired(fixture, 30)
      expect(told(await editor.refreshLock('A'))).toEqual({ status: 200, lock: undefined })
      expect(await fixture.lockLivesFor(editor)).toBeGreaterThan(1700)
    })

    it('is revived by Lock with the same id, by whoever presents it', async () => {
      const editor = await expired(fixture, 30)
      const bob = await fixture.join(editor, { who: 'bob', role: 'editor' })
      expect(told(await bob.lock('A'))).toEqual({ status: 200, lock: undefined })
      expect(await fixture.lockLivesFor(editor)).toBeGreaterThan(1700)
    })

    it('still admits the save of the editor that was behind a network cut', async () => {
      const editor = await expired(fixture, 30)
      expect(await editor.putFile('late, not lost', 'A')).toMatchObject({ status: 200, version: '2' })
      expect((await editor.getFile()).body.toString()).toBe('late, not lost')
    })

    it('may be swapped and released by its id', async () => {
      const editor = await expired(fixture, 30)
      expect(told(await editor.unlockAndRelock('A', 'B'))).toEqual({ status: 200, lock: undefined })
      await fixture.lockExpiresIn(editor, -30)
      expect(told(await editor.unlock('B'))).toEqual({ status: 200, lock: undefined })
      expect(told(await editor.getLock())).toEqual({ status: 200, lock: '' })
    })

    it('keeps everybody else out with 409 and its id', async () => {
      const editor = await expired(fixture, 30)
      const conflict = { status: 409, lock: 'A' }
      expect(told(await editor.lock('B'))).toEqual(conflict)
      expect(told(await editor.refreshLock('B'))).toEqual(conflict)
      expect(told(await editor.unlock('B'))).toEqual(conflict)
      expect(told(await editor.unlockAndRelock('B', 'C'))).toEqual(conflict)
      expect(told(await editor.putFile('foreign', 'B'))).toEqual(conflict)
      expect(told(await editor.getLock())).toEqual({ status: 200, lock: 'A' })
      expect((await editor.getFile()).body.toString()).toBe('bytes')
    })
  })

  describe('after its grace', () => {
    const unlocked = { status: 409, lock: '' }

    it('is no lock any more for its own id', async () => {
      expect(told(await (await expired(fixture, 61)).refreshLock('A'))).toEqual(unlocked)
      expect(told(await (await expired(fixture, 61)).unlock('A'))).toEqual(unlocked)
      expect(told(await (await expired(fixture, 61)).unlockAndRelock('A', 'B'))).toEqual(unlocked)
      expect(told(await (await expired(fixture, 61)).putFile('too late', 'A'))).toEqual(unlocked)
      expect(told(await (await expired(fixture, 61)).getLock())).toEqual({ status: 200, lock: '' })
    })

    it('leaves the file to whoever locks it next', async () => {
      const editor = await expired(fixture, 61)
      expect(told(await editor.lock('B'))).toEqual({ status: 200, lock: undefined })
      expect(told(await editor.refreshLock('A'))).toEqual({ status: 409, lock: 'B' })
    })
  })

  fixture.leavesNoTokenInTheLog()
})

describe('RELIABILITY-SECURITY.md §3.5: an expiry', () => {
  const fixture = useFixture({ LOCK_TTL_SECONDS: '0.2', LOCK_GRACE_SECONDS: '0' })

  it('comes by itself after LOCK_TTL_SECONDS and is logged once, even if nobody calls', async () => {
    const editor = await fixture.open('bytes')
    expect((await editor.lock('session-of-nobody')).status).toBe(200)
    const isIt = (line: { event?: string; lockId?: string }): boolean =>
      line.event === 'lock-expired' && line.lockId === 'session-of-nobody'
    expect(await fixture.logged(isIt)).toMatchObject({ fileId: editor.fileId, level: 40 })
    expect(told(await editor.getLock())).toEqual({ status: 200, lock: '' })
    expect(
      await fixture.sql('select kind, lock_id from file_lock where file_id = $1', [editor.fileId]),
    ).toEqual([{ kind: 'none', lock_id: '' }])
    // Another expiry that is reported later shows that the first was not reported again.
    await editor.lock('the-next')
    await fixture.logged((line) => line.event === 'lock-expired' && line.lockId === 'the-next')
    expect(fixture.lines().filter(isIt)).toHaveLength(1)
  })

  it('is logged also when the next editor takes the file over', async () => {
    const editor = await fixture.open('bytes')
    await editor.lock('first')
    await fixture.lockExpiresIn(editor, -1)
    expect((await editor.lock('second')).status).toBe(200)
    await fixture.logged((line) => line.event === 'lock-expired' && line.lockId === 'first')
    expect(fixture.lines().filter((line) => line.lockId === 'first')).toHaveLength(1)
  })

  fixture.leavesNoTokenInTheLog()
})
