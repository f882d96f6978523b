import { afterEach, describe, expect, it } from 'vitest'
import { ReferenceRegister, type SeededBug } from './reference-register.js'
import { runAndCheck, type RunOptions, type RunResult } from './run-and-check.js'
import { print } from './transcript.js'

/** Driver and checker tried on a register that is right, and on ones that are wrong in known ways. */
describe('R-01 driver and checker together', () => {
  let register: ReferenceRegister | undefined
  afterEach(() => register?.stop())

  const run = async (
    bug: SeededBug,
    operations: number,
    upTo: RunOptions['upTo'],
    timestamps = false,
  ): Promise<RunResult> => {
    const started = await ReferenceRegister.start({ lifeMs: 150, bug })
    register = started
    return runAndCheck({
      urls: started.urls,
      clients: 12,
      operations,
      ttlMs: 100,
      graceMs: 50,
      seed: 1,
      files: 4,
      upTo,
      timestamps,
      newFile: () => started.newFile(),
    })
  }

  it('find nothing wrong with a correct register', async () => {
    const result = await run('none', 6_000, 'the end')
    expect(result.bad.map(({ verdict }) => print(verdict.stuck))).toEqual([])
    expect(result).toMatchObject({ undecided: [], unexpected: {} })
    expect(result.operations).toBeGreaterThanOrEqual(6_000)
    expect(result.expiries).toBeGreaterThan(10)
  }, 60_000)

  it.each(['read-then-write', 'now', 'two-step-relock', 'yesterdays-lock', 'stale-version'] as const)(
    'report a register with the bug %s',
    async (bug) => {
      const result = await run(bug, 60_000, 'the first bad register')
      expect(result.bad.length).toBeGreaterThan(0)
    },
    150_000,
  )

  it('find nothing wrong with a correct register whose clients name what their saves are based on', async () => {
    const result = await run('none', 6_000, 'the end', true)
    expect(result.bad.map(({ verdict }) => print(verdict.stuck))).toEqual([])
    expect(result).toMatchObject({ undecided: [], unexpected: {} })
    expect(result.outcomes['LATE_REFRESH 401']).toBeGreaterThan(50)
    expect(result.outcomes['LATE_UNLOCK 200']).toBeGreaterThan(20)
  }, 60_000)

  it.each(['any-base', 'retake-without-lock', 'own-of-all-holdings', 'late-refresh-of-any-id'] as const)(
    'report a register with the bug %s, for such clients',
    async (bug) => {
      const result = await run(bug, 60_000, 'the first bad register', true)
      expect(result.bad.length).toBeGreaterThan(0)
    },
    150_000,
  )
})
