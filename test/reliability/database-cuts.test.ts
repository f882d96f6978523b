import { rm } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { embeddedAppUrl } from '../../src/database/app-role.js'
import { newDatabase } from '../kit/postgres.js'
import { startTandemProcess } from '../kit/tandem-process.js'
import { scratchFolder } from '../kit/scratch.js'
import { cutUnderLoad } from './database-cuts.js'
import { OwnPostgres } from './own-postgres.js'
import { until } from './until.js'

// The long form: CUTS=100 npx vitest run test/reliability/database-cuts.test.ts
const ROUNDS = Number(process.env['CUTS'] ?? 8)

it(
  `PostgreSQL is restarted, killed and its connections cut under load, ${ROUNDS} times: the server is still there, answered 200 or 503 and nothing else, and lost nothing`,
  async () => {
    const postgres = await OwnPostgres.start()
    const dataDir = await scratchFolder('tandem-cuts-')
    const ownerUrl = await newDatabase(postgres.url)
    const server = await startTandemProcess({
      dataDir,
      databaseUrl: embeddedAppUrl(ownerUrl),
      env: {
        DATABASE_MIGRATION_URL: ownerUrl,
        WEBHOOK_URL: 'http://127.0.0.1:1/',
        WEBHOOK_SECRET: 'abcdefghijklmnopqrstuvwxyz012345',
      },
    })
    try {
      const { statuses, lost } = await cutUnderLoad(postgres, server, dataDir, ROUNDS)
      expect([server.child.exitCode, server.child.signalCode], server.output().slice(-3000)).toEqual([
        null,
        null,
      ])
      expect(Object.keys(statuses).filter((status) => !['200', '503'].includes(status))).toEqual([])
      expect(statuses['200']).toBeGreaterThan(ROUNDS)
      expect(lost).toEqual([])
      await until('it is ready again', async () => (await fetch(`${server.url}/health/ready`)).ok)
      expect(server.output()).not.toMatch(/"crashed"|"unheard-error"/)
      expect(await server.stop()).toBe(0)
    } finally {
      await server.kill9()
      await postgres.stop()
      await rm(dataDir, { recursive: true, force: true })
    }
  },
  120_000 + ROUNDS * 5000,
)
