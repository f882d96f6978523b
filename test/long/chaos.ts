import { parseArgs } from 'node:util'
import { runChaos } from '../chaos/chaos-run.js'

/**
 * `npm run test:chaos -- --minutes 60 [--seed N]`: kills, freezes, database restarts and cuts, a slow and a failing disk,
 * damaged blobs, unread downloads and revocations under load, with the linearizability checker, and fsck over the whole.
 * Exit code 1 when anything that was acknowledged is lost, wrong bytes are served, or a server ends by itself.
 */
const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '60' }, seed: { type: 'string' } },
})
const minutes = Number(values.minutes)
const seed = Number(values.seed ?? Date.now() % 1_000_000)
if (!(minutes > 0) || !Number.isInteger(seed)) {
  console.error('usage: npm run test:chaos -- --minutes 60 [--seed 42]')
  process.exit(2)
}

// Its servers and PostgreSQL end when this process exits, not when it is killed by a signal.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130))

const started = Date.now()
const seconds = (): string => ((Date.now() - started) / 1000).toFixed(0)
console.log(`${minutes} minutes, seed ${seed}`)
const { disturbances, counts, complaints } = await runChaos({
  minutes,
  seed,
  onRound: (line) => console.log(`${seconds()} s  ${line}`),
})
for (const complaint of complaints) console.log(`WRONG  ${complaint}`)
console.log(`\n${seconds()} s, seed ${seed}`)
console.log(`disturbances: ${JSON.stringify(disturbances)}`)
console.log(`clients: ${JSON.stringify(counts)}`)
console.log(
  complaints.length === 0 ? 'nothing was lost, nothing was wrong' : `${complaints.length} COMPLAINTS`,
)
process.exit(complaints.length === 0 ? 0 : 1)
