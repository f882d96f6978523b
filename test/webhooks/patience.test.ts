import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest'
import { Gate, waiting } from '../kit/gate.js'
import { execute } from '../kit/postgres.js'
import { Tandem } from '../kit/tandem.js'
import { Recorder } from '../events/recorder.js'
import { until } from '../reliability/until.js'
import { WebhookReceiver } from './receiver.js'

const SECRET = '0a9c1d07b5e4286a1c3e5f7092b4d6810325476f'

describe('webhooks, where patience counts', () => {
  let base: Tandem
  let recorder: Recorder
  let receiver: WebhookReceiver
  const running: Tandem[] = []

  beforeAll(async () => {
    base = await Tandem.start(inject('postgres'))
    recorder = await Recorder.at(base.databaseUrl)
  })
  beforeEach(async () => {
    receiver = await WebhookReceiver.start()
  })
  afterEach(async () => {
    await Promise.all(running.splice(0).map((tandem) => tandem.stop()))
    await receiver[Symbol.asyncDispose]()
  })
  afterAll(async () => {
    await recorder[Symbol.asyncDispose]()
    await base.stop()
  })

  async function start(): Promise<void> {
    const env = { WEBHOOK_URL: receiver.url, WEBHOOK_SECRET: SECRET }
    running.push(await Tandem.start(inject('postgres'), { sharing: base, env }))
  }
  const sql = async (text: string, values: unknown[] = []): Promise<Record<string, unknown>[]> =>
    (await execute(base.databaseUrl, text, values)).rows as Record<string, unknown>[]
  const happens = (n: number): Promise<void> =>
    recorder.records({ kind: 'session-started', fileId: 'f', detail: { n } })

  interface Job {
    readonly state: string
    readonly tries: number
    readonly secondsLeft: number
  }

  /** The one delivery that is under way. */
  async function job(): Promise<Job> {
    const [row] = await sql(
      `select state, retry_count as tries, extract(epoch from start_after - now())::float8 as "secondsLeft"
       from pgboss.job where data->>'delivery' = $1`,
      [receiver.deliveries[0]?.headers['tandem-delivery']],
    )
    if (!row) throw new Error('there is no such delivery')
    return row as unknown as Job
  }
  /** Lets it be the turn of the last try but `left`, now. The first try counts as none, and taking a job counts. */
  const lastTries = (left: number): Promise<unknown> =>
    sql(
      `update pgboss.job set retry_count = $2, start_after = now() where data->>'delivery' = $1 and state = 'retry'`,
      [receiver.deliveries[0]?.headers['tandem-delivery'], 13 - left],
    )

  it('try for a day: longer after each failure, 15 times, and then no more', async () => {
    receiver.answer = (response) => response.writeHead(503).end()
    await start()
    await happens(1)
    await receiver.has(1)
    await until('it is to be tried again', async () => (await job()).state === 'retry')
    expect((await job()).secondsLeft).toBeLessThan(10)
    // docs/operations.md: 18 to 36 hours in all, half of it before the last try.
    await lastTries(1)
    await receiver.has(2)
    await until('and again', async () => (await job()).state === 'retry' && (await job()).tries === 13)
    const { secondsLeft } = await job()
    expect(secondsLeft).toBeGreaterThan(9 * 3600)
    expect(secondsLeft).toBeLessThan(19 * 3600)
    await lastTries(0)
    await receiver.has(3)
    await until('it was given up', async () => (await job()).state === 'failed')
    expect(running[0]?.log.join('')).toContain('"webhook-lost"')
  }, 40_000)

  it('are taken at the very last try', async () => {
    let refusals = 2
    receiver.answer = (response) => response.writeHead(refusals-- > 0 ? 500 : 204).end()
    await start()
    await happens(2)
    await receiver.has(1)
    for (const left of [1, 0]) {
      const tries = receiver.deliveries.length
      await until('it is to be tried again', async () => (await job()).state === 'retry')
      await lastTries(left)
      await receiver.has(tries + 1)
    }
    await until('it is done', async () => (await job()).state === 'completed')
  }, 40_000)

  /** How often each of the events was queued, by its number. */
  async function queued(from: number): Promise<Record<string, unknown>> {
    const rows = await sql(
      `select (data->>'body')::jsonb->'detail'->>'n' as n, count(*)::int from pgboss.job
       where ((data->>'body')::jsonb->'detail'->>'n')::int >= $1 group by 1 order by 1`,
      [from],
    )
    return Object.fromEntries(rows.map(({ n, count }) => [String(n), count]))
  }

  it('are queued once when the connection breaks after they were queued and before that is remembered', async () => {
    await start()
    await using gate = await Gate.at(base.databaseUrl, {
      when: 'before',
      event: 'update',
      table: 'webhook_cursor',
    })
    await happens(10)
    const pid = await gate.stopped()
    await sql('select pg_terminate_backend($1)', [pid])
    await gate.open()
    await happens(11)
    await until('both are told', () => {
      const told = receiver.told('session-started').map(({ detail }) => detail['n'])
      return Promise.resolve(told.includes(10) && told.includes(11))
    })
    expect(await queued(10)).toEqual({ 10: 1, 11: 1 })
  })

  it('are queued once by two servers that look at one moment', async () => {
    await using gate = await Gate.at(base.databaseUrl, {
      when: 'before',
      event: 'update',
      table: 'webhook_cursor',
    })
    await start()
    await start()
    await happens(20)
    await gate.stopped()
    // The other one waits for its turn, or has passed the first by now.
    await Promise.race([
      waiting(base.databaseUrl, 2),
      until('it is told', () => Promise.resolve(receiver.deliveries.length > 0)),
    ])
    await gate.open()
    await happens(21)
    await until('both are told', () => {
      const told = receiver.told('session-started').map(({ detail }) => detail['n'])
      return Promise.resolve(told.includes(20) && told.includes(21))
    })
    expect(await queued(20)).toEqual({ 20: 1, 21: 1 })
  })
})
