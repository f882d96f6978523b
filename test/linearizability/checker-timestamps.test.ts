import { describe, expect, it } from 'vitest'
import { check, type Verdict } from './checker.js'
import { transcript } from './transcript.js'

/** A lock lives 100 ms here. */
const judge = (text: string): Verdict['verdict'] =>
  check(transcript(text), { lifeMs: 100, slackMs: 1 }).verdict

const GOOD: Record<string, string> = {
  'saves that name what they are based on': `
    0-4   CHECK                    200 version=1 sha=sha1
    5-9   LOCK a                   200
    10-14 PUT a sha2 sha1          200 version=2
    15-19 PUT a sha3 sha2          200 version=3
    20-24 PUT b sha4 sha3          409 lock=a
    25-29 PUT a sha5 sha4          409 lock=a`,
  'a save after one whose answer was lost': `
    0-4   LOCK a                   200
    5-    PUT a sha2 sha1          lost
    10-14 PUT a sha3 sha1          200 version=3
    15-19 PUT a sha4 sha1          200 version=4`,
  'a save that takes a lost lock again': `
    0-4     LOCK a                 200
    106-110 PUT a sha2 sha1        200 version=2
    111-115 GET_LOCK               200 lock=a
    200-204 GET_LOCK               200 lock=a`,
  'a save that takes an unlocked file': `
    0-4   PUT a sha2 sha1          200 version=2
    5-9   LOCK b                   409 lock=a`,
  'a save based on a holding before, refused': `
    0-4   LOCK a                   200
    5-9   PUT a sha2 sha1          200 version=2
    10-14 UNLOCK a                 200
    15-19 LOCK a                   200
    20-24 PUT a sha3 sha1          409 lock=a`,
  'a late refresh that keeps the lock alive': `
    0-4     LOCK a                 200
    80-84   LATE_REFRESH a         401
    170-174 GET_LOCK               200 lock=a`,
  'a late refresh with another id': `
    0-4     LOCK a                 200
    80-84   LATE_REFRESH b         401
    106-110 GET_LOCK               200 lock=`,
  'a late unlock': `
    0-4   LOCK a                   200
    5-9   LATE_UNLOCK b            401
    10-14 LATE_UNLOCK a            200
    15-19 LATE_UNLOCK a            401
    20-24 GET_LOCK                 200 lock=`,
}

const BAD: Record<string, string> = {
  'a save on an unlocked file that is based on something else': `
    0-4   CHECK                    200 version=1 sha=sha1
    5-9   PUT a sha2 sha9          200 version=2
    10-14 CHECK                    200 version=2 sha=sha2
    15-19 UNLOCK a                 200
    20-24 PUT a sha3 sha1          200 version=3`,
  'a save that leaves an unlocked file unlocked': `
    0-4   PUT a sha2 sha1          200 version=2
    5-9   GET_LOCK                 200 lock=`,
  'a save on top of the head that an unlocked file refuses': `
    0-4   PUT a sha2 sha1          409 lock=`,
  'a save under its lock that is refused for its own save': `
    0-4   LOCK a                   200
    5-9   PUT a sha2 sha1          200 version=2
    10-14 PUT a sha3 sha1          409 lock=a`,
  'a save taken for its own that was made in a holding before': `
    0-4   LOCK a                   200
    5-9   PUT a sha2 sha1          200 version=2
    10-14 UNLOCK a                 200
    15-19 LOCK a                   200
    20-24 PUT a sha3 sha1          200 version=3`,
  'a late refresh that does nothing': `
    0-4     LOCK a                 200
    80-84   LATE_REFRESH a         401
    106-110 GET_LOCK               200 lock=`,
  'a late refresh that takes an unlocked file': `
    0-4   LATE_REFRESH a           401
    5-9   GET_LOCK                 200 lock=a`,
  'a late refresh that extends another’s lock': `
    0-4     LOCK a                 200
    80-84   LATE_REFRESH b         401
    170-174 GET_LOCK               200 lock=a`,
  'a late unlock that is told the lock': `
    0-4   LOCK a                   200
    5-9   LATE_UNLOCK b            401 lock=a`,
  'a late unlock with another id': `
    0-4   LOCK a                   200
    5-9   LATE_UNLOCK b            200`,
}

/** For clients that name what their saves are based on, and calls with a token that has ended (ADR 21). */
describe('R-01 the checker accepts', () => {
  it.each(Object.entries(GOOD))('%s', (_, text) => {
    expect(judge(text)).toBe('linearizable')
  })
})

describe('R-01 the checker reports', () => {
  it.each(Object.entries(BAD))('%s', (_, text) => {
    expect(judge(text)).toBe('bad')
  })
})
