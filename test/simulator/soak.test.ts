import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { lostChanges, problems } from '../../simulator/results.js'
import { VirtualClock } from '../../simulator/virtual-clock.js'
import { bearerFor } from '../kit/people.js'
import { execute } from '../kit/postgres.js'
import { Tandem } from '../kit/tandem.js'
import { falseStates, soak, type SoakOptions } from './soak-run.js'

const FALSE_EVENTS = `
  select kind from session_event
  where kind in ('conflict', 'save-failing', 'save-refused', 'lock-expired', 'refresh-overdue', 'principal-relearned')`

let tandem: Tandem
beforeAll(async () => {
  tandem = await Tandem.start(inject('postgres'))
})
afterAll(() => tandem.stop())

it.each([
  { documents: 3, editors: 10, minutes: 60, typed: 1000 },
  { documents: 50, editors: 10, minutes: 2, typed: 500 },
])(
  'loses no change of $editors editors on each of $documents documents in $minutes minutes',
  async ({ typed, ...size }) => {
    const results = await soak({ ...options(), ...size })
    expect(problems(results)).toEqual([])
    expect(lostChanges(results)).toBe(0)
    expect(results).toHaveLength(size.documents)
    expect(await falseStates(tandem.url, await bearerFor(tandem.dataDir, 'root', 'admin'))).toEqual([])
    const { rows } = await execute(tandem.databaseUrl, FALSE_EVENTS)
    expect(rows).toEqual([])
    expect(results.reduce((sum, { verdict }) => sum + verdict.typed, 0)).toBeGreaterThan(typed)
  },
  60_000,
)

function options(): Omit<SoakOptions, 'documents' | 'editors' | 'minutes'> {
  return {
    url: tandem.url,
    bearer: (user) => bearerFor(tandem.dataDir, user),
    clock: () => new VirtualClock(),
    seed: 'soak',
  }
}
