import { existsSync } from 'node:fs'
import { mkdtemp, readdir, rm, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stopProcesses } from '../../src/database/embedded/postgres-process.js'

const MEMORY = '/dev/shm'
const ENOUGH_BYTES = 2 * 1024 ** 3

let place: Promise<string> | undefined

/**
 * A folder of its own for something under test, in memory where there is room: to make a database of a template costs a
 * tenth there, and no neighbour's fsync is waited for. Only a power cut, which no test makes, would tell it from a disk.
 */
export async function scratchFolder(prefix: string): Promise<string> {
  return mkdtemp(join(await (place ??= scratchPlace()), `${prefix}${process.pid}-`))
}

async function scratchPlace(): Promise<string> {
  const room = await statfs(MEMORY).then(
    ({ bavail, bsize }) => bavail * bsize,
    () => 0,
  )
  return room >= ENOUGH_BYTES ? MEMORY : tmpdir()
}

/** Memory that a run has left which was killed, and the PostgreSQL in it. */
export async function removeAbandoned(): Promise<void> {
  for (const name of await readdir(MEMORY).catch(() => [])) {
    const pid = /^tandem-.*?-(\d+)-\w+$/.exec(name)?.[1]
    if (pid === undefined || isAlive(Number(pid))) continue
    const cluster = join(MEMORY, name, 'postgres')
    if (existsSync(cluster)) await stopProcesses(cluster)
    await rm(join(MEMORY, name), { recursive: true, force: true })
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}
