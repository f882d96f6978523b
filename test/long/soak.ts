import { readdir, readFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { CallTimes } from '../../simulator/call-times.js'
import { ScaledClock } from '../../simulator/clock.js'
import { lostChanges, problems } from '../../simulator/results.js'
import { table } from '../../simulator/table.js'
import { bearerFor } from '../kit/people.js'
import { startTestPostgres } from '../kit/postgres.js'
import { startTandemProcess } from '../kit/tandem-process.js'
import { falseStates, soak } from '../simulator/soak-run.js'

/**
 * `npm run test:soak -- --documents 50 --editors 10 --minutes 60 --speed 20 [--seed TEXT]`: that many people on each of
 * that many documents for that many simulated minutes. Prints what the server needs as time goes by. Exit code 1 when a
 * change is lost, anything is refused, the co-authoring status is ever untrue, or the server's memory grows by more than a quarter from the second quarter of
 * the time to the last.
 */
const { values } = parseArgs({
  options: {
    documents: { type: 'string', default: '50' },
    editors: { type: 'string', default: '10' },
    minutes: { type: 'string', default: '60' },
    speed: { type: 'string', default: '20' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
})
const [documents, editors, minutes, speed] = [
  values.documents,
  values.editors,
  values.minutes,
  values.speed,
].map(Number) as [number, number, number, number]
if (!Number.isInteger(documents) || documents < 1 || !Number.isInteger(editors) || editors < 1) usage()
if (!(minutes > 0) || !(speed > 0)) usage()

const samples = 20
const toleratedGrowth = 1.25

// Its server and PostgreSQL end when this process exits, not when it is killed by a signal.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130))

const postgres = await startTestPostgres({ durable: true })
const dataDir = await mkdtemp(join(tmpdir(), 'tandem-soak-'))
// With all the memory of a large machine V8 would not collect within a short run, and garbage would look like a leak.
const env = { NODE_OPTIONS: '--max-old-space-size=96' }
const server = await startTandemProcess({ databaseUrl: await postgres.newDatabase(), dataDir, env })
process.once('exit', () => server.child.kill('SIGKILL'))

console.log(
  `${documents} documents, ${editors} editors on each, ${minutes} simulated minutes ${speed} times faster` +
    ` (${((minutes * 60) / speed).toFixed(0)} s), seed ${values.seed}`,
)
const calls = new CallTimes()
const resident: number[] = []
const saves = { saved: 0, delayed: 0 }
const wrong = new Set<string>()
let started = performance.now()
let watch: NodeJS.Timeout | undefined
const results = await soak({
  url: server.url,
  bearer: (user) => bearerFor(dataDir, user),
  documents,
  editors,
  minutes,
  seed: values.seed,
  calls,
  clock: sharedClock(),
  report: ({ what }) => {
    if (what.kind === 'saved') saves.saved += 1
    if (what.kind === 'save-delayed') saves.delayed += 1
  },
  onStart: () => {
    started = performance.now()
    watch = setInterval(() => void sample(), (minutes * 60_000) / speed / samples)
  },
})
clearInterval(watch)
await sample()
await server.stop()
await postgres.stop()
await rm(dataDir, { recursive: true, force: true })

const found = problems(results)
for (const problem of found.slice(0, 50)) console.log(`  PROBLEM  ${problem}`)
const typed = results.reduce((sum, { verdict }) => sum + verdict.typed, 0)
console.log(`\n${table(['call', 'times', 'median', 'p99'], calls.rows())}\n`)
console.log(`${typed} changes typed, ${saves.saved} saves, ${saves.delayed} of them had to wait`)
const growth = average(quarter(3)) / average(quarter(1))
console.log(
  `memory: ${average(quarter(1)).toFixed(0)} MB in the second quarter, ${average(quarter(3)).toFixed(0)} MB in the last`,
)
console.log(`false states: ${[...wrong].join(', ') || 'none'}`)
console.log(`lost changes: ${lostChanges(results)}`)
process.exit(found.length === 0 && wrong.size === 0 && growth <= toleratedGrowth ? 0 : 1)

function sharedClock(): () => ScaledClock {
  let clock: ScaledClock | undefined
  return () => (clock ??= new ScaledClock(speed))
}

async function sample(): Promise<void> {
  const status = await readFile(`/proc/${server.pid}/status`, 'utf8').catch(() => '')
  const files = await readdir(`/proc/${server.pid}/fd`).catch(() => [])
  const megabytes = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024
  if (Number.isNaN(megabytes)) return
  resident.push(megabytes)
  const admin = await bearerFor(dataDir, 'root', 'admin')
  for (const state of await falseStates(server.url, admin).catch(() => [])) wrong.add(state)
  const seconds = ((performance.now() - started) / 1000).toFixed(0)
  console.log(
    `${seconds.padStart(5)} s  server ${megabytes.toFixed(0)} MB, ${files.length} open files, ${saves.saved} saves`,
  )
}

function quarter(index: 1 | 3): readonly number[] {
  const from = Math.floor((resident.length * index) / 4)
  return resident.slice(from, Math.max(from + 1, Math.floor((resident.length * (index + 1)) / 4)))
}

function average(figures: readonly number[]): number {
  return figures.reduce((sum, one) => sum + one, 0) / Math.max(1, figures.length)
}

function usage(): never {
  console.error('usage: npm run test:soak -- --documents 50 --editors 10 --minutes 60 --speed 20 [--seed 42]')
  process.exit(2)
}
