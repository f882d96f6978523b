import { describe, expect, it } from 'vitest'
import { theLock } from '../../test/kit/ids.js'
import { chunkIdOf } from '../incremental/chunk-id.js'
import type { CoauthHold, LockState } from '../lock/lock-state.js'
import {
  type ChunkedPutDecision,
  type PutTarget,
  judgeChunkedPut,
  type PresentedPut,
} from './chunked-put-rules.js'

const LOCKS: readonly LockState[] = [
  { kind: 'none', version: '1' },
  { kind: 'wopi', visibleName: undefined, epoch: '1', lockId: theLock('W'), version: '1' },
  { kind: 'exclusive', holder: 'root', reason: 'maintenance', version: '1' },
]
const hold = (id: string, type: CoauthHold['type'] = 'Coauth'): CoauthHold => ({ lockId: theLock(id), type })
const TABLES: readonly (readonly CoauthHold[])[] = [
  [],
  [hold('A')],
  [hold('A'), hold('B')],
  [hold('A', 'CoauthExclusive')],
  [hold('A', 'CoauthExclusive'), hold('B')],
]
const IDS = [undefined, ...['W', 'A', 'B', 'other'].map(theLock)]
const NUMBERS = [undefined, 0, 1, 2] as const
const OBSTACLES: readonly PresentedPut['obstacle'][] = [
  undefined,
  'session-gone',
  { id: chunkIdOf(Buffer.from('x')), problem: 'missing' },
]
const MOST = 10

/** The table of WOPI.md §13.7 as it is written there: each row by itself, the first that applies counts. */
const TABLE: readonly (readonly [ChunkedPutDecision, (put: PresentedPut, file: PutTarget) => boolean])[] = [
  ['two-locks', (put) => put.lockId !== undefined && put.coauthLockId !== undefined],
  ['sequence-number-invalid', (put) => put.sequenceNumber === undefined],
  ['foreign-lock', (_put, { wopi }) => wopi.kind === 'exclusive'],
  ['wopi-lock', ({ lockId }, { wopi }) => wopi.kind === 'wopi' && wopi.lockId !== lockId],
  [
    'coauth-exclusive-lock',
    ({ coauthLockId }, { wopi, coauth }) =>
      wopi.kind !== 'wopi' &&
      coauth.some(({ type, lockId }) => type === 'CoauthExclusive' && lockId !== coauthLockId),
  ],
  [
    'coauth-lock',
    ({ coauthLockId }, { wopi, coauth }) =>
      wopi.kind !== 'wopi' && coauth.length > 0 && coauth.every(({ lockId }) => lockId !== coauthLockId),
  ],
  ['not-locked', (_put, { wopi, coauth, size }) => wopi.kind === 'none' && coauth.length === 0 && size > 0],
  ['sequence-mismatch', ({ sequenceNumber }, file) => sequenceNumber !== file.sequenceNumber],
  ['session-gone', ({ obstacle }) => obstacle === 'session-gone'],
  ['chunk-unusable', ({ obstacle }) => obstacle !== undefined],
  ['too-large', ({ size }) => size > MOST],
]

function* everyCase(): Generator<[PresentedPut, PutTarget]> {
  for (const wopi of LOCKS)
    for (const coauth of TABLES)
      for (const size of [0, 5])
        for (const lockId of IDS)
          for (const coauthLockId of IDS)
            for (const sequenceNumber of NUMBERS)
              for (const obstacle of OBSTACLES)
                for (const putSize of [MOST, MOST + 1])
                  yield [
                    { lockId, coauthLockId, sequenceNumber, obstacle, size: putSize },
                    { wopi, coauth, size, sequenceNumber: 1 },
                  ]
}

describe('judgeChunkedPut', () => {
  it('WOPI.md §13.7: decides every case as the first row of the table that applies', () => {
    const met = new Set<ChunkedPutDecision>()
    let cases = 0
    for (const [put, file] of everyCase()) {
      cases++
      const expected = TABLE.find(([, applies]) => applies(put, file))?.[0] ?? 'yes'
      met.add(expected)
      const decision = judgeChunkedPut(put, file, MOST)
      if (decision !== expected) expect({ put, file, decision }).toEqual({ put, file, decision: expected })
    }
    expect(cases).toBe(18_000)
    expect([...met].sort()).toEqual([...TABLE.map(([decision]) => decision), 'yes'].sort())
  })

  const good = { lockId: undefined, coauthLockId: undefined, sequenceNumber: 1, obstacle: undefined, size: 1 }
  const file = { wopi: LOCKS[0] as LockState, coauth: [], size: 5, sequenceNumber: 1 }
  const exclusive = [hold('A', 'CoauthExclusive'), hold('B')]

  it.each([
    ['row 4: a WOPI id', { lockId: theLock('W') }, exclusive, 'coauth-exclusive-lock'],
    [
      'row 4: another coauth lock of the table',
      { coauthLockId: theLock('B') },
      exclusive,
      'coauth-exclusive-lock',
    ],
    ['row 4: nothing', {}, exclusive, 'coauth-exclusive-lock'],
    ['row 4: its own id goes on', { coauthLockId: theLock('A') }, exclusive, 'yes'],
    ['row 5: an id that is not in the table', { coauthLockId: theLock('C') }, [hold('A')], 'coauth-lock'],
    ['row 5: a WOPI id', { lockId: theLock('A') }, [hold('A')], 'coauth-lock'],
    ['row 5: nothing', {}, [hold('A')], 'coauth-lock'],
    ['row 5: any id of the table goes on', { coauthLockId: theLock('B') }, [hold('A'), hold('B')], 'yes'],
  ])('WOPI.md §13.7: %s', (_row, presented, coauth, expected) => {
    expect(judgeChunkedPut({ ...good, ...presented }, { ...file, coauth }, MOST)).toBe(expected)
  })
})
