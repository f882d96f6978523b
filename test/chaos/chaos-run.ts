import { setTimeout as pause } from 'node:timers/promises'
import { Installation } from '../crash/installation.js'
import { Ledger } from '../crash/ledger.js'
import { Load } from '../crash/load.js'
import { straceWorks } from '../crash/strike.js'
import { bearerFor } from '../kit/people.js'
import { execute } from '../kit/postgres.js'
import { Random } from '../linearizability/random.js'
import { TandemPair } from '../linearizability/tandem-pair.js'
import { until } from '../reliability/until.js'
import { DamagedBlobs } from './damaged-blobs.js'
import { DISTURBANCES, disturbances, type DisturbanceName, type Stage } from './disturbances.js'
import type { Lane } from './lane.js'
import { persist } from './persist.js'
import { LockContest } from './lock-contest.js'
import { Revocations } from './revocations.js'
import { UnreadDownloads } from './unread-downloads.js'

export interface ChaosOptions {
  readonly minutes: number
  readonly seed: number
  /** At most this many disturbances; each kind comes once before any comes twice. */
  readonly rounds?: number
  onRound?(line: string): void
}

export interface ChaosReport {
  readonly disturbances: Readonly<Partial<Record<DisturbanceName, number>>>
  readonly counts: Readonly<Record<string, number>>
  /** What no client may see, and no server may do. */
  readonly complaints: readonly string[]
}

const SERVERS = 2
const TTL_MS = 1000
const GRACE_MS = 250
const CHECK_EVERY = 10

/**
 * Two servers under load with revocations, damaged blobs and unread downloads, two more with a contest for locks, all on
 * one PostgreSQL; and everything that happens to a server room. In the end all that was acknowledged must be there.
 */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const random = new Random(options.seed)
  const installation = await Installation.start(SERVERS)
  await execute(installation.databaseUrl, 'create database contest')
  const pair = await TandemPair.start({
    databaseUrl: installation.databaseUrl.replace(/\/tandem(\?|$)/, '/contest$1'),
    ttlMs: TTL_MS,
    graceMs: GRACE_MS,
    env: { COAUTH_PROFILE: 'plus' },
  })
  const stage: Stage = { installation, pair, random, diskFails: false }
  const ledger = new Ledger()
  const complaints = ledger.losses
  const complain = (what: string): void => void complaints.push(what)
  const own = (): Random => new Random(Math.floor(random.fraction() * 2 ** 31))
  const clients = {
    urls: installation.urls,
    bearer: (user: string) => bearerFor(installation.dataDir, user),
  }
  const load = new Load(ledger, {
    ...clients,
    writers: 3,
    readers: 2,
    random: own,
    excuses: (status) => stage.diskFails && status === 500,
  })
  const damaged = new DamagedBlobs(
    {
      ...clients,
      dataDir: installation.dataDir,
      databaseUrl: () => installation.databaseUrl,
      random: own(),
    },
    complain,
  )
  const lanes: Lane[] = [
    new Revocations({ ...clients, random: own() }, complain),
    damaged,
    new UnreadDownloads({ ...clients, random: own() }, complain),
    new LockContest({ pair, ttlMs: TTL_MS, graceMs: GRACE_MS, seed: options.seed }, complain),
  ]
  const done: Partial<Record<DisturbanceName, number>> = {}
  try {
    await disturbAll(stage, options, done, complain, async (round) => {
      if (round % CHECK_EVERY !== 0) return
      await untilReady(installation, complain)
      await persist(() => ledger.check(random.oneOf(installation.urls), 'written'))
    })
    for (const stopped of await Promise.allSettled([load.stop(), ...lanes.map((lane) => lane.stop())]))
      if (stopped.status === 'rejected') complain(`a client gave up: ${String(stopped.reason)}`)
    await reviveEnded(installation, 'in the end', complain)
    await untilReady(installation, complain)
    await ledger.check(random.oneOf(installation.urls), 'all')
    await installation.fsck((line) => {
      if (![...damaged.files].some((file) => line.includes(file))) complain(`fsck: ${line}`)
    })
  } finally {
    await Promise.allSettled([load.stop(), ...lanes.map((lane) => lane.stop())])
    await pair.stop()
    const codes = await installation.stop()
    if (codes.some((code) => code !== 0)) complain(`servers ended with ${codes.join(', ')}`)
  }
  const { acknowledged, reads, versionsChecked } = ledger
  const saves = { 'saves acknowledged': acknowledged, reads, 'versions read back': versionsChecked }
  const counts = Object.assign({}, saves, ...lanes.map((lane) => lane.counts())) as Record<string, number>
  return { disturbances: done, counts, complaints }
}

async function disturbAll(
  stage: Stage,
  options: Omit<ChaosOptions, 'seed'>,
  done: Partial<Record<DisturbanceName, number>>,
  complain: (what: string) => void,
  afterRound: (round: number) => Promise<void>,
): Promise<void> {
  const { minutes, rounds = Infinity } = options
  const end = Date.now() + minutes * 60_000
  const names = disturbances(await straceWorks())
  let due: DisturbanceName[] = []
  for (let round = 1; round <= rounds && Date.now() < end; round++) {
    if (due.length === 0) due = shuffled(names, stage.random)
    const name = due.pop()
    if (!name) return
    await pause(stage.random.between(200, 1500))
    const wrong = await DISTURBANCES[name](stage)
    if (wrong !== undefined) complain(wrong)
    done[name] = (done[name] ?? 0) + 1
    await reviveEnded(stage.installation, name, complain)
    await afterRound(round)
    options.onRound?.(name)
  }
}

/** No disturbance but a kill may end a server. */
async function reviveEnded(
  installation: Installation,
  after: string,
  complain: (what: string) => void,
): Promise<void> {
  for (const [index, server] of installation.servers.entries()) {
    if (server.child.exitCode === null && server.child.signalCode === null) continue
    complain(`a server ended by itself (${after}):\n${server.output().slice(-2000)}`)
    await installation.startServer(index)
  }
}

async function untilReady({ urls }: Installation, complain: (what: string) => void): Promise<void> {
  for (const url of urls) {
    const isReady = (): Promise<boolean> =>
      fetch(`${url}/health/ready`).then(
        ({ ok }) => ok,
        () => false,
      )
    await until(`${url} is ready`, isReady, 30_000).catch((error: unknown) => complain(String(error)))
  }
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  return items
    .map((item) => ({ item, at: random.fraction() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item)
}
