import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { freePort } from '../kit/free-port.js'
import { bearerFor, Person } from '../kit/people.js'
import { startTandemProcess, type TandemProcess } from '../kit/tandem-process.js'
import { scratchFolder } from '../kit/scratch.js'
import { postgresIn } from './processes.js'
import { until } from './until.js'
import { takesTurnsWithHeavyTests } from '../heavy.js'

takesTurnsWithHeavyTests()

const MAIN = join(import.meta.dirname, '../../dist/src/main.js')

// Starting real servers takes long on a busy machine.
vi.setConfig({ testTimeout: 90_000 })

describe('Tandem with its own PostgreSQL (R-19)', () => {
  let dataDir: string
  const servers: TandemProcess[] = []

  beforeEach(async () => {
    dataDir = await scratchFolder('tandem-embedded-')
  })
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.stop()))
    for (const pid of await postgresIn(dataDir)) process.kill(pid, 'SIGKILL')
    await rm(dataDir, { recursive: true, force: true })
  })

  async function start(env: Record<string, string> = {}): Promise<{ server: TandemProcess; alice: Person }> {
    const server = await startTandemProcess({ dataDir, env })
    servers.push(server)
    return { server, alice: new Person(server.url, 'alice', await bearerFor(dataDir, 'alice')) }
  }

  for (const workers of ['1', '2']) {
    it(`takes PostgreSQL down with it, and has all data after the next start (WORKERS=${workers})`, async () => {
      const { server, alice } = await start({ WORKERS: workers })
      const file = await alice.createsFile('Document.docx', 'kept')
      expect(await postgresIn(dataDir)).not.toEqual([])
      expect(await server.stop()).toBe(0)
      expect(await postgresIn(dataDir)).toEqual([])
      expect(existsSync(join(dataDir, 'postgres', 'postmaster.pid'))).toBe(false)

      const again = await start({ WORKERS: workers })
      expect(await again.alice.seesFile(file.id)).toEqual(file)
      expect((await again.alice.downloads(file.id)).toString()).toBe('kept')
      expect((await fetch(`${again.server.url}/health/ready`)).status).toBe(200)
    })
  }

  it('starts over what kill -9 left running, with all data (R-02)', async () => {
    const { server, alice } = await start()
    const saved = []
    for (let i = 0; i < 5; i++) saved.push(await alice.createsFile(`Document ${i}.docx`, `kept ${i}`))
    await server.kill9()
    expect(await postgresIn(dataDir)).not.toEqual([])
    const again = await start()
    for (const [i, file] of saved.entries()) {
      expect((await again.alice.downloads(file.id)).toString()).toBe(`kept ${i}`)
    }
  })

  it('refuses a second start on the same DATA_DIR with one plain sentence and exit code 1', async () => {
    const { server, alice } = await start()
    const second = await runToItsEnd()
    expect(second.code).toBe(1)
    expect(second.message).toMatch(
      new RegExp(
        `^Tandem did not start: DATA_DIR \\S+ is already in use by another Tandem server \\(process ${server.pid}\\); ` +
          'stop it or choose another DATA_DIR',
      ),
    )
    await alice.createsFile('The first goes on.docx', 'undisturbed')
  })

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`leaves no PostgreSQL behind when ${signal} comes while it is still starting`, async () => {
      const child = spawn(process.execPath, [MAIN], { env: await environment(), stdio: 'ignore' })
      const exited = once(child, 'exit')
      await until('PostgreSQL runs', async () => (await postgresIn(dataDir)).length > 0)
      child.kill(signal)
      await exited
      await until('PostgreSQL is gone', async () => (await postgresIn(dataDir)).length === 0, 5000)
    })
  }

  async function environment(): Promise<NodeJS.ProcessEnv> {
    return { PATH: process.env['PATH'], LOG_LEVEL: 'warn', DATA_DIR: dataDir, PORT: String(await freePort()) }
  }

  async function runToItsEnd(): Promise<{ code: number | null; message: string }> {
    const child = spawn(process.execPath, [MAIN], {
      env: await environment(),
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const [message] = await Promise.all([text(child.stderr), once(child, 'exit')])
    return { code: child.exitCode, message }
  }
})
