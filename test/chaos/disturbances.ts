import { setTimeout as pause } from 'node:timers/promises'
import type { Installation } from '../crash/installation.js'
import { strikeAtRandom } from '../crash/strike.js'
import { execute } from '../kit/postgres.js'
import type { Random } from '../linearizability/random.js'
import type { TandemPair } from '../linearizability/tandem-pair.js'
import { injectFault } from '../reliability/faults.js'

export interface Stage {
  readonly installation: Installation
  readonly pair: TandemPair
  readonly random: Random
  /** Set while a disk is made to fail: saves may be answered 500 then. */
  diskFails: boolean
}

/** What it did, or what went wrong. */
type Disturbance = (stage: Stage) => Promise<string | undefined>

const anyServer = ({ installation, random }: Stage): number =>
  Math.floor(random.fraction() * installation.servers.length)

/** Everything that happens to a server room, one thing after the other; each waits until servers are there again. */
export const DISTURBANCES = {
  'kill a server': async (stage) => {
    const index = anyServer(stage)
    await strikeAtRandom(stage.installation.server(index), stage.random)
    await stage.installation.startServer(index)
    return undefined
  },
  'stop a server': async (stage) => {
    const index = anyServer(stage)
    const code = await stage.installation.server(index).stop()
    await stage.installation.startServer(index)
    return code === 0 ? undefined : `a server ended with ${String(code)} after SIGTERM`
  },
  'freeze a server': async ({ installation, random, ...stage }) => {
    const { pid } = installation.server(anyServer({ installation, random, ...stage }))
    process.kill(pid, 'SIGSTOP')
    await pause(random.between(100, 3000))
    process.kill(pid, 'SIGCONT')
    return undefined
  },
  'kill a server of the contest': async ({ pair, random }) => {
    await pair.kill(random.oneOf([0, 1]))
    return undefined
  },
  'freeze a server of the contest': async ({ pair, random }) => {
    await pair.pause(random.oneOf([0, 1]), random.between(200, 2000))
    return undefined
  },
  'kill PostgreSQL': async ({ installation }) => {
    await installation.killPostgres()
    await installation.startPostgres()
    return undefined
  },
  'restart PostgreSQL': async ({ installation }) => {
    await installation.stopPostgres()
    await installation.startPostgres()
    return undefined
  },
  'cut every connection to PostgreSQL': async ({ installation }) => {
    await execute(
      installation.databaseUrl,
      `select pg_terminate_backend(pid) from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid() order by pid`,
    )
    return undefined
  },
  'slow disk': async (stage) => {
    const { pid } = stage.installation.server(anyServer(stage))
    const delay = Math.round(stage.random.between(100, 1500)) * 1000
    const fault = await injectFault(pid, `fsync:delay_enter=${delay}`)
    await pause(stage.random.between(1000, 4000))
    await fault.remove()
    return undefined
  },
  'failing disk': async (stage) => {
    const { pid } = stage.installation.server(anyServer(stage))
    const error = stage.random.oneOf(['EIO', 'ENOSPC'])
    const call = stage.random.oneOf(['fsync', 'pwrite64'])
    stage.diskFails = true
    const fault = await injectFault(pid, `${call}:error=${error}:when=1+${stage.random.oneOf([1, 2, 3])}`)
    await pause(stage.random.between(500, 2000))
    await fault.remove()
    // Saves that began under the fault are answered after it.
    await pause(500)
    stage.diskFails = false
    return undefined
  },
} as const satisfies Readonly<Record<string, Disturbance>>

export type DisturbanceName = keyof typeof DISTURBANCES

/** Those that this machine can do: the disk is disturbed by strace. */
export function disturbances(strace: boolean): DisturbanceName[] {
  const all = Object.keys(DISTURBANCES) as DisturbanceName[]
  return strace ? all : all.filter((name) => !name.endsWith('disk'))
}
