import { CHUNK_FAULTS } from './chunks.faults.js'
import { EVENT_FAULTS } from './events.faults.js'
import type { Area, Fault } from './fault.js'
import { HTTP_FAULTS } from './http.faults.js'
import { JOB_FAULTS } from './jobs.faults.js'
import { LOCK_FAULTS } from './locks.faults.js'
import { PROOF_FAULTS } from './proof.faults.js'
import { RIGHT_FAULTS } from './rights.faults.js'
import { SAVE_FAULTS } from './saves.faults.js'
import { STATUS_FAULTS } from './status.faults.js'
import { TOKEN_FAULTS } from './tokens.faults.js'
import { WEBHOOK_FAULTS } from './webhooks.faults.js'

export const FAULTS: Readonly<Record<Area, readonly Fault[]>> = {
  locks: LOCK_FAULTS,
  saves: SAVE_FAULTS,
  rights: RIGHT_FAULTS,
  tokens: TOKEN_FAULTS,
  chunks: CHUNK_FAULTS,
  jobs: JOB_FAULTS,
  status: STATUS_FAULTS,
  webhooks: WEBHOOK_FAULTS,
  events: EVENT_FAULTS,
  proof: PROOF_FAULTS,
  http: HTTP_FAULTS,
}
