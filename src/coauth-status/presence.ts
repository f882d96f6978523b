import { Injectable, type OnApplicationShutdown } from '@nestjs/common'
import { randomBytes } from 'node:crypto'
import { Settings } from '../config/settings.js'
import { Database } from '../database/database.js'
import { isUnanswered, isUnavailable } from '../database/unavailable.js'
import { EventLog, type NewEvent } from '../events/event-log.js'
import type { TokenId } from '../ids/ids.js'
import { Logger } from '../logging/logger.js'
import { LATEST_SESSIONS, SAVE_GIVEN, SAVE_SESSIONS, TAKE_TURNS } from './session/session.statements.js'
import type { SessionEvent } from './session/session-changes.js'
import { observe } from './session/session-rules.js'
import type { GivenVersion, PresenceSignal, Session, PresenceRecord } from './session/session.js'

/** What somebody's WOPI call or page told, as the caller knows it. */
export type NewPresenceRecord = Omit<PresenceRecord, 'at'>

/** Sightings are gathered this long: what an answer tells may be seen a moment later, and costs it nothing. */
const GATHER_MS = 250

/** Beyond this many the oldest are dropped: a database that is away must not cost memory. */
const MAX_WAITING = 20_000

/** These say no more the second time within one batch. */
const REPEATABLE: ReadonlySet<PresenceSignal['kind']> = new Set([
  'checked',
  'read',
  'here',
  'refreshed',
  'lock-conflict',
  'edited',
  'modified',
])

/** In one transaction: each file in it takes an advisory lock, of which PostgreSQL has not many. */
const BATCH = 200

/** A file whose session cannot be written, though the database answers, is given up after so many tries. */
const MAX_TRIES = 5

interface Waiting {
  readonly sighting: NewPresenceRecord
  readonly seenAt: number
  tries: number
}

/**
 * Who was seen doing what. `saw` only takes a note; the notes of all calls are written together, in the background
 * and no WOPI answer waits for them.
 */
@Injectable()
export class Presence implements OnApplicationShutdown {
  private waiting = new Map<string, Waiting>()
  /** Those that are being written just now. */
  private leaving: readonly Waiting[] = []
  private numbers = 0
  private timer: NodeJS.Timeout | undefined
  private writing: Promise<void> = Promise.resolve()

  constructor(
    private readonly database: Database,
    private readonly events: EventLog,
    private readonly settings: Settings,
    private readonly logger: Logger,
  ) {}

  record(sighting: NewPresenceRecord): void {
    const { fileId, jti, what } = sighting
    const said = what.kind === 'checked' ? String(what.canWrite) : ''
    const key = REPEATABLE.has(what.kind) ? `${fileId} ${jti} ${what.kind} ${said}` : String(this.numbers++)
    // Put anew at the end: the order of the batch is that of the latest calls.
    this.waiting.delete(key)
    if (this.waiting.size >= MAX_WAITING) {
      const [oldest] = this.waiting.keys()
      if (oldest !== undefined) this.waiting.delete(oldest)
    }
    this.waiting.set(key, { sighting, seenAt: performance.now(), tries: 0 })
    this.timer ??= this.flushIn(GATHER_MS)
  }

  /** Everything that was seen before this call is written when it ends; a failure is logged and tried again. */
  flush(): Promise<void> {
    clearTimeout(this.timer)
    this.timer = undefined
    // One that failed must not be the last: whoever called for it was told.
    this.writing = this.writing.catch(() => undefined).then(() => this.writeWaiting())
    return this.writing
  }

  /** What a token was given, as far as it is not written yet. */
  givenLately(jti: TokenId): GivenVersion[] {
    return this.recordedLately(jti).flatMap(({ given }) => (given ? [given] : []))
  }

  /** The notes on a token that are not written yet, oldest first. */
  recordedLately(jti: TokenId): NewPresenceRecord[] {
    const notes = [...this.leaving, ...this.waiting.values()]
    return notes.map(({ sighting }) => sighting).filter((sighting) => sighting.jti === jti)
  }

  async onApplicationShutdown(): Promise<void> {
    await this.flush()
    clearTimeout(this.timer)
  }

  private flushIn(ms: number): NodeJS.Timeout {
    return setTimeout(() => {
      this.flush().catch((error: unknown) => {
        const facts = { event: 'presence-not-written', error: String(error) }
        this.logger.error(facts, 'who was editing is not recorded')
      })
    }, ms).unref()
  }

  private async writeWaiting(): Promise<void> {
    if (this.waiting.size === 0) return
    const batch = [...this.waiting]
    this.waiting = new Map()
    this.leaving = batch.map(([, waiting]) => waiting)
    try {
      await this.writeAll(batch)
    } finally {
      this.leaving = []
    }
  }

  private async writeAll(batch: readonly (readonly [string, Waiting])[]): Promise<void> {
    for (let done = 0; done < batch.length; done += BATCH) {
      try {
        await this.write(batch.slice(done, done + BATCH).map(([, waiting]) => waiting))
      } catch (error) {
        if (isUnanswered(error)) {
          this.tryLater(batch.slice(done), error)
          return
        }
        await this.writeOneByOne(batch.slice(done, done + BATCH))
      }
    }
  }

  /** One file that cannot be written must not hold up what was seen of all the others. */
  private async writeOneByOne(batch: readonly (readonly [string, Waiting])[]): Promise<void> {
    for (const fileId of new Set(batch.map(([, { sighting }]) => sighting.fileId))) {
      const ofFile = batch.filter(([, { sighting }]) => sighting.fileId === fileId)
      try {
        await this.write(ofFile.map(([, waiting]) => waiting))
      } catch (error) {
        if (isUnavailable(error) && ofFile.every(([, { tries }]) => tries < MAX_TRIES)) {
          this.tryLater(ofFile, error)
          continue
        }
        const facts = { event: 'presence-not-written', error: String(error), fileId, waiting: ofFile.length }
        this.logger.error(facts, 'who was editing is not recorded')
      }
    }
  }

  private tryLater(batch: readonly (readonly [string, Waiting])[], error: unknown): void {
    const facts = { event: 'presence-not-written', error: String(error), waiting: batch.length }
    this.logger.warn(facts, 'who is editing could not be written; trying again')
    for (const [, waiting] of batch) waiting.tries++
    this.waiting = new Map([...batch, ...this.waiting])
    this.timer ??= this.flushIn(GATHER_MS * 4)
  }

  private async write(batch: readonly Waiting[]): Promise<void> {
    const fileIds = [...new Set(batch.map(({ sighting }) => sighting.fileId))].sort()
    await this.database.transaction(async (tx) => {
      const [turn] = await tx.query(TAKE_TURNS, [fileIds])
      // The age by this process's clock, the time by the database's: servers' clocks differ (R-13). At once: what the next statement
      // takes would make the sightings older than they are, and an Unlock older than the call before it.
      const readAt = performance.now()
      if (!turn) return
      const rows = await tx.query(LATEST_SESSIONS, [fileIds])
      const latest = new Map(rows.map((row) => [row.file_id, row.session ?? undefined]))
      const names = new Map(rows.map((row) => [row.file_id, row.name]))
      const touched = new Set<Session>()
      const events: NewEvent[] = []
      for (const { sighting, seenAt } of batch) {
        const seen = { ...sighting, at: Math.round(turn.now - (readAt - seenAt)) }
        const fileName = names.get(sighting.fileId)
        if (fileName === undefined) continue
        const { session, told } = observe(latest.get(sighting.fileId), seen, {
          fileName,
          newId: () => randomBytes(16).toString('hex'),
          rule: this.settings.principalRule,
        })
        if (!session) continue
        latest.set(session.fileId, session)
        touched.add(session)
        events.push(...told.map((one) => eventOf(session, one)))
      }
      const given = givenIn(batch)
      if (given.length > 0) await tx.query(SAVE_GIVEN, [JSON.stringify(given)])
      if (touched.size > 0) await tx.query(SAVE_SESSIONS, [JSON.stringify([...touched])])
      await this.events.append(tx, events)
    })
  }
}

export function eventOf({ id, fileId }: Session, { kind, userId, detail }: SessionEvent): NewEvent {
  return {
    kind,
    fileId,
    sessionId: id,
    ...(userId === undefined ? {} : { userId }),
    ...(detail ? { detail } : {}),
  }
}

/** The newest of each token. */
function givenIn(batch: readonly Waiting[]): Record<string, string>[] {
  const byToken = new Map<string, Record<string, string>>()
  for (const { sighting } of batch) {
    if (!sighting.given) continue
    const { how, version, modifiedAt } = sighting.given
    const row = byToken.get(sighting.jti) ?? { jti: sighting.jti }
    for (const kind of how === 'read' ? ['told', 'read'] : ['told']) {
      if (BigInt(row[`${kind}Version`] ?? 0) >= BigInt(version)) continue
      row[`${kind}Version`] = version
      row[`${kind}ModifiedAt`] = modifiedAt
    }
    byToken.set(sighting.jti, row)
  }
  return [...byToken.values()]
}
