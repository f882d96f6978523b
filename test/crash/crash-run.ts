import { setTimeout as pause } from 'node:timers/promises'
import { bearerFor } from '../kit/people.js'
import { Random } from '../linearizability/random.js'
import { Installation } from './installation.js'
import { Ledger } from './ledger.js'
import { Load } from './load.js'
import { POINTS, strikeAt, strikeAtRandom, straceWorks, type Point } from './strike.js'

export interface CrashOptions {
  readonly serverKills: number
  readonly postgresKills: number
  readonly seed: number
  readonly writers: number
  readonly readers: number
  /** Share of the server kills at a chosen system call instead of a random moment. */
  readonly aimed: number
  /** The storage is checked whole after every so many rounds, and at the end. */
  readonly fsckEvery: number
  /** Aborted, the run ends after the round under way, with all its checks. */
  readonly enough?: AbortSignal
  onRound?(report: CrashReport, what: string): void
}

export interface CrashReport {
  serverKills: number
  postgresKills: number
  /** Kills by the system call on which they fell. */
  readonly struck: Partial<Record<Point, number>>
  acknowledged: number
  reads: number
  versionsChecked: number
  unansweredButThere: number
  fscks: number
  orphanedBlobs: number
  outcomes: Readonly<Record<string, number>>
  exitCodes: (number | null)[]
  losses: readonly string[]
}

const SERVERS = 2

/**
 * Two servers on one database under load; again and again one of them, or PostgreSQL, is killed, and after each restart
 * everything that any client was promised must be there (RELIABILITY-SECURITY.md ).
 */
export async function runCrashes(options: CrashOptions): Promise<CrashReport> {
  const random = new Random(options.seed)
  const installation = await Installation.start(SERVERS)
  const ledger = new Ledger()
  const load = new Load(ledger, {
    writers: options.writers,
    readers: options.readers,
    urls: installation.urls,
    bearer: (user) => bearerFor(installation.dataDir, user),
    random: () => new Random(Math.floor(random.fraction() * 2 ** 31)),
  })
  const report = emptyReport()
  const settle = (): void => {
    const { acknowledged, reads, versionsChecked, unansweredButThere, losses } = ledger
    const outcomes = Object.fromEntries(load.outcomes)
    Object.assign(report, { acknowledged, reads, versionsChecked, unansweredButThere, losses, outcomes })
  }
  const fsck = async (): Promise<void> => {
    const found = await installation.fsck((line) => ledger.losses.push(`fsck: ${line}`))
    report.fscks++
    report.orphanedBlobs = found.blobs - found.checked
  }
  try {
    const points = (await straceWorks()) ? (Object.keys(POINTS) as Point[]) : []
    for (let round = 1; !options.enough?.aborted && ledger.losses.length === 0; round++) {
      const left = {
        server: options.serverKills - report.serverKills,
        postgres: options.postgresKills - report.postgresKills,
      }
      if (left.server + left.postgres === 0) break
      const what =
        random.weighted(left) === 'postgres'
          ? await strikePostgres(installation, report, random)
          : left.server >= SERVERS && random.chance(0.3)
            ? await strikeAllServers(installation, report, random)
            : await strikeServer(installation, points, options.aimed, report, random)
      await ledger.check(random.oneOf(installation.urls), 'written')
      if (round % options.fsckEvery === 0) await fsck()
      settle()
      options.onRound?.(report, what)
    }
    await load.stop()
    await ledger.check(random.oneOf(installation.urls), 'all')
    await fsck()
    settle()
  } finally {
    await load.stop().catch(() => undefined)
    report.exitCodes = await installation.stop()
  }
  return report
}

async function strikePostgres(
  installation: Installation,
  report: CrashReport,
  random: Random,
): Promise<string> {
  await pause(random.between(20, 300))
  await installation.killPostgres()
  await installation.startPostgres()
  report.postgresKills++
  for (const { child } of installation.servers) {
    if (child.exitCode !== null) throw new Error('a server ended because PostgreSQL was killed')
  }
  return 'PostgreSQL'
}

async function strikeAllServers(
  installation: Installation,
  report: CrashReport,
  random: Random,
): Promise<string> {
  await Promise.all(installation.servers.map((server) => strikeAtRandom(server, random)))
  await Promise.all(installation.urls.map((_, index) => installation.startServer(index)))
  report.serverKills += SERVERS
  return 'all servers'
}

async function strikeServer(
  installation: Installation,
  points: readonly Point[],
  aimed: number,
  report: CrashReport,
  random: Random,
): Promise<string> {
  const index = Math.floor(random.fraction() * SERVERS)
  const server = installation.server(index)
  const point = points.length > 0 && random.chance(aimed) ? random.oneOf(points) : undefined
  const hit = point !== undefined && (await strikeAt(point, server, random))
  if (point === undefined) await strikeAtRandom(server, random)
  else if (hit) report.struck[point] = (report.struck[point] ?? 0) + 1
  report.serverKills++
  await installation.startServer(index)
  return hit ? `server ${index} at ${point}` : `server ${index}`
}

function emptyReport(): CrashReport {
  return {
    serverKills: 0,
    postgresKills: 0,
    struck: {},
    acknowledged: 0,
    reads: 0,
    versionsChecked: 0,
    unansweredButThere: 0,
    fscks: 0,
    orphanedBlobs: 0,
    outcomes: {},
    exitCodes: [],
    losses: [],
  }
}
