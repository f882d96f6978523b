import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { bearerFor } from '../kit/people.js'
import { startTestPostgres } from '../kit/postgres.js'
import { startTandemProcess } from '../kit/tandem-process.js'
import { runRevocations, type RevocationReport } from '../simulator/revocation-run.js'

/**
 * `npm run test:revocation -- --moments 10000 [--minutes M] [--seed TEXT]`: that many co-authoring sessions over two
 * servers, each with somebody's right removed at a random moment, half of them while a save is on its way. Exit code 1
 * when a body that any editor sent is neither stored nor kept.
 */
const { values } = parseArgs({
  options: {
    moments: { type: 'string', default: '10000' },
    minutes: { type: 'string', default: '1440' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
})
const moments = Number(values.moments)
const minutes = Number(values.minutes)
if (!Number.isInteger(moments) || moments < 1 || !(minutes > 0)) {
  console.error('usage: npm run test:revocation -- --moments 10000 [--minutes 60] [--seed 42]')
  process.exit(2)
}

// Its servers and PostgreSQL end when this process exits, not when it is killed by a signal.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130))

const started = Date.now()
console.log(`${moments} revocations at random moments of co-authoring sessions, seed ${values.seed}`)
const postgres = await startTestPostgres()
const databaseUrl = await postgres.newDatabase()
const dataDir = await mkdtemp(join(tmpdir(), 'tandem-revocation-'))
const one = await startTandemProcess({ databaseUrl, dataDir })
const two = await startTandemProcess({ databaseUrl, dataDir })
process.once('exit', () => [one, two].forEach(({ child }) => child.kill('SIGKILL')))

const report = await runRevocations({
  moments,
  seed: values.seed,
  sideBySide: 8,
  urls: [one.url, two.url],
  bearer: (user) => bearerFor(dataDir, user),
  enough: AbortSignal.timeout(minutes * 60_000),
  onMoment: (soFar) => {
    if (soFar.moments % 500 === 0) console.log(`${seconds()} s  ${counts(soFar)}`)
  },
})
await Promise.all([one.stop(), two.stop()])
await postgres.stop()
await rm(dataDir, { recursive: true, force: true })

for (const violation of report.violations) console.log(`VIOLATION  ${violation}`)
console.log(`\n${seconds()} s, seed ${values.seed}: ${counts(report)}`)
console.log(
  `${report.typed} changes typed; ${report.neverSent} of them never sent, because their editor was closed first`,
)
console.log(
  report.violations.length === 0 ? 'lost bodies: 0' : `lost bodies and the like: ${report.violations.length}`,
)
process.exit(report.violations.length === 0 ? 0 : 1)

function seconds(): string {
  return ((Date.now() - started) / 1000).toFixed(0)
}

function counts(r: RevocationReport): string {
  return (
    `${r.moments} moments (${r.duringSave} during a save), ${r.acknowledged} saves acknowledged, ` +
    `${r.refused} refused and kept, everyone out ${r.everyoneOut} times, one out ${r.oneOut} times, ` +
    `${r.violations.length} violations`
  )
}
