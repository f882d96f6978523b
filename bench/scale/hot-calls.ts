import { randomBytes } from 'node:crypto'
import { cases } from '../cases.js'
import { measure, type Slice } from '../measure.js'
import { median, summarise } from '../report.js'
import { KB, type Documents, type Seat } from '../target.js'
import type { ScaleOptions } from '../options.js'
import { type Outcome, quantile } from './outcome.js'
import { type Installation, type RunningServer, startOn } from './server.js'

const NAMES = ['CheckFileInfo', 'GetFile 20 KB', 'Lock+Refresh+Unlock', 'PutFile 20 KB']
const CLIENTS = 10
const MOST_TIMES = 1.3
const MOST_LONGER_MS = 3000

/**
 * The same calls on the empty and on the full database, in turns; each time the server is started anew, and how long that
 * takes is measured as well.
 */
export async function measureHotCalls(
  empty: Installation,
  full: Installation,
  { rounds, seconds }: ScaleOptions,
): Promise<Outcome[]> {
  const starts = { empty: [] as number[], full: [] as number[] }
  const slices = new Map(NAMES.map((name) => [name, { empty: [] as Slice[], full: [] as Slice[] }]))
  const order = [empty, full]
  for (let round = 0; round < rounds; round++) {
    for (const installation of order) {
      const running = await startOn(installation)
      starts[installation.name].push(running.startedInMs)
      try {
        const documents = await makeDocuments(running)
        for (const bench of cases.filter(({ name }) => NAMES.includes(name))) {
          const target = {
            name: 'Tandem',
            database: '',
            port: running.port,
            pid: running.server.pid,
            documents,
          } as const
          await measure(target, bench, Math.min(0.6, seconds))
          slices.get(bench.name)?.[installation.name].push(await measure(target, bench, seconds))
        }
      } finally {
        await running.server.stop()
      }
    }
    order.reverse()
  }
  return [...[...slices].flatMap(([name, taken]) => compared(name, taken)), startOutcome(starts)]
}

async function makeDocuments({ rest }: RunningServer): Promise<Documents> {
  const small: Seat[] = []
  const run = randomBytes(4).toString('hex')
  for (let n = 0; n < CLIENTS; n++) {
    const label = `hot${run}${n}`
    const id = await rest.createFile(label, 20 * KB)
    small.push(await rest.seat('bench', id, label, 20 * KB))
  }
  return { small, medium: [], large: [], shared: [] }
}

function compared(name: string, { empty, full }: Record<'empty' | 'full', readonly Slice[]>): Outcome[] {
  const wrong = [...empty, ...full].flatMap(({ errors }) => [...errors.keys()])
  if (wrong.length > 0) throw new Error(`wrong answer to ${name}: ${wrong[0]}`)
  const times = full.map((slice, round) => (empty[round]?.perSecond ?? Number.NaN) / slice.perSecond)
  const [without, within] = [summarise(empty), summarise(full)]
  const outcome = (what: string, p50: number, p99: number, goal = '', met = true): Outcome => ({
    what: `${name}, ${what}`,
    p50,
    p99,
    goal,
    met,
  })
  const ratio = median(times)
  return [
    outcome('empty', without.p50, without.p99),
    outcome('full', within.p50, within.p99),
    outcome('times as long', ratio, Math.max(...times), `≤ ${MOST_TIMES}`, ratio <= MOST_TIMES),
  ]
}

function startOutcome({ empty, full }: Record<'empty' | 'full', readonly number[]>): Outcome {
  const longer = median(full) - median(empty)
  return {
    what: `start, ${(median(empty) / 1000).toFixed(1)} s on an empty database; longer by`,
    p50: longer,
    p99: quantile(full, 0.99) - quantile(empty, 0.99),
    goal: `< ${MOST_LONGER_MS}`,
    met: longer < MOST_LONGER_MS,
  }
}
