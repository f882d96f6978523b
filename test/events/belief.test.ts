import { afterAll, afterEach, beforeAll, describe, expect, inject, it, vi } from 'vitest'
import { execute } from '../kit/postgres.js'
import { Tandem } from '../kit/tandem.js'
import { until } from '../reliability/until.js'
import { Recorder } from './recorder.js'
import { Watcher } from './watcher.js'

/** This process is the server as well: its clock is put forward, so that nobody has to wait for half a minute. */
function clockIsAhead(ms: number): void {
  const real = performance.timeOrigin
  vi.spyOn(Date, 'now').mockImplementation(() => Math.round(real + performance.now() + ms))
}

describe('a stream whose right cannot be asked for, because the database is away', () => {
  let tandem: Tandem
  let recorder: Recorder

  beforeAll(async () => {
    tandem = await Tandem.start(inject('postgres'), { env: { EVENT_HEARTBEAT_SECONDS: '0.1' } })
    recorder = await Recorder.at(tandem.databaseUrl)
  })
  afterAll(async () => {
    await recorder[Symbol.asyncDispose]()
    await tandem.stop()
  })
  afterEach(() => {
    vi.restoreAllMocks()
  })

  const sql = (text: string): Promise<unknown> => execute(tandem.databaseUrl, text)
  const beats = (watcher: Watcher, count: number): Promise<void> => {
    const enough = watcher.comments + count
    return until(`${count} signs of life`, () => Promise.resolve(watcher.comments >= enough))
  }

  it('goes on for a while, and ends after half a minute', async () => {
    const watcher = await Watcher.watch(await tandem.person('root', 'admin'))
    await beats(watcher, 2)
    await sql('alter table user_account rename to out_of_reach')
    try {
      await beats(watcher, 3)
      clockIsAhead(25_000)
      await beats(watcher, 3)
      expect(watcher.ended).toBe(false)
      clockIsAhead(35_000)
      await watcher.isEnded(5000)
    } finally {
      await sql('alter table out_of_reach rename to user_account')
    }
  })

  it('is believed anew as soon as the database says so', async () => {
    const file = await tandem.sharedFile('content')
    const watcher = await Watcher.watch(await tandem.person('root', 'admin'))
    await sql('alter table user_account rename to out_of_reach')
    try {
      await beats(watcher, 3)
      clockIsAhead(25_000)
      await beats(watcher, 2)
    } finally {
      await sql('alter table out_of_reach rename to user_account')
    }
    await beats(watcher, 3)
    clockIsAhead(50_000)
    await beats(watcher, 3)
    expect(watcher.ended).toBe(false)
    await recorder.saves(file.id)
    await watcher.has(1)
    watcher.close()
  })
})
