import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, expect, it, vi } from 'vitest'
import { freePort } from '../kit/free-port.js'
import { bearerFor, Person } from '../kit/people.js'
import { startTandemProcess, type TandemProcess } from '../kit/tandem-process.js'
import { scratchFolder } from '../kit/scratch.js'
import { Turns } from '../kit/turns.js'
import { postgresIn } from './processes.js'
import { until } from './until.js'
import { takesTurnsWithHeavyTests } from '../heavy.js'

takesTurnsWithHeavyTests()

const MAIN = join(import.meta.dirname, '../../dist/src/main.js')

// Starting real servers takes long on a busy machine.
vi.setConfig({ testTimeout: 90_000 })

/** A start keeps a processor busy, and the tests of other files want one, too. */
const starts = new Turns(2)

/** A DATA_DIR, and the servers that start there. */
class Home implements AsyncDisposable {
  private readonly servers: TandemProcess[] = []

  private constructor(readonly dataDir: string) {}

  static async make(): Promise<Home> {
    return new Home(await scratchFolder('tandem-embedded-'))
  }

  async start(env: Record<string, string> = {}): Promise<{ server: TandemProcess; alice: Person }> {
    const { dataDir } = this
    const server = await starts.take(() => startTandemProcess({ dataDir, env }))
    this.servers.push(server)
    return { server, alice: new Person(server.url, 'alice', await bearerFor(dataDir, 'alice')) }
  }

  async environment(): Promise<NodeJS.ProcessEnv> {
    const PORT = String(await freePort())
    return { PATH: process.env['PATH'], LOG_LEVEL: 'warn', DATA_DIR: this.dataDir, PORT }
  }

  async runToItsEnd(): Promise<{ code: number | null; message: string }> {
    const child = spawn(process.execPath, [MAIN], {
      env: await this.environment(),
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const [message] = await Promise.all([text(child.stderr), once(child, 'exit')])
    return { code: child.exitCode, message }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.servers.map((server) => server.stop()))
    for (const pid of await postgresIn(this.dataDir)) process.kill(pid, 'SIGKILL')
    await rm(this.dataDir, { recursive: true, force: true })
  }
}

describe('Tandem with its own PostgreSQL (R-19)', () => {
  for (const workers of ['1', '2']) {
    it.concurrent(
      `takes PostgreSQL down with it, and has all data after the next start (WORKERS=${workers})`,
      async () => {
        await using home = await Home.make()
        const { dataDir } = home
        const { server, alice } = await home.start({ WORKERS: workers })
        const file = await alice.createsFile('Document.docx', 'kept')
        expect(await postgresIn(dataDir)).not.toEqual([])
        expect(await server.stop()).toBe(0)
        expect(await postgresIn(dataDir)).toEqual([])
        expect(existsSync(join(dataDir, 'postgres', 'postmaster.pid'))).toBe(false)

        const again = await home.start({ WORKERS: workers })
        expect(await again.alice.seesFile(file.id)).toEqual(file)
        expect((await again.alice.downloads(file.id)).toString()).toBe('kept')
        expect((await fetch(`${again.server.url}/health/ready`)).status).toBe(200)
      },
    )
  }

  it.concurrent('starts over what kill -9 left running, with all data (R-02)', async () => {
    await using home = await Home.make()
    const { dataDir } = home
    const { server, alice } = await home.start()
    const saved = []
    for (let i = 0; i < 5; i++) saved.push(await alice.createsFile(`Document ${i}.docx`, `kept ${i}`))
    await server.kill9()
    expect(await postgresIn(dataDir)).not.toEqual([])
    const again = await home.start()
    for (const [i, file] of saved.entries()) {
      expect((await again.alice.downloads(file.id)).toString()).toBe(`kept ${i}`)
    }
  })

  it.concurrent(
    'refuses a second start on the same DATA_DIR with one plain sentence and exit code 1',
    async () => {
      await using home = await Home.make()
      const { server, alice } = await home.start()
      const second = await home.runToItsEnd()
      expect(second.code).toBe(1)
      expect(second.message).toMatch(
        new RegExp(
          `^Tandem did not start: DATA_DIR \\S+ is already in use by another Tandem server \\(process ${server.pid}\\); ` +
            'stop it or choose another DATA_DIR',
        ),
      )
      await alice.createsFile('The first goes on.docx', 'undisturbed')
    },
  )

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`leaves no PostgreSQL behind when ${signal} comes while it is still starting`, async () => {
      await using home = await Home.make()
      const { dataDir } = home
      const child = spawn(process.execPath, [MAIN], { env: await home.environment(), stdio: 'ignore' })
      const exited = once(child, 'exit')
      await until('PostgreSQL runs', async () => (await postgresIn(dataDir)).length > 0)
      child.kill(signal)
      await exited
      await until('PostgreSQL is gone', async () => (await postgresIn(dataDir)).length === 0, 5000)
    })
  }
})
