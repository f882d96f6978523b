import { describe, expect, it } from 'vitest'
import { check, type Verdict } from './checker.js'
import { transcript } from './transcript.js'

/** A lock lives 100 ms here. */
const judge = (text: string): Verdict['verdict'] =>
  check(transcript(text), { lifeMs: 100, slackMs: 1 }).verdict

const GOOD: Record<string, string> = {
  'an empty history': '',
  'a whole session': `
    0-4   CHECK                    200 version=1 sha=sha1
    5-9   LOCK a                   200 version=1
    10-14 LOCK b                   409 lock=a
    15-19 REFRESH_LOCK a           200 version=1
    20-24 PUT a sha2               200 version=2
    25-29 CHECK                    200 version=2 sha=sha2
    30-34 UNLOCK_AND_RELOCK a b    200 version=2
    35-39 GET_LOCK                 200 lock=b
    40-44 PUT a sha3               409 lock=b
    45-49 UNLOCK a                 409 lock=b
    50-54 UNLOCK b                 200 version=2
    55-59 GET_LOCK                 200 lock=
    60-64 PUT b sha4               409 lock=
    65-69 REFRESH_LOCK b           409 lock=
    70-74 UNLOCK_AND_RELOCK b a    409 lock=
    75-79 UNLOCK b                 409 lock=`,
  'two lockers at once, of whom one wins': `
    0-10  LOCK a                   200
    0-10  LOCK b                   409 lock=a
    11-12 GET_LOCK                 200 lock=a`,
  'overlapping operations that only fit in the order opposite to their calls': `
    0-4   LOCK a                   200 version=1
    10-30 UNLOCK a                 200
    11-29 PUT a sha2               200 version=2
    12-28 UNLOCK_AND_RELOCK b a    200
    13-27 UNLOCK_AND_RELOCK a b    200
    14-26 CHECK                    200 version=1`,
  'a takeover after the life of the lock': `
    0-4     LOCK a                 200
    106-110 LOCK b                 200
    111-115 UNLOCK a               409 lock=b`,
  'an expiry in the uncertain window, seen either way': `
    0-50    LOCK a                 200
    120-121 GET_LOCK               200 lock=a
    122-123 GET_LOCK               200 lock=`,
  'a refresh that moves the expiry': `
    0-4     LOCK a                 200
    80-84   REFRESH_LOCK a         200
    170-174 GET_LOCK               200 lock=a
    186-190 GET_LOCK               200 lock=`,
  'a save that does not move the expiry': `
    0-4     LOCK a                 200
    80-84   PUT a sha2             200 version=2
    106-110 GET_LOCK               200 lock= version=2`,
  'a dead lock taken anew by the same id': `
    0-4     LOCK a                 200
    150-154 LOCK a                 200
    200-204 REFRESH_LOCK a         200`,
  'a lost Lock that took effect': `
    0-      LOCK a                 lost
    10-14   LOCK b                 409 lock=a
    15-19   GET_LOCK               200 lock=a`,
  'a lost Lock that never took effect': `
    0-      LOCK a                 lost
    10-14   LOCK b                 200`,
  'a lost Lock that took effect long after it was given up': `
    0-      LOCK a                 lost
    10-14   LOCK b                 200
    15-19   UNLOCK b               200
    400-404 GET_LOCK               200 lock=a
    490-494 GET_LOCK               200 lock=a`,
  'a lost save whose version is learned from a reader': `
    0-4     LOCK a                 200 version=1
    5-      PUT a sha2             lost
    10-14   CHECK                  200 version=7 sha=sha2
    15-19   LOCK a                 200 version=7
    20-24   PUT a sha3             200 version=8
    25-29   CHECK                  200 version=8 sha=sha3`,
  'a lost Unlock between two refusals': `
    0-4     LOCK a                 200
    5-      UNLOCK a               lost
    6-9     LOCK b                 409 lock=a
    10-14   LOCK b                 200`,
}

const BAD: Record<string, string> = {
  'two winners': `
    0-10  LOCK a                   200
    0-10  LOCK b                   200`,
  'a conflict that names yesterday’s lock': `
    0-4   LOCK a                   200
    5-9   UNLOCK_AND_RELOCK a b    200
    10-14 LOCK c                   409 lock=a`,
  'a conflict that names no lock at all': `
    0-4   LOCK a                   200
    5-9   LOCK b                   409`,
  'a conflict on an unlocked file': `
    0-4   LOCK a                   409 lock=`,
  'a holder refused its own lock': `
    0-4   LOCK a                   200
    5-9   REFRESH_LOCK a           409 lock=a`,
  'GetLock without its header': `
    0-4   GET_LOCK                 200`,
  'a save without a lock on a file that has content': `
    0-4   PUT - sha2               200 version=2`,
  'a stale holder that overwrites after a takeover': `
    0-4     LOCK a                 200 version=1
    5-9     UNLOCK_AND_RELOCK a b  200 version=1
    10-14   PUT a sha2             200 version=2`,
  // The upload began in time, so only the versions that others read before its end give it away.
  'a save admitted by now(), the clock of its beginning': `
    0-4     LOCK a                 200 version=1
    90-160  PUT a sha2             200 version=2
    120-124 LOCK b                 200 version=1
    125-129 CHECK                  200 version=1 sha=sha1`,
  'a refresh decided by the clock before its wait': `
    0-4     LOCK a                 200
    90-160  REFRESH_LOCK a         200
    120-124 GET_LOCK               200 lock=
    161-165 LOCK b                 200`,
  'a lock that dies too early': `
    0-4   LOCK a                   200
    90-94 GET_LOCK                 200 lock=`,
  'a lock that lives too long': `
    0-4     LOCK a                 200
    106-110 GET_LOCK               200 lock=a`,
  'a save that extends the lock': `
    0-4     LOCK a                 200
    80-84   PUT a sha2             200 version=2
    106-110 GET_LOCK               200 lock=a`,
  'two windows of one expiry that exclude each other': `
    0-50    LOCK a                 200
    130-131 GET_LOCK               200 lock=
    132-133 GET_LOCK               200 lock=a`,
  'a resurrected lock': `
    0-4   LOCK a                   200
    5-9   UNLOCK a                 200
    10-14 GET_LOCK                 200 lock=a`,
  'a stale Unlock that removes a newer lock': `
    0-4   LOCK a                   200
    5-9   UNLOCK_AND_RELOCK a b    200
    10-14 UNLOCK a                 200`,
  'UnlockAndRelock as two steps, with somebody in between': `
    0-4   LOCK a                   200
    10-30 UNLOCK_AND_RELOCK a b    409 lock=c
    15-19 LOCK c                   200`,
  'UnlockAndRelock as two steps, with the gap seen': `
    0-4   LOCK a                   200
    10-30 UNLOCK_AND_RELOCK a b    200
    15-19 GET_LOCK                 200 lock=`,
  'a version read before it was written': `
    0-4   LOCK a                   200
    5-9   CHECK                    200 version=2
    10-14 PUT a sha2               200 version=2`,
  'a version that goes back': `
    0-4   LOCK a                   200 version=1
    5-9   PUT a sha2               200 version=2
    10-14 CHECK                    200 version=1`,
  'a version that comes back after a lost save': `
    0-4   LOCK a                   200 version=1
    5-    PUT a sha2               lost
    10-14 CHECK                    200 version=2
    15-19 CHECK                    200 version=1`,
  'one version for two saves': `
    0-4   LOCK a                   200
    5-9   PUT a sha2               200 version=2
    10-14 PUT a sha3               200 version=2`,
  'a version with the bytes of another': `
    0-4   LOCK a                   200
    5-9   PUT a sha2               200 version=2
    10-14 PUT a sha3               200 version=3
    15-19 CHECK                    200 version=3 sha=sha2`,
  'a lost acknowledged save': `
    0-4   LOCK a                   200
    5-9   PUT a sha2               200 version=2
    10-14 CHECK                    200 version=3 sha=sha1`,
  'a save without its new version': `
    0-4   LOCK a                   200
    5-9   PUT a sha2               200`,
  'a lost Lock that is seen before it was called': `
    0-4   LOCK b                   409 lock=a
    5-    LOCK a                   lost`,
}

describe('R-01 the checker accepts', () => {
  it.each(Object.entries(GOOD))('%s', (_, text) => {
    expect(judge(text)).toBe('linearizable')
  })
})

describe('R-01 the checker reports', () => {
  it.each(Object.entries(BAD))('%s', (_, text) => {
    expect(judge(text)).toBe('bad')
  })

  it('where the search got stuck', () => {
    const verdict = check(
      transcript(`
        0-4   LOCK a   200
        5-9   CHECK    200
        10-14 LOCK b   200`),
      { lifeMs: 100 },
    )
    expect(verdict).toMatchObject({ verdict: 'bad', stuck: [{ request: { kind: 'LOCK', id: 'b' } }] })
  })

  it('that it gave up, rather than a guess', () => {
    const lockers = Array.from({ length: 30 }, (_, id) => `0-99 LOCK ${id} 200\n0-99 UNLOCK ${id} 200`).join(
      '\n',
    )
    const contradiction = '100-101 GET_LOCK 200 lock=x'
    const verdict = check(transcript(`${lockers}\n${contradiction}`), { lifeMs: 1000, maxStates: 1000 })
    expect(verdict.verdict).toBe('undecided')
  })
})
