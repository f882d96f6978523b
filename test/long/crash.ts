import { parseArgs } from 'node:util'
import { runCrashes, type CrashReport } from '../crash/crash-run.js'

/**
 * `npm run test:crash -- --kills 1000 [--minutes M] [--seed N]`: that many kills of a server, and one of PostgreSQL for
 * each ten of them, or as many as fit into the time. Exit code 1 when anything that was acknowledged is lost, torn or
 * dangling.
 */
const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '1000' },
    minutes: { type: 'string', default: '1440' },
    seed: { type: 'string' },
  },
})
const kills = Number(values.kills)
const minutes = Number(values.minutes)
const seed = Number(values.seed ?? Date.now() % 1_000_000)
if (!Number.isInteger(kills) || kills < 1 || !(minutes > 0) || !Number.isInteger(seed)) {
  console.error('usage: npm run test:crash -- --kills 1000 [--minutes 10] [--seed 42]')
  process.exit(2)
}

// Its servers and PostgreSQL end when this process exits, not when it is killed by a signal.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130))

const started = Date.now()
console.log(`${kills} kills of a server and ${Math.ceil(kills / 10)} of PostgreSQL, seed ${seed}`)
const report = await runCrashes({
  serverKills: kills,
  postgresKills: Math.ceil(kills / 10),
  seed,
  writers: 4,
  readers: 2,
  aimed: 0.5,
  fsckEvery: 100,
  enough: AbortSignal.timeout(minutes * 60_000),
  onRound: (soFar, what) => console.log(`${seconds()} s  ${what} killed; ${counts(soFar)}`),
})
for (const loss of report.losses) console.log(`LOST  ${loss}`)
console.log(`\n${seconds()} s, seed ${seed}: ${counts(report)}`)
console.log(`killed at a system call: ${JSON.stringify(report.struck)}`)
console.log(
  `answers: ${JSON.stringify(report.outcomes)}; exit codes at the end: ${report.exitCodes.join(', ')}`,
)
console.log(`${report.fscks} times fsck; ${report.orphanedBlobs} orphaned blobs for the collector`)
console.log(report.losses.length === 0 ? 'nothing was lost' : `${report.losses.length} LOSSES`)
process.exit(report.losses.length === 0 ? 0 : 1)

function seconds(): string {
  return ((Date.now() - started) / 1000).toFixed(0)
}

function counts(r: CrashReport): string {
  return (
    `${r.serverKills} server and ${r.postgresKills} PostgreSQL kills, ${r.acknowledged} saves acknowledged, ` +
    `${r.reads} reads, ${r.versionsChecked} versions read back, ` +
    `${r.unansweredButThere} unanswered saves whole, ${r.losses.length} losses`
  )
}
