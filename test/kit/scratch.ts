import { mkdtemp, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const MEMORY = '/dev/shm'
const ENOUGH_BYTES = 2 * 1024 ** 3

let place: Promise<string> | undefined

/**
 * A folder of its own for something under test, in memory where there is room: to make a database of a template costs a
 * tenth there, and no neighbour's fsync is waited for. Only a power cut, which no test makes, would tell it from a disk.
 */
export async function scratchFolder(prefix: string): Promise<string> {
  return mkdtemp(join(await (place ??= scratchPlace()), prefix))
}

async function scratchPlace(): Promise<string> {
  const room = await statfs(MEMORY).then(
    ({ bavail, bsize }) => bavail * bsize,
    () => 0,
  )
  return room >= ENOUGH_BYTES ? MEMORY : tmpdir()
}
