import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest'
import { straceWorks } from '../crash/strike.js'
import { bearerFor, Person } from '../kit/people.js'
import { newDatabase } from '../kit/postgres.js'
import { startTandemProcess, type TandemProcess } from '../kit/tandem-process.js'
import { Editor } from '../kit/wopi.js'
import { injectFault, type Fault } from './faults.js'
import { until } from './until.js'

vi.setConfig({ testTimeout: 120_000 })

const SAVERS = 8
const FSYNC_MS = 3000
/** Far less than one fsync takes, and more than a busy machine adds. */
const AT_ONCE_MS = 1500
const READY_MS = 2000 + AT_ONCE_MS

const injects = await straceWorks()
if (!injects) console.warn('NOT TESTED: a slow disk, because strace does not work here')

describe.skipIf(!injects)('a disk whose every fsync takes 3 s', () => {
  let dataDir: string
  let server: TandemProcess
  let editors: Editor[]
  let disk: Fault

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'tandem-slow-'))
    server = await startTandemProcess({ databaseUrl: await newDatabase(inject('postgres')), dataDir })
    const alice = new Person(server.url, 'alice', await bearerFor(dataDir, 'alice'))
    editors = await Promise.all(
      Array.from({ length: SAVERS }, async (_, i) => {
        const { id } = await alice.createsFile(`Film ${i}.pptx`, randomBytes(1024 ** 2))
        const editor = new Editor(server.url, id, await alice.opensForEdit(id))
        await editor.lock('L')
        await editor.getFile()
        return editor
      }),
    )
    disk = await injectFault(server.pid, `fsync:delay_enter=${FSYNC_MS * 1000}`)
  })
  afterAll(async () => {
    await disk.remove()
    await server.kill9()
    await rm(dataDir, { recursive: true, force: true })
  })

  it('lets people read at once and probes know it, while more save than there are threads; no save is lost', async () => {
    let outstanding = editors.length
    const bodies = editors.map(() => randomBytes(300_000))
    const saves = Promise.all(
      editors.map((editor, i) => editor.putFile(bodies[i] ?? '', 'L').finally(() => outstanding--)),
    )
    let looks = 0
    const reasons = new Set<string>()
    while (outstanding > 0) {
      const [reader] = editors
      if (!reader) throw new Error('nobody reads')
      expect(await tookMs(async () => expect((await reader.getFile()).status).toBe(200))).toBeLessThan(
        AT_ONCE_MS,
      )
      // Probes come faster than they can be answered; they join the one that is under way.
      expect(
        await tookMs(async () => {
          const probes = await Promise.all(Array.from({ length: 5 }, () => storageReason(server.url)))
          for (const reason of probes) if (reason !== undefined) reasons.add(reason)
        }),
      ).toBeLessThan(READY_MS)
      looks++
    }
    expect(looks).toBeGreaterThan(3)
    expect([...reasons]).toEqual(['a write took longer than 2 s'])
    expect((await saves).map(({ status }) => status)).toEqual(editors.map(() => 200))

    await disk.remove()
    await until('the server is ready again', async () => (await storageReason(server.url)) === undefined)
    for (const [i, editor] of editors.entries())
      expect((await editor.getFile()).body.equals(bodies[i] ?? Buffer.alloc(0))).toBe(true)
  })
})

async function tookMs(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work()
  return performance.now() - began
}

async function storageReason(url: string): Promise<string | undefined> {
  const answer = await fetch(`${url}/health/ready`)
  const { details } = (await answer.json()) as { details: Record<string, { reason?: string }> }
  return details['storage']?.reason
}
