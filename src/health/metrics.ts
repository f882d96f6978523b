import { Injectable } from '@nestjs/common'
import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client'
import { Database, type Statement } from '../database/database.js'
import { LargeCounts } from './large-counts.js'
import { InstallationCheck } from './installation-check.js'
import { Editors } from '../discovery/editors.js'
import { ProofTally } from '../discovery/proof-tally.js'
import { HeldLocks } from '../lock/held-locks.js'
import { BlobStore } from '../storage/blobs/blob-store.js'

const COUNTS: Statement<{ recovery_items: number; sessions: number; failing: number }, []> = {
  name: 'metric-counts',
  text: `
    select (select count(*)::int from recovery_item where resolved_at is null) as recovery_items,
      (select count(*)::int from coauth_session where ended_at is null) as sessions,
      (select count(*)::int from coauth_session where ended_at is null and failing_since is not null) as failing`,
}

/** Prometheus metrics of this process and of what the database knows. */
@Injectable()
export class Metrics {
  private readonly registry = new Registry()
  private readonly locks = new Gauge({
    name: 'tandem_locks',
    help: 'Files locked now',
    registers: [this.registry],
  })
  private readonly recoveryItems = new Gauge({
    name: 'tandem_recovery_items',
    help: 'Refused saves that nobody has dealt with',
    registers: [this.registry],
  })
  private readonly sessions = new Gauge({
    name: 'tandem_sessions',
    help: 'Editing sessions that are open now',
    registers: [this.registry],
  })
  private readonly failing = new Gauge({
    name: 'tandem_sessions_failing',
    help: 'Open sessions whose latest save was refused',
    registers: [this.registry],
  })

  private readonly unknownBlobs = new Gauge({
    name: 'tandem_blobs_unknown',
    help: 'Blobs that the database has never named, at the latest look; NaN before the first',
    registers: [this.registry],
  })
  private readonly quarantinedBlobs = new Gauge({
    name: 'tandem_blobs_quarantined',
    help: 'Those of them that are deleted when nobody has missed them for 30 days',
    registers: [this.registry],
  })

  private readonly proofs = new Counter({
    name: 'tandem_wopi_proofs_total',
    help: 'WOPI calls of this process by the proof they carried: editor, and which signature fitted which key',
    labelNames: ['editor', 'result'],
    registers: [this.registry],
  })
  private readonly editorsFailing = new Gauge({
    name: 'tandem_editors_failing',
    help: 'Editors whose discovery document could not be read at the latest try',
    registers: [this.registry],
  })

  private readonly contentDamaged = new Counter({
    name: 'tandem_content_damaged_total',
    help: 'How often this process was asked for a content that is missing, cut short or changed on its disk',
    registers: [this.registry],
  })

  private readonly counts = new LargeCounts(() => this.count())

  constructor(
    private readonly database: Database,
    private readonly heldLocks: HeldLocks,
    private readonly editors: Editors,
    private readonly tally: ProofTally,
    private readonly blobs: BlobStore,
    private readonly installation: InstallationCheck,
  ) {
    collectDefaultMetrics({ register: this.registry })
  }

  get contentType(): string {
    return this.registry.contentType
  }

  async text(): Promise<string> {
    this.editorsFailing.set(this.editors.all.filter(({ health }) => health.error !== undefined).length)
    this.proofs.reset()
    for (const { editor, result, count } of this.tally.counts()) this.proofs.inc({ editor, result }, count)
    this.contentDamaged.reset()
    this.contentDamaged.inc(this.blobs.checks.damages.total)
    try {
      const { locks, recoveryItems, sessions, failing } = await this.counts.read()
      this.locks.set(locks)
      this.recoveryItems.set(recoveryItems)
      this.sessions.set(sessions)
      this.failing.set(failing)
      const { unknown, quarantined } = await this.installation.blobs()
      this.unknownBlobs.set(unknown ?? Number.NaN)
      this.quarantinedBlobs.set(quarantined)
    } catch {
      // Without the database the process metrics are all the more interesting.
      const counts = [this.locks, this.recoveryItems, this.sessions, this.failing]
      for (const gauge of [...counts, this.unknownBlobs, this.quarantinedBlobs]) gauge.set(Number.NaN)
    }
    return this.registry.metrics()
  }

  private async count(): Promise<Record<'locks' | 'recoveryItems' | 'sessions' | 'failing', number>> {
    const [row] = await this.database.query(COUNTS, [])
    if (!row) throw new Error('PostgreSQL counted nothing')
    const { recovery_items: recoveryItems, sessions, failing } = row
    return { locks: await this.heldLocks.count(), recoveryItems, sessions, failing }
  }
}
