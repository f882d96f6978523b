import pg from 'pg'
import { afterAll, beforeAll, inject } from 'vitest'

const TURN = 7_305_111
const MAX_WAIT_MS = 600_000

/**
 * For files that keep a small machine's processors or disk busy for minutes, or that measure what such a neighbour spoils:
 * of these only one runs at a time, whatever vitest runs side by side. A gigabyte that is fsynced beside them makes a
 * server wait longer for its database than it may, and answer 503 as it should.
 */
export function takesTurnsWithHeavyTests(): void {
  let turn: pg.Client
  beforeAll(async () => {
    turn = new pg.Client(inject('postgres'))
    await turn.connect()
    await turn.query('select pg_advisory_lock($1)', [TURN])
  }, MAX_WAIT_MS)
  afterAll(() => turn.end())
}
