import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { Gate, waiting } from '../kit/gate.js'
import { execute } from '../kit/postgres.js'
import { Tandem } from '../kit/tandem.js'
import { until } from '../reliability/until.js'
import { Recorder } from './recorder.js'
import { Watcher } from './watcher.js'

let one: Tandem
let two: Tandem
let recorder: Recorder

beforeAll(async () => {
  one = await Tandem.start(inject('postgres'))
  two = await Tandem.start(inject('postgres'), { sharing: one })
  recorder = await Recorder.at(one.databaseUrl)
})
afterAll(async () => {
  await recorder[Symbol.asyncDispose]()
  await two.stop()
  await one.stop()
})

it('an event whose commit takes its time is passed over by nobody, at no server', async () => {
  const watchers = [
    await Watcher.watch(await one.person('root', 'admin')),
    await Watcher.watch(await two.person('root', 'admin')),
  ]
  await recorder.saves('before')
  for (const watcher of watchers) await watcher.has(1)
  await using gate = await Gate.at(one.databaseUrl, {
    when: 'after',
    event: 'insert',
    table: 'session_event',
  })
  // It has its number, and is not committed.
  const slow = recorder.saves('slow')
  await gate.stopped()
  const quick = recorder.saves('quick')
  // The next one waits for its turn; one that does not is there by now.
  await Promise.race([
    waiting(one.databaseUrl, 2),
    until('it was told', () => Promise.resolve(watchers.every(({ events }) => events.length > 1))),
  ])
  await gate.open()
  await Promise.all([slow, quick])
  await recorder.saves('after')
  const told = await execute(one.databaseUrl, 'select id::int from session_event order by id')
  const ids = (told.rows as { id: number }[]).map(({ id }) => id)
  expect(ids).toHaveLength(4)
  for (const watcher of watchers) {
    await until('the last is told', () => Promise.resolve(watcher.ids.includes(ids[3] ?? 0)))
    expect(watcher.ids).toEqual(ids)
    watcher.close()
  }
})
