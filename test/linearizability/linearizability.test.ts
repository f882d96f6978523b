import { afterEach, describe, expect, inject, it } from 'vitest'
import { newDatabase } from '../kit/postgres.js'
import { runAndCheck, type RunResult } from './run-and-check.js'
import { TandemPair } from './tandem-pair.js'
import { print } from './transcript.js'

describe('R-01 the lock register of two server processes on one database', () => {
  let pair: TandemPair | undefined
  afterEach(async () => {
    await pair?.stop()
    pair = undefined
  })

  const run = async (operations: number, seededBug?: string): Promise<RunResult> => {
    const ttlMs = 250
    const graceMs = 100
    const databaseUrl = await newDatabase(inject('postgres'))
    const bug = seededBug && { entry: 'test/kit/buggy-server.js', env: { SEEDED_BUG: seededBug } }
    const started = await TandemPair.start({ databaseUrl, ttlMs, graceMs, ...bug })
    pair = started
    const newFile = (): ReturnType<TandemPair['newFile']> => started.newFile()
    return runAndCheck({
      urls: started.urls,
      clients: 12,
      operations,
      ttlMs,
      graceMs,
      seed: 1,
      files: 5,
      newFile,
    })
  }

  it('is linearizable over 20,000 operations of 12 clients a file, expiries and lost answers included', async () => {
    const result = await run(20_000)
    expect(
      result.bad.map(({ history, verdict }) => `${verdict.reason}\n${print(history.operations)}`),
    ).toEqual([])
    expect(result).toMatchObject({ undecided: [], unexpected: {} })
    expect(result.operations).toBeGreaterThanOrEqual(20_000)
    expect(result.expiries).toBeGreaterThan(50)
  }, 120_000)

  it.each(['read-then-write', 'two-step-relock', 'now'])(
    'and the checker bites: the bug %s is reported',
    async (seededBug) => {
      const result = await run(8_000, seededBug)
      expect(result.bad.length).toBeGreaterThan(0)
    },
    120_000,
  )
})
