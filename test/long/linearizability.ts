import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startTestPostgres } from '../kit/postgres.js'
import { disturb } from '../linearizability/faults.js'
import { Random } from '../linearizability/random.js'
import { runAndCheck, type RunResult } from '../linearizability/run-and-check.js'
import { TandemPair } from '../linearizability/tandem-pair.js'
import { print } from '../linearizability/transcript.js'

/**
 * `npm run test:linearizability -- --ops 1000000 [--seed N] [--clients 12] [--ttl-seconds 1] [--grace-seconds 0.25]
 * [--files 16] [--coauth 0.4 | --timestamps]`: R-01 in full. Rounds on two server processes, every other round with
 * servers that freeze and die; `--coauth`: the share of native clients' calls; `--timestamps`: only clients that name
 * what their saves are based on.
 * Exit code 1 when a register is not linearizable; its history is kept in a file.
 */
const { values } = parseArgs({
  options: {
    ops: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    clients: { type: 'string', default: '12' },
    'ttl-seconds': { type: 'string', default: '1' },
    'grace-seconds': { type: 'string', default: '0.25' },
    files: { type: 'string', default: '16' },
    coauth: { type: 'string', default: '0.25' },
    timestamps: { type: 'boolean', default: false },
  },
})
const ops = Number(values.ops)
const seed = Number(values.seed)
const clients = Number(values.clients)
const ttlMs = Number(values['ttl-seconds']) * 1000
const graceMs = Number(values['grace-seconds']) * 1000
const files = Number(values.files)
const { timestamps } = values
const coauthFraction = timestamps ? 0 : Number(values.coauth)
if (![ops, seed, clients, files].every(Number.isInteger) || ops < 1 || !(ttlMs > 0) || !(graceMs >= 0)) {
  console.error(
    'usage: npm run test:linearizability -- --ops 1000000 [--seed 42] [--clients 12] [--ttl-seconds 1]',
  )
  process.exit(2)
}

/** So that a million operations are 200 rounds. */
const ROUND = 5_000

const started = Date.now()
const total = { operations: 0, files: 0, bad: 0, undecided: 0, expiries: 0, pauses: 0, kills: 0, checkMs: 0 }
const unexpected: Record<string, number> = {}
const failures = new Map<string, number>()

console.log(
  `${ops} operations of ${clients} clients a file, ttl ${ttlMs} ms + grace ${graceMs} ms, seed ${seed}`,
)
const postgres = await startTestPostgres({ durable: true })
const pair = await TandemPair.start({
  databaseUrl: await postgres.newDatabase(),
  ttlMs,
  graceMs,
  ...(timestamps
    ? { entry: 'test/kit/buggy-server.js', env: { PRESENCE: 'still' } }
    : { env: { COAUTH_PROFILE: 'plus' } }),
})
try {
  for (let round = 1; total.operations < ops; round++)
    await play(round, Math.min(ROUND, ops - total.operations))
} finally {
  await pair.stop()
  await postgres.stop()
}
console.log(`\n${line()}`)
console.log(
  `check ${(total.checkMs / 1000).toFixed(1)} s in all; other answers: ${JSON.stringify(unexpected)}; seed ${seed}`,
)
for (const [failure, times] of failures) console.log(`${times} times: ${failure}`)
console.log(total.bad === 0 ? 'every register is linearizable' : `${total.bad} BAD REGISTERS`)
process.exit(total.bad === 0 ? 0 : 1)

async function play(round: number, operations: number): Promise<void> {
  const run = runAndCheck({
    urls: pair.urls,
    clients,
    operations,
    ttlMs,
    graceMs,
    seed: seed + round,
    files,
    operationsPerFile: Math.min(400, Math.ceil(operations / files)),
    upTo: 'the end',
    coauthFraction,
    timestamps,
    newFile: () => (timestamps ? pair.newTimedFile() : pair.newFile()),
    holdRow: (fileId) => pair.holdRow(fileId),
  })
  if (round % 2 === 0) {
    const options = { lifeMs: ttlMs + graceMs, kills: 0.1 }
    const faults = await disturb(pair, new Random(seed + round), options, run)
    total.pauses += faults.pauses
    total.kills += faults.kills
  }
  await tally(round, await run)
}

async function tally(round: number, result: RunResult): Promise<void> {
  total.operations += result.operations
  total.files += result.files
  total.bad += result.bad.length
  total.undecided += result.undecided.length
  total.expiries += result.expiries
  total.checkMs += result.checkMs
  for (const [status, times] of Object.entries(result.unexpected)) {
    unexpected[status] = (unexpected[status] ?? 0) + times
  }
  for (const failure of pair.takeFailures()) {
    const times = failures.get(failure) ?? 0
    if (times === 0) console.log(`server error: ${failure}`)
    failures.set(failure, times + 1)
  }
  for (const { history, verdict } of result.bad) {
    const file = join(tmpdir(), `bad-register-${seed}-${round}-${history.file}.txt`)
    await writeFile(file, `${verdict.reason}:\n${print(verdict.stuck)}\n\n${print(history.operations)}\n`)
    console.log(`BAD REGISTER: ${verdict.reason}; its history is in ${file}`)
  }
  console.log(`round ${round}: ${line()}`)
}

function line(): string {
  const { operations, bad, undecided, expiries, pauses, kills } = total
  return (
    `${operations} operations on ${total.files} files, ${bad} bad registers, ${undecided} undecided, ` +
    `${expiries} expiries, ${pauses} freezes, ${kills} kills, ${((Date.now() - started) / 1000).toFixed(0)} s`
  )
}
