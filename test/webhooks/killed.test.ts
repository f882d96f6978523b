import { rm } from 'node:fs/promises'
import { afterEach, beforeEach, expect, inject, it } from 'vitest'
import { webhookJobs } from '../../src/webhooks/webhook-jobs.js'
import { Recorder } from '../events/recorder.js'
import { Watcher } from '../events/watcher.js'
import { bearerFor, Person } from '../kit/people.js'
import { execute, newDatabase } from '../kit/postgres.js'
import { startTandemProcess, type TandemProcess } from '../kit/tandem-process.js'
import { scratchFolder } from '../kit/scratch.js'
import { until } from '../reliability/until.js'
import { WebhookReceiver } from './receiver.js'

const QUICK_MS = 5000

let dataDir: string
let receiver: WebhookReceiver
const servers: TandemProcess[] = []

beforeEach(async () => {
  dataDir = await scratchFolder('tandem-webhooks-')
  receiver = await WebhookReceiver.start()
})
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()))
  await receiver[Symbol.asyncDispose]()
  await rm(dataDir, { recursive: true, force: true })
})

async function start(databaseUrl?: string, env: Record<string, string> = {}): Promise<TandemProcess> {
  const webhook = { WEBHOOK_URL: receiver.url, WEBHOOK_SECRET: '4b1d9e7f3a6c8052d4f6b8a01c3e5f79' }
  const place = databaseUrl === undefined ? { dataDir } : { dataDir, databaseUrl }
  const server = await startTandemProcess({ ...place, env: { ...webhook, ...env } })
  servers.push(server)
  return server
}

it('webhooks are queued once for each event, and all delivered, though servers are killed at any moment', async () => {
  const databaseUrl = await newDatabase(inject('postgres'))
  await using recorder = await Recorder.at(databaseUrl)
  let victim = await start(databaseUrl)
  let next = 0
  for (let kills = 0; kills < 3; kills++) {
    const writing = (async () => {
      for (const end = next + 60; next < end; next++) {
        await recorder.records({ kind: 'save-refused', fileId: 'f', detail: { n: next } })
      }
    })()
    await receiver.has(kills * 60 + 10)
    await victim.kill9()
    await writing
    victim = await start(databaseUrl)
  }
  await until('all are queued', async () => (await jobs('true')) === next)
  const once = `data->>'delivery' in (select data->>'delivery' from pgboss.job group by 1 having count(*) = 1)`
  expect(await jobs(once)).toBe(next)

  // What a killed server had begun is handed out again after a minute, here without waiting for it.
  await until('the rest is done', async () => (await jobs(`state in ('created', 'retry')`)) === 0)
  await execute(
    databaseUrl,
    `update pgboss.job set started_on = started_on - interval '1 hour' where state = 'active'`,
  )
  const boss = webhookJobs(databaseUrl, { supervise: false })
  await boss.start()
  await boss.expire()
  await boss.stop({ graceful: false })
  await until('all are delivered', async () => (await jobs(`state = 'completed'`)) === next, 30_000)
  const told = receiver.told('save-refused').map(({ detail }) => Number(detail['n']))
  expect([...new Set(told)].sort((a, b) => a - b)).toEqual(Array.from({ length: next }, (_, n) => n))

  async function jobs(condition: string): Promise<number> {
    return (await execute(databaseUrl, `select from pgboss.job where ${condition}`)).rowCount ?? 0
  }
}, 120_000)

it('two workers on the embedded PostgreSQL with its two roles tell streams and receivers, and stop at once', async () => {
  const server = await start(undefined, { WORKERS: '2', LOG_LEVEL: 'info' })
  await until('both serve', () => Promise.resolve(server.output().includes('"started"')))
  const root = new Person(server.url, 'root', await bearerFor(dataDir, 'root', 'admin'))
  const watchers = await Promise.all(Array.from({ length: 4 }, () => Watcher.watch(root)))
  const file = await root.createsFile('Document.docx', 'content')
  await root.grants(file.id, 'user:root', 'editor')
  await root.calls('GET', '/files')
  const token = await root.opensForEdit(file.id)
  await fetch(`${server.url}/wopi/files/${file.id}?access_token=${token}`)
  for (const watcher of watchers) {
    await until('it is told', () => Promise.resolve(watcher.kinds.includes('session-started')))
  }
  await until('the receiver, too', () => Promise.resolve(receiver.told('session-started').length === 1))
  const began = performance.now()
  expect(await server.stop()).toBe(0)
  expect(performance.now() - began).toBeLessThan(QUICK_MS)
  for (const watcher of watchers) await watcher.isEnded(1000)
  expect(server.output()).not.toContain('one-database-role')
}, 90_000)
