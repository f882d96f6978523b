import { rm } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { issuedFor, jtiOf } from '../kit/editor-tokens.js'
import { bearerFor, Person } from '../kit/people.js'
import { scratchFolder } from '../kit/scratch.js'
import { startTandemProcess, type TandemProcess } from '../kit/tandem-process.js'
import type { NewFile } from './driver.js'

export interface TandemPairOptions {
  readonly databaseUrl: string
  readonly ttlMs: number
  readonly graceMs: number
  /** Another server than Tandem's own, below dist/. */
  readonly entry?: string
  readonly env?: Readonly<Record<string, string>>
}

/** Two server processes on one database: the smallest installation in which a lock can go wrong between processes. */
export class TandemPair {
  /** Where they listen now; a server that was killed comes back at another address. */
  readonly urls: string[] = []
  private readonly processes: TandemProcess[] = []
  private readonly pool: pg.Pool
  private readonly lastFailure = new Map<TandemProcess, string>()
  private files = 0

  private constructor(
    private readonly options: TandemPairOptions,
    private readonly dataDir: string,
  ) {
    this.pool = new pg.Pool({ connectionString: options.databaseUrl })
    // An idle connection that is cut is no news: the next holdRow gets another.
    this.pool.on('error', () => undefined)
    this.pool.on('connect', (client) => client.on('error', () => undefined))
  }

  static async start(options: TandemPairOptions): Promise<TandemPair> {
    const pair = new TandemPair(options, await scratchFolder('tandem-linearizability-'))
    await Promise.all([0, 1].map((index) => pair.startProcess(index)))
    return pair
  }

  /** Nobody asks it anything any more, so nobody waits until it has stopped in good order. */
  async stop(): Promise<void> {
    await Promise.all(this.processes.map((one) => one.kill9()))
    await this.pool.end()
    await rm(this.dataDir, { recursive: true, force: true })
  }

  /** What the servers logged as their own errors since the last call, without what differs each time. */
  takeFailures(): string[] {
    return this.processes.flatMap((one) => {
      const lines = one
        .output()
        .split('\n')
        .filter((line) => /"level":[56]0/.test(line))
      const fresh = lines.slice(lines.indexOf(this.lastFailure.get(one) ?? '') + 1)
      const last = fresh.at(-1)
      if (last !== undefined) this.lastFailure.set(one, last)
      return fresh.map((line) =>
        line.replace(/"(time|pid|fileId|userId|correlationId|stack)":("(\\.|[^"\\])*"|\d+),?/g, ''),
      )
    })
  }

  /** A file of alice's that bob may edit too, with a token for each. */
  async newFile(): Promise<NewFile> {
    for (let attempts = 40; ; attempts--) {
      try {
        return await this.makeFile(++this.files)
      } catch (error) {
        // The server asked may be the one that was just killed; the next attempt asks the other.
        if (attempts === 0) throw error
        await sleep(100)
      }
    }
  }

  private async makeFile(number: number): Promise<NewFile> {
    const url = this.urls[number % this.urls.length] ?? ''
    const alice = new Person(url, 'alice', await bearerFor(this.dataDir, 'alice'))
    const bob = new Person(url, 'bob', await bearerFor(this.dataDir, 'bob'))
    const { id } = await alice.createsFile(`Register ${number}.docx`, Buffer.from('as created'))
    await alice.grants(id, 'user:bob', 'editor')
    return { id, tokens: [await alice.opensForEdit(id), await bob.opensForEdit(id)] }
  }

  /**
   * The same for Collabora's clients, in whose session carol was, too, whose token was revoked. Nothing is noted of who is
   * there (`PRESENCE=still`): alice and bob are, for good.
   */
  async newTimedFile(): Promise<NewFile> {
    const { id, tokens } = await this.newFile()
    const url = this.urls[0] ?? ''
    const alice = new Person(url, 'alice', await bearerFor(this.dataDir, 'alice'))
    await alice.grants(id, 'user:carol', 'editor')
    const carol = await new Person(url, 'carol', await bearerFor(this.dataDir, 'carol')).opensForEdit(id)
    await this.pool.query(`update access_token set revoked_at = clock_timestamp() where jti = $1`, [
      jtiOf(carol),
    ])
    await this.pool.query(
      `insert into coauth_session (id, file_id, application, started_at, last_activity_at)
       values ($1, $1, 'word', clock_timestamp(), clock_timestamp())`,
      [id],
    )
    await this.pool.query(
      `insert into coauth_participant (session_id, jti, user_id, mode, family, joined_at, last_seen_at)
       select $1, jti, user_id, 'edit', 'collabora', clock_timestamp(), clock_timestamp()
       from access_token where jti = any ($2)`,
      [id, tokens.map(jtiOf)],
    )
    const page = { editor: 'cool', family: 'collabora' } as const
    const [own, ended] = [
      await Promise.all(tokens.map((token) => issuedFor(this.dataDir, token, page))),
      await issuedFor(this.dataDir, carol, page),
    ]
    return { id, tokens: own, ended }
  }

  /** Another transaction on the same file, of an administrator say, that takes its time. */
  async holdRow(fileId: string): Promise<() => Promise<void>> {
    const client = await this.pool.connect()
    try {
      await client.query('begin')
      await client.query('select from file where id = $1 for no key update', [fileId])
    } catch (error) {
      client.release(true)
      throw error
    }
    return () =>
      client.query('rollback').then(
        () => client.release(),
        () => client.release(true),
      )
  }

  /** As a garbage collection or a frozen virtual machine does it: everything under way stands still, then goes on. */
  async pause(index: number, ms: number): Promise<void> {
    const { pid } = this.process(index)
    process.kill(pid, 'SIGSTOP')
    await sleep(ms)
    process.kill(pid, 'SIGCONT')
  }

  async kill(index: number): Promise<void> {
    await this.process(index).kill9()
    await this.startProcess(index)
  }

  private async startProcess(index: number): Promise<void> {
    const { databaseUrl, ttlMs, graceMs, entry, env } = this.options
    const started = await startTandemProcess({
      databaseUrl,
      dataDir: this.dataDir,
      env: {
        LOCK_TTL_SECONDS: String(ttlMs / 1000),
        LOCK_GRACE_SECONDS: String(graceMs / 1000),
        ...env,
      },
      ...(entry === undefined ? {} : { entry }),
    })
    this.processes[index] = started
    this.urls[index] = started.url
  }

  private process(index: number): TandemProcess {
    const process = this.processes[index]
    if (!process) throw new RangeError(`no server ${index}`)
    return process
  }
}
