import { randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { Agent, get, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, inject, it, vi } from 'vitest'
import { bearerFor, Person } from '../kit/people.js'
import { newDatabase } from '../kit/postgres.js'
import { startTandemProcess, type TandemProcess } from '../kit/tandem-process.js'
import { Editor } from '../kit/wopi.js'
import { scratchFolder } from '../kit/scratch.js'
import { holdUpload, untilBlobs } from './held-upload.js'
import { childrenOf } from './processes.js'
import { Saver } from './saver.js'
import { until } from './until.js'

const QUICK_MS = 5000
const SAVERS = 10
const ROUNDS = 4

// Starting real servers takes long on a busy machine.
vi.setConfig({ testTimeout: 90_000 })

describe('SIGTERM (R-19)', () => {
  let dataDir: string
  let databaseUrl: string
  const servers: TandemProcess[] = []

  beforeEach(async () => {
    dataDir = await scratchFolder('tandem-stop-')
    databaseUrl = await newDatabase(inject('postgres'))
  })
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.kill9()))
    await rm(dataDir, { recursive: true, force: true })
  })

  async function start(env: Record<string, string> = {}): Promise<TandemProcess> {
    const server = await startTandemProcess({ databaseUrl, dataDir, env })
    servers.push(server)
    return server
  }

  async function aliceAt(server: TandemProcess): Promise<Person> {
    return new Person(server.url, 'alice', await bearerFor(dataDir, 'alice'))
  }

  async function lockedFile(server: TandemProcess): Promise<Editor> {
    const alice = await aliceAt(server)
    const { id } = await alice.createsFile(`Document ${randomUUID()}.docx`, 'the content before')
    const editor = new Editor(server.url, id, await alice.opensForEdit(id))
    expect((await editor.lock('L')).status).toBe(200)
    return editor
  }

  async function turnsAway(server: TandemProcess): Promise<boolean> {
    const answer = await fetch(`${server.url}/health/ready`).catch(() => undefined)
    return answer === undefined || answer.status === 503
  }

  for (const workers of ['1', '2']) {
    it(`lets a save under way finish, and ends with 0 when it is safe (WORKERS=${workers})`, async () => {
      const server = await start({ WORKERS: workers })
      const editor = await lockedFile(server)
      const body = randomBytes(300_000)
      const upload = holdUpload(editor, body, 'L')
      await untilBlobs(dataDir, 2)
      const stopped = server.stop()
      await until('nobody new is let in', () => turnsAway(server))
      expect(server.child.exitCode).toBe(null)

      upload.release()
      const saved = await upload.answer
      expect(saved.status).toBe(200)
      expect(await stopped).toBe(0)

      const next = await start()
      const alice = await aliceAt(next)
      expect(await alice.seesFile(editor.fileId)).toMatchObject({ version: saved.version, size: body.length })
      expect((await alice.downloads(editor.fileId)).equals(body)).toBe(true)
      // The lock was not let go of: the session goes on at the next server.
      expect((await new Editor(next.url, editor.fileId, editor.token).getLock()).lock).toBe('L')
    })

    it(`does not wait for connections on which nothing happens (WORKERS=${workers})`, async () => {
      const server = await start({ WORKERS: workers })
      const agent = new Agent({ keepAlive: true })
      const { port, hostname } = new URL(server.url)
      const silent = Array.from({ length: 4 }, () => connect({ port: Number(port), host: hostname }))
      await Promise.all(silent.map((socket) => once(socket, 'connect')))
      for (const socket of silent) socket.on('error', () => undefined)
      await Promise.all(
        Array.from({ length: 4 }, async () => {
          const [answer] = (await once(get(`${server.url}/health/live`, { agent }), 'response')) as [
            IncomingMessage,
          ]
          await once(answer.resume(), 'end')
        }),
      )
      const began = performance.now()
      expect(await server.stop()).toBe(0)
      expect(performance.now() - began).toBeLessThan(QUICK_MS)
      agent.destroy()
      for (const socket of silent) socket.destroy()
    })
  }

  for (const workers of ['1', '2']) {
    it(`cuts no save of clients that keep their connections (WORKERS=${workers})`, async () => {
      const round = async (): Promise<void> => {
        const server = await start({ WORKERS: workers })
        const editors = await Promise.all(Array.from({ length: SAVERS }, () => lockedFile(server)))
        const savers = editors.map((editor) => new Saver(editor))
        await until('all save', () => Promise.resolve(savers.every(({ saved }) => saved > 0)))
        await pause(Math.random() * 200)
        const stopped = server.stop()
        const ends = await Promise.all(savers.map((saver) => saver.ended))
        // Each is told that its connection ends, and finds nobody when it opens another.
        expect(ends).toEqual(ends.map(() => 'refused'))
        for (const saver of savers) expect(saver.lastConnection).toBe('close')
        expect(await stopped).toBe(0)
      }
      // Two servers at a time: to come and to go takes them longer than a save.
      for (let rounds = 0; rounds < ROUNDS; rounds += 2) await Promise.all([round(), round()])
    })
  }

  it('ends all workers; one that dies before is replaced (WORKERS=2)', async () => {
    const server = await start({ WORKERS: '2', LOG_LEVEL: 'info' })
    await until('both serve', () => Promise.resolve(server.output().includes('"started"')))
    const [first, second] = await childrenOf(server.pid)
    if (first === undefined || second === undefined) throw new Error('there are not two workers')
    process.kill(first, 'SIGKILL')
    await until('it is replaced', async () => {
      const now = await childrenOf(server.pid)
      return now.length === 2 && !now.includes(first) && now.includes(second)
    })
    await until('it serves', async () => (await fetch(`${server.url}/health/live`)).ok)
    const workers = await childrenOf(server.pid)
    expect(await server.stop()).toBe(0)
    for (const worker of workers) expect(() => process.kill(worker, 0)).toThrow('ESRCH')
  })
})
