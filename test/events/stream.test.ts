import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { execute } from '../kit/postgres.js'
import type { FileView, Person } from '../kit/people.js'
import { Tandem } from '../kit/tandem.js'
import { until } from '../reliability/until.js'
import { Recorder } from './recorder.js'
import { Watcher } from './watcher.js'

describe('the live stream', () => {
  let one: Tandem
  let two: Tandem
  let recorder: Recorder
  let root: Person
  let rootAtTwo: Person
  let file: FileView

  beforeAll(async () => {
    const env = { EVENT_HEARTBEAT_SECONDS: '0.1' }
    one = await Tandem.start(inject('postgres'), { env })
    two = await Tandem.start(inject('postgres'), { env, sharing: one })
    recorder = await Recorder.at(one.databaseUrl)
    root = await one.person('root', 'admin')
    rootAtTwo = await two.person('root', 'admin')
    file = await one.sharedFile('content')
  })
  afterAll(async () => {
    await recorder[Symbol.asyncDispose]()
    await two.stop()
    await one.stop()
  })

  it('tells what happens in order, at every server, in the documented form', async () => {
    const watchers = [await Watcher.watch(root), await Watcher.watch(rootAtTwo)]
    await recorder.records(
      { kind: 'session-started', fileId: file.id, sessionId: 's1', userId: 'alice' },
      { kind: 'saved', fileId: file.id, sessionId: 's1', userId: 'alice', detail: { version: '2\n\n' } },
    )
    for (const watcher of watchers) {
      await watcher.has(2)
      expect(watcher.events).toEqual([
        expect.objectContaining({ kind: 'session-started', sessionId: 's1', detail: {} }),
        {
          id: expect.stringMatching(/^\d+$/) as string,
          at: expect.stringMatching(/^\d{4}-.*Z$/) as string,
          kind: 'saved',
          fileId: file.id,
          sessionId: 's1',
          userId: 'alice',
          detail: { version: '2\n\n' },
        },
      ])
      watcher.close()
    }
  })

  it('is an answer that no proxy holds back or keeps', async () => {
    const { response } = await Watcher.open(root)
    expect(response.statusCode).toBe(200)
    expect(response.headers).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
    })
    response.destroy()
  })

  it('begins now; with ?after= behind that event; and Last-Event-ID wins over the address', async () => {
    await recorder.saves(file.id, 3)
    const { rows } = await execute(one.databaseUrl, 'select id::int from session_event order by id')
    const ids = (rows as { id: number }[]).map(({ id }) => id)
    const [last = 0, middle = 0] = [ids.at(-1), ids.at(-3)]
    const fresh = await Watcher.watch(root)
    const after = await Watcher.watch(root, { query: `?after=${middle}` })
    const resumed = await Watcher.watch(root, { query: `?after=0`, lastEventId: String(last - 1) })
    // Seen before the database was restored from a backup: it must not wait until the numbers have come there again.
    const fromTheFuture = await Watcher.watch(root, { lastEventId: String(last + 1000) })
    await recorder.saves(file.id)
    await fresh.has(1)
    await after.has(3)
    await resumed.has(2)
    await fromTheFuture.has(1)
    expect([fresh.ids, after.ids.length, resumed.ids.length]).toEqual([[last + 1], 3, 2])
    expect(fromTheFuture.ids).toEqual([last + 1])
    for (const watcher of [fresh, after, resumed, fromTheFuture]) watcher.close()
  })

  it('resumes with no gap and no repeat, while two servers and many writers are at work', async () => {
    const other = await one.sharedFile('other')
    const before = await eventCount()
    let written = false
    const writing = Promise.all(
      Array.from({ length: 6 }, async (_, i) => {
        for (let n = 0; n < 100; n++) {
          const fileId = (i + n) % 3 === 0 ? file.id : other.id
          await recorder.records(
            { kind: 'saved', fileId, detail: { i, n } },
            ...(n % 5 === 0 ? [{ kind: 'participant-joined', fileId } as const] : []),
          )
        }
      }),
    ).then(() => (written = true))

    const everything = idsOf(`true`)
    const ofFile = idsOf(`file_id = '${file.id}'`)
    const start = String((await everything)[before - 1] ?? 0)
    const isDone = (): boolean => written
    const [atOne, atTwo, filtered] = await Promise.all([
      restlessly(root, start, '', isDone),
      restlessly(rootAtTwo, start, '', isDone),
      restlessly(rootAtTwo, start, `?file=${file.id}`, isDone),
      writing,
      ofFile,
    ])
    const later = (id: number): boolean => id > Number(start)
    expect(atOne).toEqual((await idsOf('true')).filter(later))
    expect(atTwo).toEqual(atOne)
    expect(filtered).toEqual((await idsOf(`file_id = '${file.id}'`)).filter(later))
  }, 60_000)

  async function eventCount(): Promise<number> {
    return (await idsOf('true')).length
  }

  async function idsOf(condition: string): Promise<number[]> {
    const { rows } = await execute(
      one.databaseUrl,
      `select id::int from session_event where ${condition} order by id`,
    )
    return (rows as { id: number }[]).map(({ id }) => id)
  }

  /** Watches, hangs up after some events in the middle of everything, and goes on where it was. */
  async function restlessly(
    person: Person,
    start: string,
    query: string,
    isDone: () => boolean,
  ): Promise<number[]> {
    const seen: number[] = []
    let last = start
    for (let turn = 1; ; turn++) {
      const final = isDone()
      const watcher = await Watcher.watch(person, { query, lastEventId: last })
      const condition = query === '' ? 'true' : `file_id = '${query.slice('?file='.length)}'`
      const missing = async (): Promise<number> =>
        (await idsOf(`${condition} and id > ${last}`)).length - watcher.events.length
      if (final) await until('everything is there', async () => (await missing()) <= 0)
      else await Promise.race([watcher.has(7 * turn), until('', () => Promise.resolve(isDone()), 30_000)])
      watcher.close()
      seen.push(...watcher.ids)
      last = String(seen.at(-1) ?? start)
      if (final) return seen
    }
  }

  it('gives a sign of life', async () => {
    const watcher = await Watcher.watch(root)
    await until('three', () => Promise.resolve(watcher.comments >= 3), 2000)
    expect(watcher.events).toEqual([])
    watcher.close()
  })

  it('goes on after the connection that listens was lost, and there is one for all streams', async () => {
    const watchers = await Promise.all(Array.from({ length: 5 }, () => Watcher.watch(root)))
    const ofListeners = `from pg_stat_activity where application_name = 'tandem events' and datname = current_database()`
    const count = async (): Promise<number | null> =>
      (await execute(one.databaseUrl, `select ${ofListeners}`)).rowCount
    expect(await count()).toBe(2) // two servers
    await execute(one.databaseUrl, `select pg_terminate_backend(pid) ${ofListeners} order by pid`)
    await recorder.saves(file.id, 2)
    for (const watcher of watchers) {
      await watcher.has(2)
      watcher.close()
    }
    await until('both listen again', async () => (await count()) === 2)
  })
})
