import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common'
import { setTimeout as pause } from 'node:timers/promises'
import { Settings } from '../../config/settings.js'
import { Database } from '../../database/database.js'
import { EventLog } from '../../events/event-log.js'
import type { FileId } from '../../ids/ids.js'
import { Logger } from '../../logging/logger.js'
import { applyTimeouts } from './session-timeouts.js'
import { end } from './session-changes.js'
import { eventOf } from '../presence.js'
import { OPEN_FILES, OPEN_SESSIONS, SAVE_SESSIONS, TAKE_FREE_TURNS } from './session.statements.js'

const EVERY_MS = 5000
/** So many times as long as a batch took, it rests before the next: with very many sessions open, calls come first. */
const REST = 3

/** Files in one transaction: short enough that nobody's sightings wait for long. */
const BATCH = 100

/** Tells what time alone brings about: people who are gone, saves and refreshes that are late, ghosts. */
@Injectable()
export class SessionTimeoutJob implements OnApplicationBootstrap, OnApplicationShutdown {
  private timer: NodeJS.Timeout | undefined
  private looking: Promise<void> | undefined
  private stopping = false

  constructor(
    private readonly database: Database,
    private readonly events: EventLog,
    private readonly settings: Settings,
    private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => {
      this.looking ??= this.look().finally(() => (this.looking = undefined))
    }, EVERY_MS).unref()
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.timer)
    this.stopping = true
    await this.looking
  }

  async look(): Promise<void> {
    try {
      const files = (await this.database.query(OPEN_FILES, [])).map((row) => row.file_id)
      for (let done = 0; done < files.length && !this.stopping; done += BATCH) {
        const began = performance.now()
        await this.lookAt(files.slice(done, done + BATCH))
        if (done + BATCH < files.length) await pause((performance.now() - began) * REST)
      }
    } catch (error) {
      const facts = { event: 'session-watch-failed', error: String(error) }
      this.logger.warn(facts, 'could not look after the sessions; trying again soon')
    }
  }

  private async lookAt(files: readonly FileId[]): Promise<void> {
    const { lockGraceMs, lockTtlMs, principalRule: rule } = this.settings
    await this.database.transaction(async (tx) => {
      const turns = await tx.query(TAKE_FREE_TURNS, [files])
      const now = turns[0]?.now
      if (now === undefined) return
      const rows = await tx.query(OPEN_SESSIONS, [lockGraceMs, turns.map(({ id }) => id)])
      const passed = rows.map(({ session, lock, deleted }) => {
        const told = applyTimeouts(session, now, { lock, lockTtlMs, rule })
        if (deleted && !session.ended) end(session, now, 'file-deleted', told)
        return { session, told }
      })
      const changed = passed.filter(({ told }) => told.length > 0)
      if (changed.length === 0) return
      await tx.query(SAVE_SESSIONS, [JSON.stringify(changed.map(({ session }) => session))])
      await this.events.append(
        tx,
        changed.flatMap(({ session, told }) => told.map((one) => eventOf(session, one))),
      )
    })
  }
}
