import { describe, expect, it } from 'vitest'
import { theLock } from '../../test/kit/ids.js'
import {
  admitsSave,
  decide,
  stillHeld,
  type LockDecision,
  type LockRequest,
  type StoredLock,
} from './lock-rules.js'

const NOW = 1_000_000
const GRACE = 60_000

const UNLOCKED: StoredLock = { kind: 'none' }
const held = (id: string, expiresAt = NOW + 1): StoredLock => ({
  kind: 'wopi',
  lockId: theLock(id),
  expiresAt,
})
const exclusive = (expiresAt = NOW + 1): StoredLock => ({
  kind: 'exclusive',
  lockId: theLock('batch'),
  expiresAt,
})

const lock = (id: string): LockRequest => ({ operation: 'lock', lockId: theLock(id) })
const refresh = (id: string): LockRequest => ({ operation: 'refresh', lockId: theLock(id) })
const unlock = (id: string): LockRequest => ({ operation: 'unlock', lockId: theLock(id) })
const takeAlone = (id: string): LockRequest => ({ operation: 'exclusive', lockId: theLock(id) })
const swap = (oldId: string, id: string): LockRequest => ({
  operation: 'unlock-and-relock',
  oldLockId: theLock(oldId),
  lockId: theLock(id),
})

const decided = (request: LockRequest, stored: StoredLock, now = NOW): LockDecision =>
  decide(request, stored, now, { graceMs: GRACE })

describe('the lock rules', () => {
  describe('WOPI.md §7.2: the state table', () => {
    const table: readonly [string, LockRequest, StoredLock, LockDecision][] = [
      ['Lock takes an unlocked file', lock('A'), UNLOCKED, 'take'],
      ['Lock with the held id restarts the timer', lock('A'), held('A'), 'extend'],
      ['Lock with another id conflicts', lock('A'), held('B'), 'conflict'],
      ['UnlockAndRelock on an unlocked file conflicts', swap('A', 'B'), UNLOCKED, 'conflict'],
      ['UnlockAndRelock with the held id swaps', swap('A', 'B'), held('A'), 'swap'],
      ['UnlockAndRelock with another old id conflicts', swap('A', 'B'), held('C'), 'conflict'],
      ['UnlockAndRelock is judged by the old id, not by the new', swap('A', 'B'), held('B'), 'conflict'],
      ['UnlockAndRelock from an id to itself swaps', swap('A', 'A'), held('A'), 'swap'],
      ['RefreshLock on an unlocked file conflicts', refresh('A'), UNLOCKED, 'conflict'],
      ['RefreshLock with the held id restarts the timer', refresh('A'), held('A'), 'extend'],
      ['RefreshLock with another id conflicts', refresh('A'), held('B'), 'conflict'],
      ['Unlock on an unlocked file conflicts', unlock('A'), UNLOCKED, 'conflict'],
      ['Unlock with the held id releases', unlock('A'), held('A'), 'release'],
      ['Unlock with another id conflicts', unlock('A'), held('B'), 'conflict'],
    ]
    it.each(table)('%s', (_title, request, stored, decision) => {
      expect(decided(request, stored)).toBe(decision)
    })
  })

  it.each(['a', 'A ', ' A', 'A\u0000', 'AA', '', '{"S":"A"}'])(
    'WOPI.md §7.1: compares ids byte for byte: %j is not "A"',
    (almost) => {
      expect(decided(lock(almost), held('A'))).toBe('conflict')
      expect(decided(refresh(almost), held('A'))).toBe('conflict')
      expect(decided(unlock(almost), held('A'))).toBe('conflict')
      expect(decided(swap(almost, 'B'), held('A'))).toBe('conflict')
    },
  )

  describe('R-15: in the grace period after its expiry', () => {
    const instants: readonly [string, number][] = [
      ['at the instant of the expiry', NOW],
      ['in the last millisecond of the grace', NOW - GRACE + 1],
    ]
    for (const [when, expiresAt] of instants) {
      it.each<[string, LockRequest, LockDecision]>([
        ['the same id revives by Lock', lock('A'), 'extend'],
        ['the same id revives by RefreshLock', refresh('A'), 'extend'],
        ['the same id may be swapped', swap('A', 'B'), 'swap'],
        ['the same id may be released', unlock('A'), 'release'],
        ['nobody else gets the file by Lock', lock('B'), 'conflict'],
        ['nobody else gets the file by UnlockAndRelock', swap('B', 'C'), 'conflict'],
        ['nobody gets the file alone', takeAlone('X'), 'conflict'],
      ])(`%s (${when})`, (_title, request, decision) => {
        expect(decided(request, held('A', expiresAt))).toBe(decision)
      })
    }
  })

  it.each<[string, LockRequest, LockDecision]>([
    ['another id takes it by Lock', lock('B'), 'take'],
    ['the same id takes it anew by Lock', lock('A'), 'take'],
    ['RefreshLock finds nothing to refresh', refresh('A'), 'conflict'],
    ['Unlock finds nothing to release', unlock('A'), 'conflict'],
    ['UnlockAndRelock finds nothing to swap', swap('A', 'B'), 'conflict'],
    ['somebody may have it alone', takeAlone('X'), 'take'],
  ])('WOPI.md §7.2: from the end of the grace on the file is unlocked: %s', (_title, request, decision) => {
    expect(decided(request, held('A', NOW - GRACE))).toBe(decision)
    expect(decided(request, held('A', NOW - 10 * GRACE))).toBe(decision)
  })

  it.each<[string, LockRequest]>([
    ['Lock', lock('A')],
    ['Lock with its very id', lock('batch')],
    ['UnlockAndRelock with its very id', swap('batch', 'A')],
    ['RefreshLock with its very id', refresh('batch')],
    ['Unlock with its very id', unlock('batch')],
    ['another exclusive lock', takeAlone('X')],
    ['the same exclusive lock', takeAlone('batch')],
  ])('RELIABILITY-SECURITY.md §3.5: an exclusive lock keeps out %s', (_title, request) => {
    expect(decided(request, exclusive())).toBe('conflict')
  })

  it('RELIABILITY-SECURITY.md §3.5: an exclusive lock has no grace', () => {
    expect(decided(lock('A'), exclusive(NOW + 1))).toBe('conflict')
    expect(decided(lock('A'), exclusive(NOW))).toBe('take')
    expect(decided(takeAlone('X'), exclusive(NOW))).toBe('take')
  })

  it('RELIABILITY-SECURITY.md §3.5: an exclusive lock is only had on an unlocked file', () => {
    expect(decided(takeAlone('X'), UNLOCKED)).toBe('take')
    expect(decided(takeAlone('X'), held('A'))).toBe('conflict')
    expect(decided(takeAlone('A'), held('A'))).toBe('conflict')
  })

  it('tells which lock still counts', () => {
    expect(stillHeld(UNLOCKED, NOW, GRACE)).toBeUndefined()
    expect(stillHeld(held('A', NOW - GRACE + 1), NOW, GRACE)).toEqual(held('A', NOW - GRACE + 1))
    expect(stillHeld(held('A', NOW - GRACE), NOW, GRACE)).toBeUndefined()
    expect(stillHeld(exclusive(NOW), NOW, GRACE)).toBeUndefined()
  })

  it.each([
    ['the held id saves', { kind: 'wopi', lockId: theLock('A') }, theLock('A'), 7, 'yes'],
    ['another id does not', { kind: 'wopi', lockId: theLock('A') }, theLock('B'), 7, 'lock-mismatch'],
    ['no id does not', { kind: 'wopi', lockId: theLock('A') }, undefined, 7, 'lock-mismatch'],
    [
      'no id does not fill a locked empty file',
      { kind: 'wopi', lockId: theLock('A') },
      undefined,
      0,
      'lock-mismatch',
    ],
    ['an unlocked empty file is filled without an id', { kind: 'none' }, undefined, 0, 'yes'],
    ['an unlocked empty file is filled with any id', { kind: 'none' }, theLock('A'), 0, 'yes'],
    ['an unlocked file of one byte is not', { kind: 'none' }, theLock('A'), 1, 'not-locked'],
    ['an exclusive lock keeps every save out', { kind: 'exclusive' }, theLock('A'), 0, 'lock-mismatch'],
  ] as const)('WOPI.md §6.2: %s', (_title, lockHeld, presented, size, verdict) => {
    expect(admitsSave(lockHeld, presented, size)).toBe(verdict)
  })
})
