import { createHmac } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest'
import { signature } from '../../src/webhooks/webhook-call.js'
import { textOf } from '../docs/markdown.js'
import { Recorder } from '../events/recorder.js'
import { execute } from '../kit/postgres.js'
import { Tandem } from '../kit/tandem.js'
import { scratchFolder } from '../kit/scratch.js'
import { until } from '../reliability/until.js'
import { WebhookReceiver } from './receiver.js'

const SECRET = 'f3a9c1d07b5e4286a1c3e5f7092b4d6810325476'

describe('webhooks', () => {
  /** Without a webhook: it keeps database and folder while those with one come and go. */
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

  async function start(url = receiver.url, env: Record<string, string> = {}): Promise<Tandem> {
    const webhook = { WEBHOOK_URL: url, WEBHOOK_SECRET: SECRET }
    const tandem = await Tandem.start(inject('postgres'), { sharing: base, env: { ...webhook, ...env } })
    running.push(tandem)
    return tandem
  }

  async function stop(tandem: Tandem): Promise<void> {
    running.splice(running.indexOf(tandem), 1)
    await tandem.stop()
  }

  async function happens(count: number, from = 0): Promise<void> {
    for (let n = from; n < from + count; n++) {
      await recorder.records({ kind: 'session-started', fileId: 'f', detail: { n } })
    }
  }

  const numbersAt = (at: WebhookReceiver): number[] =>
    at
      .told('session-started')
      .map(({ detail }) => Number(detail['n']))
      .sort((a, b) => a - b)
  const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n)

  it('tell the five kinds, signed so that the receiver can check it, and no others', async () => {
    await start()
    const kinds = [
      'session-started',
      'session-ended',
      'save-refused',
      'lock-expired',
      'recovery-item',
    ] as const
    await recorder.records(
      { kind: 'saved', fileId: 'f' },
      ...kinds.map((kind) => ({ kind, fileId: 'f', sessionId: 's', userId: 'alice', detail: { text: 'Ä' } })),
      { kind: 'participant-joined', fileId: 'f' },
    )
    await receiver.has(5)
    expect(receiver.deliveries.map(({ headers }) => headers['tandem-event']).sort()).toEqual(kinds.toSorted())
    for (const { headers, body, path } of receiver.deliveries) {
      expect([path, headers['content-type']]).toEqual(['/hook', 'application/json'])
      const [, time = '', mac] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers['tandem-signature'])) ?? []
      expect(Math.abs(Date.now() / 1000 - Number(time))).toBeLessThan(60)
      expect(mac).toBe(createHmac('sha256', SECRET).update(`${time}.${body}`).digest('hex'))
      expect(JSON.parse(body)).toEqual({
        id: expect.stringMatching(/^\d+$/) as string,
        at: expect.stringMatching(/Z$/) as string,
        kind: headers['tandem-event'],
        fileId: 'f',
        sessionId: 's',
        userId: 'alice',
        detail: { text: 'Ä' },
      })
    }
    expect(new Set(receiver.deliveries.map(({ headers }) => headers['tandem-delivery'])).size).toBe(5)
  })

  it('are recognised by the function that docs/operations.md gives to receivers, and forgeries are not', async () => {
    const folder = await scratchFolder('tandem-docs-')
    const [, code = ''] = /```js\n(.*?)```/s.exec(textOf('docs/operations.md')) ?? []
    await writeFile(join(folder, 'receiver.mjs'), `${code.replace(/^ {3}/gm, '')}\nexport { isFromTandem }\n`)
    const { isFromTandem } = (await import(join(folder, 'receiver.mjs'))) as {
      isFromTandem: (secret: string, header: string, body: string) => boolean
    }
    await rm(folder, { recursive: true })

    await start()
    await happens(1)
    await receiver.has(1)
    const [delivery] = receiver.deliveries
    const header = String(delivery?.headers['tandem-signature'])
    const body = delivery?.body ?? ''
    expect(isFromTandem(SECRET, header, body)).toBe(true)
    expect(isFromTandem(SECRET, header, `${body} `)).toBe(false)
    expect(isFromTandem(`${SECRET}!`, header, body)).toBe(false)
    const old = Math.floor(Date.now() / 1000) - 301
    expect(isFromTandem(SECRET, signature(Buffer.from(SECRET), body, old), body)).toBe(false)
    expect(isFromTandem(SECRET, header.replace(/t=\d/, 't=2'), body)).toBe(false)
  })

  it('tell of a real expiry', async () => {
    const tandem = await start(receiver.url, { LOCK_TTL_SECONDS: '0.2', LOCK_GRACE_SECONDS: '0' })
    const { id } = await tandem.sharedFile('content')
    const editor = await tandem.editor(await tandem.person('alice'), id)
    await editor.lock('nobody refreshes it')
    await until('it is told', () => Promise.resolve(receiver.told('lock-expired').length > 0))
    expect(receiver.told('lock-expired')[0]).toMatchObject({ fileId: id })
  })

  it('are tried again after 500, as the same delivery', async () => {
    let refusals = 1
    receiver.answer = (response) => response.writeHead(refusals-- > 0 ? 500 : 200).end('ok')
    const tandem = await start()
    await happens(1)
    await receiver.has(2, 20_000)
    const [first, second] = receiver.deliveries
    expect(second?.headers['tandem-delivery']).toBe(first?.headers['tandem-delivery'])
    expect(second?.body).toBe(first?.body)
    expect(tandem.log.join('')).toContain('"reason":"answered 500"')
    await until('it is done', async () => (await open()) === 0)
  }, 40_000)

  it('follow no redirect (S-02)', async () => {
    await using elsewhere = await WebhookReceiver.start()
    receiver.answer = (response) => response.writeHead(307, { location: elsewhere.url }).end()
    const tandem = await start()
    await happens(1)
    await receiver.has(1)
    await until('it has failed', () => Promise.resolve(tandem.log.join('').includes('answered 307')))
    expect(elsewhere.deliveries).toEqual([])
    expect(await open()).toBe(1)
  })

  it('take an answer that never ends for what its status says', async () => {
    receiver.answer = (response) => {
      response.writeHead(200)
      const more = (): void => {
        while (response.write(Buffer.alloc(65_536)));
        response.once('drain', more)
      }
      more()
      response.on('error', () => undefined)
    }
    await start()
    await happens(1)
    await until('it is done', async () => receiver.deliveries.length === 1 && (await open()) === 0)
  })

  it('give up on a receiver that does not answer after 10 s, for now', async () => {
    receiver.answer = () => undefined
    const tandem = await start()
    await happens(1)
    await until(
      'it has failed',
      () => Promise.resolve(tandem.log.join('').includes('webhook-failed')),
      20_000,
    )
    expect(await open()).toBe(1)
  })

  it('come once to each receiver, whichever of two servers sends them', async () => {
    await using second = await WebhookReceiver.start()
    const both = `${receiver.url}, ${second.url}`
    await start(both)
    await start(both)
    await Promise.all([happens(50), happens(50, 50), happens(50, 100)])
    for (const one of [receiver, second]) {
      await one.has(150)
      await until('all are done', async () => (await open()) === 0)
      expect(numbersAt(one)).toEqual(upTo(150))
    }
  })

  it('are lost by no restart, and come once: what happened meanwhile is told afterwards', async () => {
    let tandem = await start()
    await happens(20)
    await stop(tandem)
    await happens(20, 20)
    tandem = await start()
    const more = happens(60, 40)
    await receiver.has(30)
    await stop(tandem)
    await more
    await start()
    await receiver.has(100)
    await until('all are done', async () => (await open()) === 0)
    expect(numbersAt(receiver)).toEqual(upTo(100))
  })

  it('are queued once for each event, even if connections break in the middle of it again and again', async () => {
    await start()
    await start()
    let cuts = 0
    let count = 0
    const writes = async (): Promise<void> => {
      while (count < 200 || cuts <= 5) await happens(1, count++)
    }
    let written = false
    const isWritten = (): boolean => written
    const writing = Promise.all([writes(), writes()]).finally(() => (written = true))
    writing.catch(() => undefined)
    while (!isWritten()) cuts += await cut()
    await writing
    await receiver.has(count, 60_000)
    const { rows } = await execute(
      base.databaseUrl,
      `select (data->>'body')::jsonb->'detail'->'n' as n, count(*)::int from pgboss.job
       where name = (select name from pgboss.job where data->>'delivery' = $1) group by 1 order by 1`,
      [receiver.deliveries[0]?.headers['tandem-delivery']],
    )
    const counted = rows as { n: number; count: number }[]
    expect(counted.map(({ n }) => n).sort((a, b) => a - b)).toEqual(upTo(count))
    expect(counted.filter(({ count }) => count !== 1)).toEqual([])
    expect([...new Set(numbersAt(receiver))]).toEqual(upTo(count))
  }, 90_000)

  /** Breaks the connections on which a server is in the middle of handing over. @returns how many */
  async function cut(): Promise<number> {
    const { rowCount } = await execute(
      base.databaseUrl,
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and query ~ 'webhook|pgboss' and pid <> pg_backend_pid()
         and application_name = 'tandem' and state <> 'idle' order by pid`,
    )
    return rowCount ?? 0
  }

  /** Deliveries of the receiver that are not done. */
  async function open(): Promise<number> {
    const { rowCount } = await execute(
      base.databaseUrl,
      `select from pgboss.job where state < 'completed' and name in
         (select name from pgboss.job where data->>'delivery' = $1)`,
      [receiver.deliveries[0]?.headers['tandem-delivery'] ?? ''],
    )
    return rowCount ?? 0
  }
})
