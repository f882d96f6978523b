import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, inject, it } from 'vitest'
import { startTestPostgres } from '../kit/postgres.js'
import { Tandem } from '../kit/tandem.js'
import { rawRequest } from '../permission/raw-http.js'

interface Health {
  readonly status: string
  readonly details: Readonly<Record<string, { status: string; reason?: string }>>
}

async function ready({
  url,
}: Tandem): Promise<{ status: number; down: [string, string | undefined][]; up: string[] }> {
  const { status, body } = await rawRequest(url, '/health/ready')
  const checks = Object.entries((JSON.parse(body) as Health).details)
  return {
    status,
    up: checks.filter(([, check]) => check.status === 'up').map(([name]) => name),
    down: checks.filter(([, check]) => check.status !== 'up').map(([name, { reason }]) => [name, reason]),
  }
}

describe('health', () => {
  it(
    'R-20: is live, and ready only with durability on, storage writable and the database there',
    { timeout: 120_000 },
    async () => {
      const postgres = await startTestPostgres({ durable: true })
      const tandem = await Tandem.start(postgres.server.url)
      try {
        const all = ['server', 'database', 'durability', 'storage', 'installation']
        expect(await ready(tandem)).toEqual({ status: 200, up: all, down: [] })

        await rm(join(tandem.dataDir, 'blobs'), { recursive: true })
        const withoutStorage = await ready(tandem)
        expect([withoutStorage.status, withoutStorage.up]).toEqual([
          503,
          ['server', 'database', 'durability'],
        ])
        expect(withoutStorage.down).toEqual([
          ['storage', expect.stringContaining('volume may not be mounted')],
          ['installation', expect.stringContaining('is its volume mounted?')],
        ])

        await postgres.stop()
        const withoutDatabase = await ready(tandem)
        expect([withoutDatabase.status, withoutDatabase.up]).toEqual([503, ['server']])
        expect((await rawRequest(tandem.url, '/health/live')).body).toBe('{"status":"ok"}')
        expect((await rawRequest(tandem.url, '/metrics')).status).toBe(200)
        const answer = await (await tandem.person('alice')).calls('GET', '/files')
        expect([answer.status, answer.headers['retry-after']]).toEqual([503, '5'])
      } finally {
        await tandem.stop()
        await postgres.stop().catch(() => undefined)
      }
    },
  )

  it('R-08: names the durability settings that are off', async () => {
    await using tandem = await Tandem.start(inject('postgres'))
    const state = await ready(tandem)
    expect(state.status).toBe(503)
    expect(state.up).toEqual(['server', 'database', 'storage', 'installation'])
    expect(state.down).toEqual([
      ['durability', 'PostgreSQL has fsync, full_page_writes, synchronous_commit off; switch it on'],
    ])
  })

  it('counts locks and recovery items in its metrics', async () => {
    await using tandem = await Tandem.start(inject('postgres'))
    const alice = await tandem.person('alice')
    const { id } = await tandem.sharedFile('content')
    const editor = await tandem.editor(alice, id)
    const metric = async (name: string): Promise<string | undefined> => {
      const { body, headers } = await rawRequest(tandem.url, '/metrics')
      expect(headers['content-type']).toMatch(/^text\/plain/)
      return new RegExp(`^${name} (.+)$`, 'm').exec(body)?.[1]
    }
    expect([await metric('tandem_locks'), await metric('tandem_recovery_items')]).toEqual(['0', '0'])
    await editor.lock('session')
    await editor.putFile('refused', 'wrong')
    expect([await metric('tandem_locks'), await metric('tandem_recovery_items')]).toEqual(['1', '1'])
    await editor.unlock('session')
    const [item] = await alice.recoveryItems(id)
    await alice.calls('DELETE', `/files/${id}/recovery-items/${item?.id}`)
    expect([await metric('tandem_locks'), await metric('tandem_recovery_items')]).toEqual(['0', '0'])
  })
})
