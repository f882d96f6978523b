import { describe, expect, it } from 'vitest'
import { expectConflict, expectGranted } from './lock-answers.js'
import { useFixture } from './fixture.js'

describe('locks as each editor uses them', () => {
  const fixture = useFixture()

  it('pain 21: swaps the lock in two steps as Word does: short JSON, then longer JSON, byte for byte', async () => {
    const word = await fixture.open('bytes')
    const short = '{"S":"0b9c1f0e-5a4e-4f59-9f46-0b1c4b4f9a10","F":4}'
    const long = `${short.slice(0, -2)}6,"E":2,"M":"machine, 1","P":"{8F\\"}"}`
    expectGranted(await word.lock(short))
    // Microsoft: the second plain Lock should get the first string back.
    expectConflict(await word.lock(long), short)
    expectGranted(await word.unlockAndRelock(short, long))
    expect((await word.getLock()).lock).toBe(long)
    expectConflict(await word.refreshLock(short), long)
  })

  it('CLIENTS.md §1.3: OOS learns the current id by probing with a wrong one', async () => {
    const alice = await fixture.open('bytes')
    const oos = await fixture.join(alice, { who: 'bob', role: 'editor' })
    const probe = 'GetCurrentLock-00000000-0000-0000-0000-000000000000'
    expectConflict(await oos.unlock(probe), '')
    await alice.lock('{"S":"session"}')
    expectConflict(await oos.unlock(probe), '{"S":"session"}')
    expectConflict(await oos.refreshLock('c1d2'), '{"S":"session"}')
    expectGranted(await oos.lock('{"S":"session"}'))
  })

  it('CLIENTS.md §1.2: ONLYOFFICE locks with the file id, from two servers alike', async () => {
    const one = await fixture.open('bytes')
    const two = await fixture.join(one)
    expectGranted(await one.lock(one.fileId))
    expectGranted(await two.lock(one.fileId))
    expectGranted(await two.refreshLock(one.fileId))
    expectGranted(await one.unlock(one.fileId))
  })

  it('CLIENTS.md §1.1: Collabora refreshes by Lock with the same id', async () => {
    const editor = await fixture.open('bytes')
    const headers = { 'User-Agent': 'COOLWSD HTTP Agent 25.04', 'X-COOL-WOPI-ExtendedData': 'x' }
    expectGranted(await editor.lock('cool-lock1a2b3c4d', headers))
    await fixture.lockExpiresIn(editor, 5)
    expectGranted(await editor.lock('cool-lock1a2b3c4d', headers))
    expect(await fixture.lockLivesFor(editor)).toBeGreaterThan(1700)
  })

  fixture.leavesNoTokenInTheLog()
})
