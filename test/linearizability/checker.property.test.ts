import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { existsOrder } from './brute-force.js'
import { check } from './checker.js'
import type { Answer, History, Operation, Request } from './history.js'
import { randomlySpoiled, withError } from './mutants.js'
import { Random } from './random.js'
import { simulatedHistory } from './simulated-histories.js'
import { print } from './transcript.js'

const seeds = fc.integer({ min: 0, max: 0x7fffffff })

describe('R-01 the checker, over generated histories', () => {
  it('accepts whatever a correct register answered, with expiries, concurrency and lost answers', () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 1, max: 14 }), fc.boolean(), (seed, clients, timestamps) => {
        const options = { clients, operations: 200, lifeMs: 60, lostFraction: 0.03, timestamps }
        const history = simulatedHistory(new Random(seed), options)
        expect(check(history, { lifeMs: 60 }), print(history.operations)).toHaveProperty(
          'verdict',
          'linearizable',
        )
      }),
      { numRuns: 300 },
    )
  })

  it('agrees with the definition, tried out literally on small histories', () => {
    const verdicts = { linearizable: 0, bad: 0, undecided: 0 }
    fc.assert(
      fc.property(smallHistory, (history) => {
        const { verdict } = check(history, { lifeMs: 10, slackMs: 0 })
        verdicts[verdict]++
        expect(verdict, print(history.operations)).toBe(existsOrder(history, 10) ? 'linearizable' : 'bad')
      }),
      { numRuns: 20_000 },
    )
    expect(Math.min(verdicts.linearizable, verdicts.bad)).toBeGreaterThan(1000)
  })

  it('agrees with the definition on small correct histories, some of them spoiled', () => {
    const verdicts = { linearizable: 0, bad: 0, undecided: 0 }
    fc.assert(
      fc.property(seeds, fc.integer({ min: 1, max: 4 }), fc.boolean(), (seed, clients, timestamps) => {
        const random = new Random(seed)
        const options = { clients, operations: 7, lifeMs: 8, lostFraction: 0.15, timestamps }
        const history = randomlySpoiled(simulatedHistory(random, options), random)
        const { verdict } = check(history, { lifeMs: 8, slackMs: 0 })
        verdicts[verdict]++
        expect(verdict, print(history.operations)).toBe(existsOrder(history, 8) ? 'linearizable' : 'bad')
      }),
      { numRuns: 3_000 },
    )
    expect(Math.min(verdicts.linearizable, verdicts.bad)).toBeGreaterThan(500)
  })

  it.each([
    'a lock id nobody ever used',
    'a version nobody ever made',
    'a save missing from the record',
  ] as const)('reports %s, even in the thick of 12 clients', (error) => {
    let mutants = 0
    fc.assert(
      fc.property(seeds, (seed) => {
        const random = new Random(seed)
        const history = simulatedHistory(random, {
          clients: 12,
          operations: 150,
          lifeMs: 60,
          lostFraction: 0,
        })
        const mutant = withError(history, error, random)
        if (!mutant) return
        mutants++
        expect(check(mutant, { lifeMs: 60 }).verdict).toBe('bad')
      }),
      { numRuns: 60 },
    )
    expect(mutants).toBeGreaterThan(30)
  })

  it.each(['a flipped status', 'another lock id', 'another version', 'another coauth table'] as const)(
    'reports %s in any answer of a single client',
    (error) => {
      let mutants = 0
      fc.assert(
        fc.property(seeds, (seed) => {
          const random = new Random(seed)
          const history = simulatedHistory(random, {
            clients: 1,
            operations: 60,
            lifeMs: 1e9,
            lostFraction: 0,
          })
          const mutant = withError(history, error, random)
          if (!mutant) return
          mutants++
          expect(check(mutant, { lifeMs: 1e9 }).verdict, print(mutant.operations)).toBe('bad')
        }),
        { numRuns: 500 },
      )
      expect(mutants).toBeGreaterThan(300)
    },
  )
})

const ids = fc.constantFrom('a', 'b')

const bases = fc.constantFrom('sha-initial', 'sha0', 'sha1', 'sha2')

const requests: fc.Arbitrary<Request> = fc.oneof(
  fc.record({ kind: fc.constant('LOCK' as const), id: ids }),
  fc.record({ kind: fc.constant('UNLOCK' as const), id: ids }),
  fc.record({ kind: fc.constant('REFRESH_LOCK' as const), id: ids }),
  ids.map((oldId): Request => ({ kind: 'UNLOCK_AND_RELOCK', oldId, id: oldId === 'a' ? 'b' : 'a' })),
  fc.constant<Request>({ kind: 'GET_LOCK' }),
  fc.constant<Request>({ kind: 'CHECK' }),
  ids.map((lock): Request => ({ kind: 'PUT', lock, sha256: '' })),
  fc.record({ kind: fc.constant('PUT' as const), lock: ids, sha256: fc.constant(''), base: bases }),
  fc.record({ kind: fc.constantFrom('LATE_REFRESH' as const, 'LATE_UNLOCK' as const), id: ids }),
  fc.record({
    kind: fc.constant('GET_COAUTH_LOCK' as const),
    id: fc.constantFrom('A', 'B'),
    type: fc.constantFrom('Coauth' as const, 'CoauthExclusive' as const),
  }),
  fc.record({
    kind: fc.constantFrom('REFRESH_COAUTH_LOCK' as const, 'UNLOCK_COAUTH_LOCK' as const),
    id: fc.constantFrom('A', 'B'),
  }),
  fc.constant<Request>({ kind: 'GET_COAUTH_TABLE' }),
)

const answers: fc.Arbitrary<Answer> = fc.record({
  status: fc.constantFrom(200 as const, 200 as const, 409 as const, 401 as const),
  lock: fc.constantFrom('', 'a', 'b', null),
  table: fc.constantFrom('', 'A:Coauth', 'B:CoauthExclusive'),
  version: fc.constantFrom(null, null, null, '1', '2', '3'),
  sha256: fc.constantFrom(null, null, null, 'sha0', 'sha1', 'sha2'),
})

/** Up to six operations within two lives of a lock, with plausible and implausible answers. */
const smallHistory: fc.Arbitrary<History> = fc
  .array(
    fc.record({
      request: requests,
      answer: answers,
      lost: fc.integer({ min: 0, max: 5 }).map((n) => n === 0),
      call: fc.integer({ min: 0, max: 20 }),
      lasts: fc.integer({ min: 0, max: 12 }),
    }),
    { minLength: 1, maxLength: 6 },
  )
  .map((drafts) => ({
    file: 'small',
    operations: drafts.map(({ request, answer, lost, call, lasts }, client): Operation => {
      const named: Request = request.kind === 'PUT' ? { ...request, sha256: `sha${client}` } : request
      if (lost) return { client, request: named, call, return: null, answer: 'lost' }
      const plausible: Answer =
        named.kind === 'PUT' && answer.status === 200
          ? { ...answer, version: answer.version ?? `v${client}`, sha256: null }
          : answer
      return { client, request: named, call, return: call + lasts, answer: plausible }
    }),
  }))
