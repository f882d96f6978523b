import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { execute } from '../kit/postgres.js'
import { Tandem } from '../kit/tandem.js'
import { until } from '../reliability/until.js'
import { Watcher } from './watcher.js'

const MIB = 1024 * 1024
const BATCHES = 10
const BATCH_MIB = 4
const MAX_GROWTH_MIB = 16

setFlagsFromString('--expose_gc')
const collectGarbage = runInNewContext('gc') as () => void

describe('streams that cost something', () => {
  let tandem: Tandem

  beforeAll(async () => {
    const env = { EVENT_HEARTBEAT_SECONDS: '0.1' }
    tandem = await Tandem.start(inject('postgres'), { env })
  })
  afterAll(() => tandem.stop())

  /** The database makes them up itself: nothing of it goes through this process. */
  async function fillLog(): Promise<void> {
    await execute(
      tandem.databaseUrl,
      `with added as (
         insert into session_event (kind, file_id, detail)
         select 'saved', 'f', jsonb_build_object('text', repeat(md5(n::text), 256))
         from generate_series(1, ${BATCH_MIB * 128}) n returning id
       ) select pg_notify('tandem_events', max(id)::text) from added`,
    )
  }

  it(`a reader that takes nothing costs no memory for ${BATCHES * BATCH_MIB} MB of events, and misses none`, async () => {
    const root = await tandem.person('root', 'admin')
    const brisk = await Watcher.watch(root)
    const slow = await Watcher.open(root)
    slow.response.pause()
    const before = usedMib()
    let most = 0
    for (let i = 1; i <= BATCHES; i++) {
      await fillLog()
      await brisk.has(BATCH_MIB * 128)
      brisk.events.splice(0)
      most = Math.max(most, usedMib() - before)
    }
    console.log(`a reader that takes nothing grew the server by ${most.toFixed(1)} MB`)
    expect(most).toBeLessThan(MAX_GROWTH_MIB)
    expect(slow.ended).toBe(false)

    let taken = 0
    let previous = 0
    slow.read()
    await until(
      'the slow one has everything',
      () => {
        for (const id of slow.ids) {
          expect(id).toBeGreaterThan(previous)
          previous = id
        }
        taken += slow.events.splice(0).length
        return Promise.resolve(taken === BATCHES * BATCH_MIB * 128)
      },
      30_000,
    )
    brisk.close()
    slow.close()
  }, 90_000)

  it('are limited for each person and in all: 503, until one ends', async () => {
    await using small = await Tandem.start(inject('postgres'), {
      env: { EVENT_STREAMS: '25' },
      sharing: tandem,
    })
    const eager = await small.person('eager', 'admin')
    const other = await small.person('other', 'auditor')
    const open = await Promise.all(Array.from({ length: 20 }, () => Watcher.watch(eager)))
    await expectRefused(Watcher.open(eager))
    const more = await Promise.all(Array.from({ length: 5 }, () => Watcher.watch(other)))
    await expectRefused(Watcher.open(await small.person('late', 'admin')))

    open[0]?.close()
    await until('there is room again', async () => {
      const watcher = await Watcher.open(eager)
      watcher.close()
      return watcher.status === 200
    })
    for (const watcher of [...open, ...more]) watcher.close()
  })

  async function expectRefused(opening: Promise<Watcher>): Promise<void> {
    const { status, response } = await opening
    expect(status).toBe(503)
    expect(response.headers['retry-after']).toBe('5')
    const body = await response.toArray()
    expect(JSON.parse(Buffer.concat(body as Buffer[]).toString())).toMatchObject({
      type: 'urn:tandem:too-many-streams',
    })
  }

  it('do not keep a server from stopping, not even one whose reader takes nothing (R-19)', async () => {
    const stopping = await Tandem.start(inject('postgres'), { sharing: tandem })
    const root = await stopping.person('root', 'admin')
    const idle = await Watcher.watch(root)
    const stuck = await Watcher.open(root, { query: '?after=0' })
    stuck.response.pause()
    const reading = await Watcher.watch(root, { query: '?after=0' })
    await reading.has(1)
    const began = performance.now()
    await stopping.stop()
    expect(performance.now() - began).toBeLessThan(3000)
    await idle.isEnded(1000)
    await reading.isEnded(1000)
    stuck.close()
  })
})

function usedMib(): number {
  collectGarbage()
  const { heapUsed, external } = process.memoryUsage()
  return (heapUsed + external) / MIB
}
