import { randomBytes } from 'node:crypto'
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { FolderInUse, type Holder } from './folder-in-use.js'
import { isCode } from './postgres-process.js'

const NAME = 'server.lease'

export interface LeaseTimes {
  readonly heartbeatMs: number
  /** Without a heartbeat for so long, its holder is gone. */
  readonly deadMs: number
}

/** How a process ends that has lost its folder: PostgreSQL must not write its last checkpoint there (embedded-postgres.ts). */
export const FOLDER_LOST = 70

const TIMES: LeaseTimes = { heartbeatMs: 2000, deadMs: 15_000 }

interface Lease extends Holder {
  readonly owner: string
  readonly beat: number
}

/**
 * The only one in a folder where `flock` is missing: a file whose holder counts in it. Whether the holder lives is seen
 * from the count alone, since clocks of two machines do not agree.
 * @param onLost another has taken it, while this process was suspended for long: it must touch nothing any more
 * @throws FolderInUse
 */
export async function takeLease(
  dataDir: string,
  onLost: () => void = () => endAtOnce(dataDir),
  { heartbeatMs, deadMs }: LeaseTimes = TIMES,
): Promise<() => Promise<void>> {
  const path = join(dataDir, NAME)
  const owner = randomBytes(8).toString('hex')
  await untilAbandoned(path, dataDir, deadMs, heartbeatMs)
  const since = new Date().toISOString()
  const fresh = `${path}.${owner}`
  let beat = 0
  const write = async (): Promise<void> => {
    const lease: Lease = { owner, beat: beat++, pid: process.pid, host: hostname(), since }
    await writeFile(fresh, JSON.stringify(lease), { mode: 0o600 })
    await rename(fresh, path)
  }
  await write()
  // Of several that take it at the same moment the last one has it; all others see that before they go on.
  await sleep(2 * heartbeatMs)
  const holder = await readLease(path)
  if (holder?.owner !== owner) throw new FolderInUse(dataDir, holder)
  let isLost = false
  let beating: Promise<void> = Promise.resolve()
  const timer = setInterval(() => {
    beating = beating.then(async () => {
      // Several may wait for a slow disk.
      if (isLost) return
      if (await isOurs(path, owner)) return write()
      clearInterval(timer)
      isLost = true
      onLost()
    })
    // A full or failing disk is no reason to end; whether another has taken it is seen as soon as it can be read.
    beating = beating.catch(() => undefined)
  }, heartbeatMs)
  timer.unref()
  return async () => {
    clearInterval(timer)
    await beating
    if ((await readLease(path))?.owner === owner) await rm(path, { force: true })
    await rm(fresh, { force: true })
  }
}

async function untilAbandoned(
  path: string,
  dataDir: string,
  deadMs: number,
  heartbeatMs: number,
): Promise<void> {
  const before = await readLease(path)
  if (!before) return
  for (let waited = 0; waited < deadMs; waited += heartbeatMs) {
    await sleep(heartbeatMs)
    const now = await readLease(path)
    if (!now) return
    if (now.owner !== before.owner || now.beat !== before.beat) throw new FolderInUse(dataDir, now)
  }
}

/** None at all is one that another took, and has given back since. @throws while it cannot be read */
async function isOurs(path: string, owner: string): Promise<boolean> {
  try {
    return (JSON.parse(await readFile(path, 'utf8')) as Lease).owner === owner
  } catch (error) {
    if (isCode(error, 'ENOENT')) return false
    throw error
  }
}

function endAtOnce(dataDir: string): void {
  process.stderr.write(
    `Tandem ends at once: while it was suspended, another server took DATA_DIR ${dataDir}. Nothing of it may be touched from here.\n`,
  )
  process.exit(FOLDER_LOST)
}

async function readLease(path: string): Promise<Lease | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Lease
  } catch {
    return undefined // none, or one that a power cut left half
  }
}
