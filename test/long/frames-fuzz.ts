import { parseArgs } from 'node:util'
import { cpuMilliseconds, FrameFuzzer, type FuzzOutcome } from '../incremental/frame-fuzzer.js'
import { Random } from '../linearizability/random.js'

/**
 * `npm run test:frames-fuzz -- --runs 10000000 [--seed N]`: R-28 for the frames of incremental file transfer. Spoilt
 * bodies, cut anywhere, are read by the reader that faces editors. Exit code 1 when one ends in anything but frames or
 * a refusal, takes longer than 100 ms, or when memory grows.
 */
const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '10000000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
})
const runs = Number(values.runs)
const seed = Number(values.seed)
if (!Number.isInteger(runs) || runs < 1 || !Number.isInteger(seed)) {
  console.error('usage: npm run test:frames-fuzz -- --runs 10000000 [--seed 42]')
  process.exit(2)
}

/** A run is repeated by the seed of its round: only so many runs have to be played again. */
const ROUND = 100_000
const SLOW_MS = 100
const TOLERATED_GROWTH = 64 * 1024 ** 2

console.log(`${runs} bodies, seed ${seed}`)
const started = performance.now()
const outcomes: Partial<Record<FuzzOutcome, number>> = {}
const faults: string[] = []
let slowest = 0
let memoryAtFirst: number | undefined
let done = 0
for (let round = 0; done < runs; round++) {
  await play(seed + round, Math.min(ROUND, runs - done))
  const memory = process.memoryUsage().rss
  // After the first round code is compiled and the heap has its size.
  memoryAtFirst ??= memory
  if (memory - memoryAtFirst > TOLERATED_GROWTH)
    faults.push(`memory grew to ${megabytes(memory)} by run ${done}`)
  if (round % 10 === 9 || done >= runs || faults.length > 0) console.log(line())
  if (faults.length > 0) break
}
console.log(`outcomes: ${JSON.stringify(outcomes)}`)
for (const fault of faults) console.log(`FAULT: ${fault}`)
console.log(faults.length === 0 ? 'no crash, no hang, no growth' : `${faults.length} FAULTS`)
process.exit(faults.length === 0 ? 0 : 1)

async function play(roundSeed: number, bodies: number): Promise<void> {
  const fuzzer = await FrameFuzzer.create(new Random(roundSeed))
  for (let run = 0; run < bodies; run++) {
    const start = cpuMilliseconds()
    try {
      const outcome = await fuzzer.run()
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
    } catch (error) {
      faults.push(
        `run ${run} of seed ${roundSeed}: ${error instanceof Error ? error.message : String(error)}`,
      )
    }
    const took = cpuMilliseconds() - start
    slowest = Math.max(slowest, took)
    if (took > SLOW_MS) faults.push(`run ${run} of seed ${roundSeed} took ${took.toFixed(0)} ms`)
    done++
  }
}

function line(): string {
  const seconds = (performance.now() - started) / 1000
  return (
    `${done} runs in ${seconds.toFixed(0)} s, ${(done / seconds).toFixed(0)}/s, slowest ${slowest.toFixed(1)} ms, ` +
    `memory ${megabytes(process.memoryUsage().rss)}`
  )
}

function megabytes(bytes: number): string {
  return `${(bytes / 1024 ** 2).toFixed(0)} MB`
}
