import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { startEmbeddedPostgres } from '../../src/database/embedded/embedded-postgres.js'
import { execute, prepareTemplate } from '../kit/postgres.js'
import { Tandem } from '../kit/tandem.js'
import { scratchFolder } from '../kit/scratch.js'
import { OwnPostgres } from './own-postgres.js'

interface Health {
  readonly status: string
  readonly details: Readonly<Record<string, { readonly status: string; readonly reason?: string }>>
}

async function readiness(tandem: Tandem): Promise<{ status: number; health: Health }> {
  const answer = await fetch(`${tandem.url}/health/ready`)
  return { status: answer.status, health: (await answer.json()) as Health }
}

describe('readiness (R-08)', () => {
  let postgres: OwnPostgres

  beforeAll(async () => {
    postgres = await OwnPostgres.start()
  })
  afterAll(() => postgres.stop())

  it('is 200 on a durable PostgreSQL', async () => {
    await using tandem = await Tandem.start(postgres.url)
    const { status, health } = await readiness(tandem)
    expect([status, health.status]).toEqual([200, 'ok'])
  })

  it('is 503 and names the settings on a PostgreSQL that has durability off', async () => {
    await using tandem = await Tandem.start(inject('postgres'))
    const { status, health } = await readiness(tandem)
    expect(status).toBe(503)
    expect(health.details['durability']).toMatchObject({
      status: 'down',
      reason: 'PostgreSQL has fsync, full_page_writes, synchronous_commit off; switch it on',
    })
    expect(health.details['database']?.status).toBe('up')
  })

  it('is 503 and names synchronous_commit when only this database has it off', async () => {
    await using tandem = await Tandem.start(postgres.url)
    const name = tandem.databaseUrl.split('/').pop() ?? ''
    await execute(postgres.url, `alter database ${name} set synchronous_commit = off`)
    // New connections have it.
    await using second = await Tandem.start(postgres.url, { sharing: tandem })
    const { status, health } = await readiness(second)
    expect(status).toBe(503)
    expect(health.details['durability']?.reason).toBe('PostgreSQL has synchronous_commit off; switch it on')
  })

  for (const setting of ['fsync', 'full_page_writes']) {
    it(`is 503 and names ${setting} when it alone is off`, async () => {
      const dataDir = await scratchFolder('tandem-own-pg-')
      const careless = await startEmbeddedPostgres({
        dataDir,
        durable: true,
        parameters: { [setting]: 'off' },
      })
      try {
        await prepareTemplate(careless.url)
        await using tandem = await Tandem.start(careless.url)
        const { status, health } = await readiness(tandem)
        expect(status).toBe(503)
        expect(health.details['durability']?.reason).toBe(`PostgreSQL has ${setting} off; switch it on`)
      } finally {
        await careless.stop()
        await rm(dataDir, { recursive: true, force: true })
      }
    })
  }

  it('is 503 while the migrations are not done', async () => {
    await using tandem = await Tandem.start(postgres.url)
    await execute(tandem.databaseUrl, 'delete from migration')
    const { status, health } = await readiness(tandem)
    expect([status, health.details['database']?.reason]).toEqual([503, 'the migrations are not done'])
  })

  it('is 503 when blobs cannot be written', async () => {
    await using tandem = await Tandem.start(postgres.url)
    await rm(join(tandem.dataDir, 'blobs'), { recursive: true })
    const { status, health } = await readiness(tandem)
    expect([status, health.details['storage']?.status]).toEqual([503, 'down'])
  })
})
