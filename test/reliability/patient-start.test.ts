import { spawn } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { once } from 'node:events'
import { join } from 'node:path'
import { describe, expect, inject, it } from 'vitest'
import { patiently } from '../../src/database/patience.js'
import { DatabaseUnreachable } from '../../src/database/unavailable.js'
import { freePort } from '../kit/free-port.js'
import { newDatabase } from '../kit/postgres.js'
import { startTandemProcess, type TandemProcess } from '../kit/tandem-process.js'
import { scratchFolder } from '../kit/scratch.js'
import { until } from './until.js'

/** A way to PostgreSQL's socket by TCP, on which a test can keep connections waiting. */
class SlowWay implements AsyncDisposable {
  /** How many connections are still cut off at once, as nobody listened. */
  absent = 0
  /** Then every third one takes longer than a second, so many in all. */
  slow = 0
  private asked = 0
  private readonly server: Server
  private readonly sockets = new Set<Socket>()

  constructor(path: string) {
    this.server = createServer((socket) => {
      socket.on('error', () => undefined)
      if (this.absent-- > 0) {
        socket.resetAndDestroy()
        return
      }
      const wait = this.asked++ % 3 === 1 && this.slow-- > 0 ? 1300 : 0
      const onward = connect({ path: join(path, '.s.PGSQL.5432') })
      for (const one of [socket, onward]) {
        this.sockets.add(one)
        one.on('error', () => undefined)
        one.on('close', () => {
          this.sockets.delete(one)
          socket.destroy()
          onward.destroy()
        })
      }
      onward.pipe(socket)
      setTimeout(() => socket.pipe(onward), wait)
    })
  }

  async listen(port: number): Promise<void> {
    await once(this.server.listen(port, '127.0.0.1'), 'listening')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.close()
    for (const socket of this.sockets) socket.destroy()
    await once(this.server, 'close')
  }
}

/** A folder for servers that start there, and a database to which a test makes them a way. */
class Place implements AsyncDisposable {
  private readonly servers: TandemProcess[] = []

  private constructor(
    readonly dataDir: string,
    /** Where PostgreSQL's socket is. */
    readonly folder: string,
    readonly port: number,
    readonly ownerUrl: string,
  ) {}

  static async make(): Promise<Place> {
    const database = await newDatabase(inject('postgres'))
    const [, socket = '', name = ''] = /@([^:/]+):\d+\/(.*)$/.exec(database) ?? []
    const port = await freePort()
    const ownerUrl = `postgres://tandem@127.0.0.1:${port}/${name}`
    return new Place(await scratchFolder('tandem-start-'), decodeURIComponent(socket), port, ownerUrl)
  }

  async startServer(env: Record<string, string> = {}, ownerUrl = this.ownerUrl): Promise<TandemProcess> {
    const server = await startTandemProcess({
      dataDir: this.dataDir,
      databaseUrl: ownerUrl.replace('tandem@', 'tandem_app@'),
      env: { DATABASE_MIGRATION_URL: ownerUrl, ...env },
    })
    this.servers.push(server)
    return server
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.servers) await server.kill9()
    await rm(this.dataDir, { recursive: true, force: true })
  }
}

describe('a start', () => {
  async function expectServes(server: TandemProcess): Promise<void> {
    // This PostgreSQL is not durable, so readiness as a whole is red.
    const { details } = (await (await fetch(`${server.url}/health/ready`)).json()) as {
      details: { database: { status: string } }
    }
    expect(details.database.status).toBe('up')
    expect(await server.stop()).toBe(0)
  }

  it('before its database is there waits for it, and says so', async () => {
    await using place = await Place.make()
    await using way = new SlowWay(place.folder)
    way.absent = 3
    await way.listen(place.port)
    const server = await place.startServer()
    expect(way.absent).toBeLessThan(0)
    expect(
      server.output().match(/"database-awaited","reason":"the database cannot be reached/g),
    ).toHaveLength(3)
    await expectServes(server)
  })

  it('that is told to stop meanwhile waits no more', async () => {
    await using place = await Place.make()
    const env = {
      PATH: process.env['PATH'],
      DATABASE_URL: place.ownerUrl,
      DATA_DIR: place.dataDir,
      PORT: String(await freePort()),
    }
    const child = spawn(process.execPath, ['dist/src/main.js'], { env, stdio: ['ignore', 'pipe', 'pipe'] })
    let said = ''
    child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
    const ended = once(child, 'exit')
    await until('it waits', () => Promise.resolve(said.includes('database-awaited')))
    const told = performance.now()
    child.kill('SIGTERM')
    expect(await ended).toEqual([0, null])
    expect(performance.now() - told).toBeLessThan(5000)
  })

  // They wait for seconds, and no number of theirs depends on how busy the machine is.
  it.concurrent.each([
    ['one process', {}],
    ['WORKERS=2', { WORKERS: '2' }],
    ['webhooks', { WEBHOOK_URL: 'http://127.0.0.1:1/', WEBHOOK_SECRET: 'abcdefghijklmnopqrstuvwxyz012345' }],
  ])(
    'whose connections take longer than a second at first goes on (%s)',
    async (_what, env) => {
      await using place = await Place.make()
      await using way = new SlowWay(place.folder)
      way.slow = 4
      await way.listen(place.port)
      const server = await place.startServer(env)
      expect(way.slow).toBeLessThan(4)
      way.slow = 0
      await expectServes(server)
    },
    90_000,
  )

  it('whose database does not exist ends at once, with one plain sentence', async () => {
    await using place = await Place.make()
    await using way = new SlowWay(place.folder)
    await way.listen(place.port)
    const nowhere = place.ownerUrl.replace(/[^/]+$/, 'nowhere')
    const begun = performance.now()
    await expect(place.startServer({}, nowhere)).rejects.toThrow(
      /Tandem did not start: no connection to PostgreSQL: database "nowhere" does not exist \(3D000\)/,
    )
    expect(performance.now() - begun).toBeLessThan(20_000)
  })
})

describe('patience', () => {
  const away = new DatabaseUnreachable(
    Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }),
  )

  it('ends, with the last reason', async () => {
    const said: string[] = []
    const never = patiently(
      () => Promise.reject(away),
      (reason) => said.push(reason),
      600,
    )
    await expect(never).rejects.toBe(away)
    expect(said).toEqual(['the database cannot be reached (ECONNREFUSED)'])
  })

  it('is not for what waiting cannot mend', async () => {
    for (const error of [
      new Error('a bug'),
      new DatabaseUnreachable(Object.assign(new Error(), { code: '28P01' })),
    ]) {
      await expect(
        patiently(
          () => Promise.reject(error),
          () => expect.unreachable(),
        ),
      ).rejects.toBe(error)
    }
  })
})
