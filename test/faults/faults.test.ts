import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { takesTurnsWithHeavyTests } from '../heavy.js'
import { FAULTS } from './all-faults.js'
import { AREAS, type Fault, planted } from './fault.js'
import { runFaults } from './fault-run.js'
import { DAILY_WORK, type TestReport, verdictOf } from './verdict.js'
import { repositoryRoot, requireProgram } from './workspace.js'

const all = AREAS.flatMap((area) => FAULTS[area])

describe('the faults of npm run test:faults', () => {
  it('are at least 60, some of every area, each with a name of its own', () => {
    expect(all.length).toBeGreaterThanOrEqual(60)
    expect(AREAS.filter((area) => FAULTS[area].length < 5)).toEqual([])
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length)
    expect(all.filter(({ what }) => what.includes('\n') || what.length < 20)).toEqual([])
  })

  it.each(all)('$id can still be planted, and its tests are there', (fault) => {
    const source = readFileSync(join(repositoryRoot(), fault.file), 'utf8')
    expect(planted(source, fault)).not.toBe(source)
    expect(fault.caughtBy).not.toEqual([])
    for (const test of fault.caughtBy) expect(existsSync(join(repositoryRoot(), test)), test).toBe(true)
  })
})

describe('a fault that cannot be planted', () => {
  const fault: Fault = { id: 'lost', what: '', file: 'a.ts', find: 'x > 1', replace: 'x > 2', caughtBy: [] }

  it('is named, whether its place is gone or not the only one', () => {
    expect(planted('if (x > 1)', fault)).toBe('if (x > 2)')
    expect(() => planted('if (x > 3)', fault)).toThrow(/^fault lost: "x > 1" does not stand in a\.ts/)
    expect(() => planted('x > 1 || x > 1', fault)).toThrow(/^fault lost: .* 2 times/)
  })

  it('is none when nobody can compile it', () => {
    expect(() => requireProgram(fault, 'if (x > ) y')).toThrow(/^fault lost is no program/)
    expect(() =>
      requireProgram(fault, '@Injectable() class A { constructor(private readonly b: B) {} }'),
    ).not.toThrow()
    expect(() => requireProgram({ ...fault, file: 'a.sql' }, 'select )')).not.toThrow()
  })
})

describe('what a run of tests says of a fault', () => {
  type Result = TestReport['testResults'][number]
  const file = (name: string, status: string, failures: readonly string[] = [], message = ''): Result => ({
    name: `/copy/${name}`,
    status,
    message,
    assertionResults: [
      { status: 'passed', fullName: 'another', failureMessages: [] },
      ...failures.map((failure) => ({ status: 'failed', fullName: 'it bites', failureMessages: [failure] })),
    ],
  })
  const daily = file(DAILY_WORK, 'passed')
  const judge = (...testResults: Result[]): unknown =>
    verdictOf({ caughtBy: ['test/a.test.ts'] }, { testResults })
  const A = 'test/a.test.ts'

  it.each([
    ['an assertion', 'AssertionError: expected 200 to be 409\n at x'],
    ['a word of the test kit', 'Error: expected 200, got 404'],
    ['a timeout of the test’s own', 'Error: Test timed out in 30000ms.'],
  ])('caught, by %s', (_how, failure) => {
    const [said] = failure.split('\n')
    expect(judge(daily, file(A, 'failed', [failure]))).toEqual({ kind: 'caught', by: 'it bites', said })
  })

  it('not caught, when all pass', () => {
    expect(judge(daily, file(A, 'passed'))).toEqual({ kind: 'not-caught' })
  })

  it.each([
    ['a file that cannot be loaded', [daily, file(A, 'failed', [], 'SyntaxError: Unexpected token')]],
    ['a test that cannot be run', [daily, file(A, 'failed', ['ReferenceError: access is not defined'])]],
    ['a file that was not run', [daily]],
    [
      'daily work that is not done',
      [file(DAILY_WORK, 'failed', ['Error: expected 200, got 500']), file(A, 'failed', ['x'])],
    ],
    ['daily work that was not tried', [file(A, 'failed', ['AssertionError: x'])]],
  ])('nothing, because of %s', (_what, results) => {
    expect(judge(...results)).toMatchObject({ kind: 'error', why: expect.any(String) as string })
  })
})

describe('the runner', () => {
  takesTurnsWithHeavyTests()

  it('tells a fault that is caught from one that is not, and from one that everybody would see', async () => {
    const rules = 'src/lock/lock-rules.test.ts'
    const real: Fault = {
      id: 'real',
      what: 'an expired lock is honoured',
      file: 'src/lock/lock-rules.ts',
      find: 'now < end ? stored',
      replace: 'now <= end ? stored',
      caughtBy: [rules],
    }
    const faults: Fault[] = [
      real,
      { ...real, id: 'harmless', find: 'SILENT_AFTER_MS = 300_000', replace: 'SILENT_AFTER_MS = 299_999' },
      { ...real, id: 'gone', find: 'nobody ever wrote this' },
      {
        ...real,
        id: 'obvious',
        file: 'src/lock/lock.statements.ts',
        find: `lock_id = $6 then 'release'`,
        replace: `lock_id = $6 then 'conflict'`,
      },
    ]
    const judged = await runFaults(faults, { workers: 1 })
    const verdicts = Object.fromEntries(judged.map(({ fault, verdict }) => [fault.id, verdict]))
    expect(verdicts).toMatchObject({
      real: { kind: 'caught', by: expect.any(String) as string },
      harmless: { kind: 'not-caught' },
      gone: { kind: 'error', why: expect.stringContaining('fault gone: ') as string },
      obvious: { kind: 'error', why: expect.stringContaining('not even the daily work') as string },
    })
  }, 180_000)
})
