import { createHash, randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { NewFile } from './driver.js'

/** `none` is right; each of the others is an error that hosts really make (WOPI.md §19, RELIABILITY-SECURITY.md §2.2). */
export type SeededBug =
  | 'none'
  | 'read-then-write'
  | 'now'
  | 'two-step-relock'
  | 'yesterdays-lock'
  | 'stale-version'
  /** For saves that name what they are based on, and calls with a token that has ended (ADR 21). */
  | 'any-base'
  | 'retake-without-lock'
  | 'own-of-all-holdings'
  | 'late-refresh-of-any-id'

interface StoredFile {
  lock: string
  expiresAt: number
  version: number
  content: Buffer
  /** The times that a save may be based on: of the head, and of what the holding of the lock began with and made since. */
  own: string[]
  /** The tail of the queue of those who want to change this file. */
  queue: Promise<unknown>
}

interface Decision {
  readonly status: 200 | 401 | 409
  readonly lock: string | null
  readonly version: number
}

interface Asked {
  readonly override: string
  readonly lock: string
  readonly old: string
  readonly body: Buffer
  /** Undefined where saves name no base. */
  readonly base: string | undefined
  readonly isLate: boolean
}

/**
 * A WOPI register in memory behind two HTTP servers: the smallest thing that driver and checker can be tried on, right
 * and wrong. A double for their own tests only; nothing of Tandem is in it.
 */
export class ReferenceRegister {
  private readonly files = new Map<string, StoredFile>()
  private servers: Server[] = []
  readonly urls: string[] = []

  private constructor(
    private readonly lifeMs: number,
    private readonly bug: SeededBug,
  ) {}

  static async start({ lifeMs, bug }: { lifeMs: number; bug: SeededBug }): Promise<ReferenceRegister> {
    const register = new ReferenceRegister(lifeMs, bug)
    await Promise.all([register.listen(), register.listen()])
    return register
  }

  async stop(): Promise<void> {
    await Promise.all(
      this.servers.map((server) => {
        server.closeAllConnections()
        return new Promise((done) => server.close(done))
      }),
    )
  }

  newFile(): Promise<NewFile> {
    const id = randomUUID()
    const content = Buffer.from('as created')
    this.files.set(id, {
      lock: '',
      expiresAt: 0,
      version: 1,
      content,
      own: [timeOf(1)],
      queue: Promise.resolve(),
    })
    return Promise.resolve({ id, tokens: ['reference'], ended: 'ended' })
  }

  private async listen(): Promise<void> {
    const server = createServer((request, response) => {
      this.handle(request, response).catch(() => response.destroy())
    })
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    const address = server.address()
    if (address === null || typeof address === 'string') throw new TypeError('no port')
    this.servers.push(server)
    this.urls.push(`http://127.0.0.1:${address.port}`)
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const began = performance.now()
    const [, id = ''] = /^\/wopi\/files\/([^/?]+)/.exec(request.url ?? '') ?? []
    const file = this.files.get(id)
    if (!file) return void response.writeHead(404).end()
    const seenAtFirst = this.current(file, began)
    const body = Buffer.concat(await request.toArray())
    await sleep(Math.random() * 2)
    if (request.method === 'GET') {
      const { version, content } = file
      const SHA256 = createHash('sha256').update(content).digest('base64')
      await sleep(Math.random() * 2)
      return void response.end(
        JSON.stringify({ Version: String(version), SHA256, LastModifiedTime: timeOf(version) }),
      )
    }
    const asked = {
      override: header(request, 'x-wopi-override'),
      lock: header(request, 'x-wopi-lock'),
      old: header(request, 'x-wopi-oldlock'),
      body,
      base: request.headers['x-cool-wopi-timestamp']?.toString(),
      isLate: request.url?.endsWith('=ended') === true,
    }
    const decision = await this.decide(file, asked, began)
    const lock = decision.status === 409 && this.bug === 'yesterdays-lock' ? seenAtFirst.lock : decision.lock
    await sleep(Math.random() * 2)
    response.statusCode = decision.status
    if (decision.status === 401) return void response.end()
    if (lock !== null) response.setHeader('X-WOPI-Lock', lock)
    response.setHeader(
      'X-WOPI-ItemVersion',
      String(this.bug === 'stale-version' ? seenAtFirst.version : decision.version),
    )
    const saved = asked.override === 'PUT' && asked.base !== undefined && decision.status === 200
    response.end(saved ? JSON.stringify({ LastModifiedTime: timeOf(decision.version) }) : '')
  }

  private async decide(file: StoredFile, asked: Asked, began: number): Promise<Decision> {
    if (this.bug !== 'two-step-relock' || asked.old === '') return this.inTurn(file, asked, began)
    const unlocked = await this.inTurn(
      file,
      { ...asked, override: 'UNLOCK', lock: asked.old, old: '' },
      began,
    )
    if (unlocked.status === 409) return unlocked
    await sleep(Math.random() * 2)
    return this.inTurn(file, { ...asked, old: '' }, began)
  }

  /** One after another per file, except where that is the bug. */
  private inTurn(file: StoredFile, asked: Asked, began: number): Promise<Decision> {
    const turn = async (): Promise<Decision> => {
      const { lock } = this.current(file, this.bug === 'now' ? began : performance.now())
      // As long as a row lock is held; or, with the bug, as long as nothing holds the others off.
      await sleep(Math.random())
      return this.operate(file, lock, asked)
    }
    if (this.bug === 'read-then-write') return turn()
    const result = file.queue.then(turn)
    file.queue = result.catch(() => undefined)
    return result
  }

  private operate(file: StoredFile, lock: string, asked: Asked): Decision {
    const fits = lock !== '' && lock === (asked.old === '' ? asked.lock : asked.old)
    if (asked.isLate) return this.operateLate(file, lock, asked)
    if (asked.override === 'PUT' && asked.base !== undefined) return this.save(file, lock, asked, asked.base)
    const granted = fits || (asked.override === 'LOCK' && asked.old === '' && lock === '')
    if (asked.override === 'GET_LOCK') return { status: 200, lock, version: file.version }
    if (!granted) return { status: 409, lock, version: file.version }
    if (asked.override === 'UNLOCK') {
      file.lock = ''
    } else if (asked.override === 'PUT') {
      file.version++
      file.content = asked.body
    } else {
      if (lock !== asked.lock || asked.old !== '') this.beginHolding(file)
      this.startTimer(file, asked.lock)
    }
    return { status: 200, lock: null, version: file.version }
  }

  /** A refusal that keeps the lock alive for others, or an unlock. */
  private operateLate(file: StoredFile, lock: string, asked: Asked): Decision {
    const told = { status: 401, lock: null, version: file.version } as const
    const isFree = lock === ''
    if (isFree || (lock !== asked.lock && this.bug !== 'late-refresh-of-any-id')) return told
    if (asked.override === 'REFRESH_LOCK') {
      this.startTimer(file, lock)
      return told
    }
    if (lock !== asked.lock) return told
    file.lock = ''
    return { ...told, status: 200 }
  }

  private save(file: StoredFile, lock: string, { lock: id, body }: Asked, base: string): Decision {
    const isHead = base === timeOf(file.version) || this.bug === 'any-base'
    const isFree = lock === '' && id !== '' && isHead
    const isOwn = lock !== '' && lock === id && (isHead || file.own.includes(base))
    if (!isFree && !isOwn) return { status: 409, lock, version: file.version }
    if (isFree) {
      this.beginHolding(file)
      if (this.bug !== 'retake-without-lock') this.startTimer(file, id)
    }
    file.version++
    file.content = body
    file.own.push(timeOf(file.version))
    return { status: 200, lock: null, version: file.version }
  }

  private beginHolding(file: StoredFile): void {
    if (this.bug !== 'own-of-all-holdings') file.own = [timeOf(file.version)]
  }

  private startTimer(file: StoredFile, lock: string): void {
    file.lock = lock
    file.expiresAt = performance.now() + this.lifeMs
  }

  private current({ lock, expiresAt, version }: StoredFile, now: number): { lock: string; version: number } {
    return { lock: now < expiresAt ? lock : '', version }
  }
}

/** Each save has a time of its own. */
function timeOf(version: number): string {
  return new Date(version * 1000).toISOString()
}

function header(request: IncomingMessage, name: string): string {
  const value = request.headers[name]
  return typeof value === 'string' ? value : ''
}
