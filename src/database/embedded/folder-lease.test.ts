import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { FolderInUse } from './folder-in-use.js'
import { takeLease } from './folder-lease.js'

const TIMES = { heartbeatMs: 40, deadMs: 600 }

let folder: string
const releases: (() => Promise<void>)[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tandem-lease-'))
})
afterEach(async () => {
  for (const release of releases.splice(0)) await release()
  await rm(folder, { recursive: true, force: true })
})

async function take(onLost: () => void = () => undefined): Promise<() => Promise<void>> {
  const release = await takeLease(folder, onLost, TIMES)
  releases.push(release)
  return release
}

/** What a holder that is gone, or on another machine, has written. */
async function leaveLease(owner: string, beat: number): Promise<void> {
  const lease = { owner, beat, pid: 7, host: 'other-machine', since: '2026-01-01T00:00:00.000Z' }
  await writeFile(join(folder, 'server.lease'), JSON.stringify(lease))
}

async function beat(): Promise<number> {
  return (JSON.parse(await readFile(join(folder, 'server.lease'), 'utf8')) as { beat: number }).beat
}

it('refuses the second while the first lives, and names it', async () => {
  await take()
  const refusal = await take().catch((error: unknown) => error)
  expect(refusal).toBeInstanceOf(FolderInUse)
  expect(String(refusal)).toContain(`(process ${process.pid} on `)
})

it('is free at once when it was given back, and leaves nothing', async () => {
  const release = await take()
  await release()
  expect(await readdir(folder)).toEqual([])
  await take()
})

it('lets at most one of many have it', async () => {
  const takers = await Promise.allSettled([1, 2, 3, 4, 5].map(() => take()))
  expect(takers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
})

it('takes it from a holder whose count stands still, whatever its clock said', async () => {
  await leaveLease('gone', 12)
  const since = performance.now()
  await take()
  expect(performance.now() - since).toBeGreaterThan(TIMES.deadMs - TIMES.heartbeatMs)
})

it('takes it where a power cut left half a lease', async () => {
  await writeFile(join(folder, 'server.lease'), '{"owner":"go')
  await take()
})

it.each([
  ['another has it now', () => leaveLease('another', 1)],
  ['another had it, and gave it back', () => rm(join(folder, 'server.lease'), { force: true })],
])('says that it is lost when, after long suspension, %s; and does not take it back', async (_, happens) => {
  const lost = vi.fn<() => void>()
  const release = await take(lost)
  // Again until it is noticed: a beat under way at that moment may write the lease once more.
  const noticed = async (): Promise<number> => {
    await happens()
    return lost.mock.calls.length
  }
  await expect.poll(noticed, { timeout: 10_000 }).toBe(1)
  const files = (await readdir(folder)).filter((name) => name === 'server.lease')
  await release()
  expect((await readdir(folder)).filter((name) => name === 'server.lease')).toEqual(files)
})

it('is not lost while it cannot be read, and goes on counting afterwards', async () => {
  const lost = vi.fn<() => void>()
  await take(lost)
  const path = join(folder, 'server.lease')
  const whole = await readFile(path, 'utf8')
  await writeFile(path, '{')
  await new Promise((resolve) => setTimeout(resolve, 5 * TIMES.heartbeatMs))
  await writeFile(path, whole)
  const before = await beat()
  await expect.poll(beat).toBeGreaterThan(before)
  expect(lost).not.toHaveBeenCalled()
})
