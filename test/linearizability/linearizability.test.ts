import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest'
import { newDatabase } from '../kit/postgres.js'
import type { NewFile } from './driver.js'
import { disturb } from './faults.js'
import { COAUTH_BUGS, plantInDatabase, SAVE_BUGS } from './function-mutants.js'
import { Random } from './random.js'
import { runAndCheck, type RunOptions, type RunResult } from './run-and-check.js'
import { TandemPair } from './tandem-pair.js'
import { print } from './transcript.js'
import { takesTurnsWithHeavyTests } from '../heavy.js'

takesTurnsWithHeavyTests()

const ttlMs = 250
const graceMs = 100

/** A file is judged when its history is complete. What shows in the short ones is soon found; some bugs need long ones. */
const SHORT = 100
const LONG = 400

describe('R-01 the lock register of two server processes on one database', () => {
  let pair: TandemPair | undefined
  afterEach(async () => {
    await pair?.stop()
    pair = undefined
  })

  const start = async (seededBug?: string): Promise<TandemPair> => {
    const databaseUrl = await newDatabase(inject('postgres'))
    const bug = seededBug && { entry: 'test/kit/buggy-server.js', env: { SEEDED_BUG: seededBug } }
    return (pair = await TandemPair.start({ databaseUrl, ttlMs, graceMs, ...bug }))
  }

  it('is linearizable over 20,000 operations, expiries and lost answers included', async () => {
    const servers = await start()
    const result = await runAndCheck(optionsFor(servers, 20_000, 'the end'))
    expectGood(result)
    expect(result.unexpected, servers.takeFailures().join('\n')).toEqual({})
    expect(result.operations).toBeGreaterThanOrEqual(20_000)
    expect(result.expiries).toBeGreaterThan(50)
  }, 150_000)

  it('stays linearizable while its servers freeze, die and come back', async () => {
    const servers = await start()
    const run = runAndCheck(optionsFor(servers, 4_000, 'the end'))
    const faults = await disturb(servers, new Random(2), { lifeMs: ttlMs + graceMs, kills: 0.2 }, run)
    expectGood(await run)
    expect(faults.pauses + faults.kills).toBeGreaterThan(2)
  }, 150_000)

  it.each(['read-then-write', 'two-step-relock', 'now'])(
    'and the checker bites: a server with the bug %s is reported',
    async (seededBug) => {
      const servers = await start(seededBug)
      const options = optionsFor(servers, 40_000, 'the first bad register')
      const result = await runAndCheck({ ...options, operationsPerFile: SHORT })
      expect(result.bad.length).toBeGreaterThan(0)
    },
    150_000,
  )
})

describe('R-01 the one statement of a welcome save (ADR 23)', () => {
  let databaseUrl: string
  let pair: TandemPair
  beforeAll(async () => {
    databaseUrl = await newDatabase(inject('postgres'))
    pair = await TandemPair.start({ databaseUrl, ttlMs, graceMs })
  })
  afterAll(() => pair.stop())

  it.each(SAVE_BUGS)(
    'and the checker bites: saves by %s are reported',
    async (bug) => {
      const mend = await plantInDatabase(databaseUrl, bug)
      try {
        const options = optionsFor(pair, 40_000, 'the first bad register')
        const result = await runAndCheck({ ...options, operationsPerFile: SHORT })
        expect(result.bad.length).toBeGreaterThan(0)
      } finally {
        await mend()
      }
    },
    150_000,
  )
})

describe('R-01 the same register with coauth locks in it (WOPI.md §12.1)', () => {
  const PLUS = { COAUTH_PROFILE: 'plus' }
  let databaseUrl: string
  /** For all but the bug that is in the servers themselves. */
  let pair: TandemPair
  beforeAll(async () => {
    databaseUrl = await newDatabase(inject('postgres'))
    pair = await TandemPair.start({ databaseUrl, ttlMs, graceMs, env: PLUS })
  })
  afterAll(() => pair.stop())

  const mixed = (servers: TandemPair, operations: number, upTo: RunOptions['upTo']): Promise<RunResult> =>
    runAndCheck({ ...optionsFor(servers, operations, upTo), coauthFraction: 0.4 })

  it('is linearizable over 10,000 operations of native clients and browsers', async () => {
    const result = await mixed(pair, 10_000, 'the end')
    expectGood(result)
    expect(result.unexpected, pair.takeFailures().join('\n')).toEqual({})
    for (const seen of ['GET_COAUTH_LOCK 200', 'GET_COAUTH_LOCK 409', 'LOCK 200', 'UNLOCK_COAUTH_LOCK 200']) {
      expect(result.outcomes[seen], seen).toBeGreaterThan(100)
    }
  }, 150_000)

  it.each(COAUTH_BUGS)(
    'and the checker bites: coauth locks with the bug "%s" are reported',
    async (bug) => {
      const mend = await plantInDatabase(databaseUrl, bug)
      try {
        const result = await mixed(pair, 40_000, 'the first bad register')
        expect(result.bad.length).toBeGreaterThan(0)
      } finally {
        await mend()
      }
    },
    150_000,
  )

  it('and the checker bites: WOPI locks that look for coauth locks in an old snapshot are reported', async () => {
    const env = { ...PLUS, SEEDED_BUG: 'coauth-by-snapshot' }
    const buggy = { entry: 'test/kit/buggy-server.js', env }
    const own = await TandemPair.start({
      databaseUrl: await newDatabase(inject('postgres')),
      ttlMs,
      graceMs,
      ...buggy,
    })
    try {
      const result = await mixed(own, 40_000, 'the first bad register')
      expect(result.bad.length).toBeGreaterThan(0)
    } finally {
      await own.stop()
    }
  }, 150_000)
})

describe('R-01 the same register for clients that speak of timestamps (ADR 21)', () => {
  let pair: TandemPair | undefined
  afterEach(async () => {
    await pair?.stop()
    pair = undefined
  })

  const timed = async (
    operations: number,
    upTo: RunOptions['upTo'],
    operationsPerFile: number,
    seededBug?: string,
  ): Promise<RunResult> => {
    const databaseUrl = await newDatabase(inject('postgres'))
    const env = { PRESENCE: 'still', ...(seededBug && { SEEDED_BUG: seededBug }) }
    const servers = await TandemPair.start({
      databaseUrl,
      ttlMs,
      graceMs,
      entry: 'test/kit/buggy-server.js',
      env,
    })
    pair = servers
    const newFile = (): Promise<NewFile> => servers.newTimedFile()
    const options = optionsFor(servers, operations, upTo)
    // Fewer files at a time are answered sooner: the less overlaps, the fewer orders explain what a bug did.
    const files = seededBug === undefined ? options.files : 2
    return runAndCheck({ ...options, files, operationsPerFile, timestamps: true, newFile })
  }

  it('is linearizable over 10,000 operations, late calls and saves that take the lock again included', async () => {
    const result = await timed(10_000, 'the end', LONG)
    expectGood(result)
    expect(result.unexpected, pair?.takeFailures().join('\n')).toEqual({})
    for (const seen of ['PUT 200', 'PUT 409', 'LATE_REFRESH 401', 'LATE_UNLOCK 200', 'LATE_UNLOCK 401']) {
      expect(result.outcomes[seen], seen).toBeGreaterThan(50)
    }
    expect(result.expiries).toBeGreaterThan(20)
  }, 150_000)

  it.each([
    ['retake-on-any-base', SHORT],
    ['retake-without-lock', SHORT],
    ['own-in-any-epoch', SHORT],
    ['late-refresh-of-any-id', LONG],
    ['late-refresh-of-the-dead', LONG],
    ['late-refresh-in-vain', LONG],
    ['late-unlock-of-any-id', LONG],
  ])(
    'and the checker bites: a server with the bug %s is reported',
    async (seededBug, operationsPerFile) => {
      const result = await timed(40_000, 'the first bad register', operationsPerFile, seededBug)
      expect(result.bad.length).toBeGreaterThan(0)
    },
    150_000,
  )
})

function optionsFor(servers: TandemPair, operations: number, upTo: RunOptions['upTo']): RunOptions {
  return {
    urls: servers.urls,
    clients: 12,
    operations,
    ttlMs,
    graceMs,
    seed: 1,
    files: 5,
    upTo,
    newFile: () => servers.newFile(),
    holdRow: (fileId) => servers.holdRow(fileId),
  }
}

function expectGood(result: RunResult): void {
  const bad = result.bad.map(
    ({ history, verdict }) => `${verdict.reason}:\n${print(verdict.stuck)}\nin\n${print(history.operations)}`,
  )
  expect(bad).toEqual([])
  expect(result.undecided).toEqual([])
}
