import fc from 'fast-check'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import type { Statement } from '../../src/database/database.js'
import {
  decide,
  isAbandoned,
  stillHeld,
  type LockDecision,
  type LockRequest,
  type LockUser,
  type StoredLock,
} from '../../src/lock/lock-rules.js'
import { EXTEND_FOR_OTHERS, NOTICE, UNLOCK_LATE } from '../../src/lock/late-lock.statements.js'
import type { LockRow } from '../../src/lock/lock-row.js'
import * as statements from '../../src/lock/lock.statements.js'
import { CREATE_FILE, MOVE_HEAD } from '../../src/storage/files/file.statements.js'
import { theLock, theToken } from '../kit/ids.js'
import { newDatabase } from '../kit/postgres.js'

const GRACE = 700
const TTL = 1000
const EDITOR = 'cool'
const FILE = 'f'
/** The token, its user, and the rank that an editor has. */
const ADMISSION = ['token-of-alice', 'alice', 2]
/** Of somebody who lost the right, and whether others are there who may edit: asked with the session in mind. */
const SERVED = ['token-of-bob', 'bob']

type Step =
  /** `expiry`: by the client's choice, or as it is set up. */
  | { readonly step: 'request'; readonly request: LockRequest; readonly expiry?: 'exact' | 'graced' }
  | { readonly step: 'wait'; readonly ms: number }
  | { readonly step: 'break'; readonly quietMs: number }
  | { readonly step: 'get' | 'sweep' | 'save' | 'exclusive-unlock' | 'notice' }

/** What the row must hold, by the rules. Time in ms since the model's beginning. */
interface Model {
  stored: StoredLock
  epoch: number
  version: number
  now: number
  /** When the lock was last refreshed, or the file saved. */
  touched: number
  /** When the lock's id was last presented, as far as a lock has been there since. */
  used: number | null
}

const lockId = fc.constantFrom(...['A', 'B', 'a', '{"S":"A","F":4}'].map(theLock))
const request: fc.Arbitrary<LockRequest> = fc.oneof(
  fc.record({ operation: fc.constantFrom('lock', 'refresh', 'unlock'), lockId }),
  fc.record({ operation: fc.constant('unlock-and-relock'), oldLockId: lockId, lockId }),
  fc.record({ operation: fc.constantFrom('exclusive', 'unlock-late'), lockId }),
  fc.record({ operation: fc.constant('extend-for-others'), lockId, othersEdit: fc.boolean() }),
)
const expiry = fc.constantFrom('graced' as const, 'graced' as const, 'exact' as const)
// Lands before, at and after expiry and grace as often as anywhere between.
const wait = fc.constantFrom(
  0,
  1,
  GRACE - 1,
  GRACE,
  TTL - 1,
  TTL,
  TTL + 1,
  TTL + GRACE - 1,
  TTL + GRACE,
  5000,
)
// Halves of a millisecond: a save moves modified_at by microseconds where the clock stood still.
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ step: fc.constant('request'), request, expiry }) },
  { weight: 3, arbitrary: fc.record({ step: fc.constant('wait'), ms: wait }) },
  {
    weight: 1,
    arbitrary: fc.record({
      step: fc.constant('break'),
      quietMs: fc.constantFrom(0, 0.5, GRACE + 0.5, TTL - 0.5),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ step: fc.constantFrom('get', 'sweep', 'save', 'notice', 'exclusive-unlock') }),
  },
)

/**
 * The statements ask clock_timestamp(). On this connection that name finds a function of ours first, so that they can
 * be tried at the very millisecond of an expiry; not a letter of them is changed.
 */
const SET_CLOCK = `select set_config('model.now', ($1::float8)::text, false)`
const CLOCK = [
  `create schema model`,
  `create function model.clock_timestamp() returns timestamptz language sql volatile as
    $$ select timestamptz '2026-01-01T00:00:00Z' + current_setting('model.now')::float8 * interval '1 ms' $$`,
  `set search_path = model, pg_catalog, public`,
]
const STORED = `
  select kind, lock_id, epoch::int as epoch, version::int as version,
    (extract(epoch from used_at - timestamptz '2026-01-01T00:00:00Z') * 1000)::float8 as used_at,
    (extract(epoch from expires_at - timestamptz '2026-01-01T00:00:00Z') * 1000)::float8 as expires_at
  from file_lock where file_id = $1`

describe('the lock statements', () => {
  let client: pg.Client

  beforeAll(async () => {
    client = new pg.Client({ connectionString: await newDatabase(inject('postgres')) })
    await client.connect()
    for (const statement of CLOCK) await client.query(statement)
    await client.query(
      `insert into user_account (id, display_name) values ('alice', 'Alice'), ('bob', 'Bob')`,
    )
    await client.query(
      `insert into access_token (jti, user_id, resource_kind, resource_id, mode, issued_at, expires_at)
       values ('token-of-alice', 'alice', 'file', $1, 'edit', '2026-01-01', 'infinity'),
         ('token-of-bob', 'bob', 'file', $1, 'edit', '2026-01-01', 'infinity')`,
      [FILE],
    )
  })
  afterAll(() => client.end())

  async function run<Row extends pg.QueryResultRow>(
    { name, text }: Statement<Row, never>,
    values: unknown[],
  ): Promise<Row[]> {
    return (await client.query<Row>({ name, text, values })).rows
  }

  const setClock = (now: number): Promise<unknown> => client.query(SET_CLOCK, [now])

  async function freshFile(): Promise<Model> {
    await setClock(0)
    await client.query('truncate file, file_version, file_lock, coauth_session cascade')
    await run(CREATE_FILE, [FILE, 'root', 'n', 'n', 'alice', 'blob', 1, 'sha', 'upload', 'c', 'other'])
    await client.query(
      `insert into coauth_session (id, file_id, application, started_at, last_activity_at)
       values ('s', $1, 'word', clock_timestamp(), clock_timestamp())`,
      [FILE],
    )
    return { stored: { kind: 'none' }, epoch: 0, version: 1, now: 0, touched: 0, used: null }
  }

  /** Those who are in the document now. */
  async function present(...people: readonly LockUser[]): Promise<void> {
    await client.query('delete from coauth_participant')
    for (const { tokenId, reports, saidLeft, lastSeenAt } of people) {
      await client.query(
        `insert into coauth_participant (session_id, jti, user_id, mode, family, joined_at, last_seen_at, reported_at,
           left_at, left_reason)
         select 's', $1, 'alice', 'edit', 'collabora', t, t, case when $3 then t end, case when $4 then t end,
           case when $4 then 'page-closed' end
         from (select timestamptz '2026-01-01T00:00:00Z' + $2::float8 * interval '1 ms' as t) at`,
        [tokenId, lastSeenAt, reports, saidLeft],
      )
    }
  }

  async function ask(asked: LockRequest, expiry: 'exact' | 'graced'): Promise<LockRow[]> {
    const wishes = [TTL, expiry === 'exact', false]
    switch (asked.operation) {
      case 'lock':
        return run(statements.LOCK, [FILE, GRACE, ...ADMISSION, asked.lockId, ...wishes, EDITOR])
      case 'unlock-and-relock':
        return run(statements.UNLOCK_AND_RELOCK, [
          FILE,
          GRACE,
          ...ADMISSION,
          asked.lockId,
          ...wishes,
          EDITOR,
          asked.oldLockId,
        ])
      case 'refresh':
        return run(statements.REFRESH_LOCK, [FILE, GRACE, ...ADMISSION, asked.lockId, ...wishes])
      case 'unlock':
        return run(statements.UNLOCK, [FILE, GRACE, ...ADMISSION, asked.lockId])
      case 'unlock-late':
        return run(UNLOCK_LATE, [FILE, GRACE, ...SERVED, asked.lockId])
      case 'extend-for-others': {
        const alice = {
          tokenId: theToken('token-of-alice'),
          reports: false,
          saidLeft: !asked.othersEdit,
          lastSeenAt: 0,
        }
        await present(alice, { ...alice, tokenId: theToken('token-of-bob'), saidLeft: false })
        const rows = await run(EXTEND_FOR_OTHERS, [FILE, GRACE, ...SERVED, asked.lockId, TTL, true])
        await present()
        return rows
      }
      case 'exclusive':
        return run(statements.EXCLUSIVE_LOCK, [FILE, GRACE, asked.lockId, TTL, 'root', 'backup'])
    }
  }

  async function play(model: Model, played: Step): Promise<void> {
    switch (played.step) {
      case 'wait':
        model.now += played.ms
        await setClock(model.now)
        return
      case 'request': {
        const decision = decide(played.request, model.stored, model.now, { graceMs: GRACE })
        const expiry = played.expiry ?? 'graced'
        expectAnswer(model, await ask(played.request, expiry), decision)
        apply(model, played.request, decision, expiry)
        return
      }
      case 'exclusive-unlock': {
        const releases = stillHeld(model.stored, model.now, GRACE)?.kind === 'exclusive'
        const rows = await run(statements.EXCLUSIVE_UNLOCK, [FILE, GRACE])
        expectAnswer(model, rows, releases ? 'release' : 'conflict')
        if (releases) model.stored = { kind: 'none' }
        return
      }
      case 'break': {
        const held = stillHeld(model.stored, model.now, GRACE) !== undefined
        const quiet = played.quietMs === 0 || model.now - model.touched >= played.quietMs
        const rows = await run(statements.BREAK_LOCK, [FILE, GRACE, played.quietMs])
        expectAnswer(model, rows, held && quiet ? 'release' : 'conflict')
        if (held && quiet) model.stored = { kind: 'none' }
        return
      }
      case 'get':
        expectAnswer(model, await run(statements.GET_LOCK, [FILE, GRACE]), 'conflict')
        expectAnswer(model, await run(statements.LOCK_FOR_UPDATE, [FILE, GRACE]), 'conflict')
        expectAnswer(
          model,
          await run(statements.LOCK_FOR_UPDATE_IF_AUTHORIZED, [FILE, GRACE, ...ADMISSION]),
          'conflict',
        )
        return
      case 'sweep': {
        const dead = model.stored.kind !== 'none' && !stillHeld(model.stored, model.now, GRACE)
        const swept = await run(statements.SWEEP, [GRACE])
        expect(swept.map((row) => row.lock_id)).toEqual(dead ? [idOf(model.stored)] : [])
        if (dead) model.stored = { kind: 'none' }
        return
      }
      case 'notice':
        await run(NOTICE, [FILE, 'A'])
        if (model.stored.kind === 'wopi' && model.stored.lockId === 'A') model.used = model.now
        return
      case 'save': {
        // Each its own bytes: the same ones again would not be a change.
        const sha = `sha ${model.version}`
        const [moved] = await run(MOVE_HEAD, [
          FILE,
          'blob',
          2,
          sha,
          'alice',
          [],
          'save',
          'c',
          null,
          null,
          null,
          'other',
        ])
        model.version++
        model.touched = model.now
        model.used = model.now
        expect(moved?.version).toBe(String(model.version))
      }
    }
  }

  async function expectStored(model: Model): Promise<void> {
    const { rows } = await client.query<Record<string, unknown>>(STORED, [FILE])
    expect(rows).toEqual([
      {
        kind: model.stored.kind,
        lock_id: idOf(model.stored),
        expires_at: model.stored.kind === 'none' ? null : model.stored.expiresAt,
        epoch: model.epoch,
        version: model.version,
        used_at: model.used,
      },
    ])
  }

  it('decide exactly as the rules do, for random sequences at and around every expiry (WOPI.md §7.2)', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 30 }), async (steps) => {
        const model = await freshFile()
        for (const played of steps) {
          await play(model, played)
          await expectStored(model)
        }
      }),
      { numRuns: 150 },
    )
  }, 120_000)

  it('decide exactly as the rules do for every request against every state at every edge of its time', async () => {
    const [a, b] = [theLock('A'), theLock('B')]
    const requests: LockRequest[] = [a, b].flatMap((id): LockRequest[] => [
      { operation: 'lock', lockId: id },
      { operation: 'refresh', lockId: id },
      { operation: 'unlock', lockId: id },
      { operation: 'unlock-late', lockId: id },
      { operation: 'extend-for-others', lockId: id, othersEdit: true },
      { operation: 'extend-for-others', lockId: id, othersEdit: false },
      { operation: 'exclusive', lockId: id },
      { operation: 'unlock-and-relock', oldLockId: id, lockId: a },
      { operation: 'unlock-and-relock', oldLockId: id, lockId: b },
    ])
    const ages = [0, TTL - 1, TTL, TTL + GRACE - 1, TTL + GRACE, TTL + GRACE + 1]
    for (const before of ['lock', 'exclusive'] as const) {
      for (const age of ages) {
        for (const asked of requests) {
          const model = await freshFile()
          await play(model, { step: 'request', request: { operation: before, lockId: a } })
          await play(model, { step: 'wait', ms: age })
          await play(model, { step: 'request', request: asked })
          await expectStored(model)
        }
      }
    }
  })

  it('replace a lock exactly when the rules call it abandoned, by whoever was there and asks (ADR 21)', async () => {
    const minute = 60_000
    await client.query(
      `insert into access_grant (object_id, object_kind, subject, role, granted_by) values ($1, 'file', 'user:bob', 'editor', 'alice')`,
      [FILE],
    )
    const now = 10 * minute
    const user = fc.record({
      tokenId: fc.constantFrom(
        ...['alice', 'bob', 'carol', 'dave'].map((who) => theToken(`token-of-${who}`)),
      ),
      reports: fc.boolean(),
      saidLeft: fc.boolean(),
      lastSeenAt: fc.constantFrom(0, 5 * minute - 1, 5 * minute, 5 * minute + 1, now),
    })
    // Mostly gone, or every second case would be a conflict for the first reason.
    const gone = user.map((one) => ({ ...one, reports: true, saidLeft: true }))
    const alice = fc.oneof(user, gone, gone).map((one) => ({ ...one, tokenId: theToken('token-of-alice') }))
    const scene = fc.record({
      usedAt: fc.constantFrom(0, 8 * minute - 1, 8 * minute, 8 * minute + 1, now),
      takenWith: fc.constantFrom(EDITOR, EDITOR, EDITOR, null),
      asksWith: fc.constantFrom(EDITOR, EDITOR, EDITOR, 'cool2', null),
      users: fc
        .tuple(fc.option(alice, { freq: 9 }), fc.array(fc.oneof(user, gone, gone, gone), { maxLength: 3 }))
        .map(([first, others]) => distinct(first ? [first, ...others] : others)),
    })
    const seen = { replace: 0, conflict: 0 }
    await fc.assert(
      fc.asyncProperty(scene, async ({ usedAt, takenWith, asksWith, users }) => {
        const model = await freshFile()
        const life = [20 * minute, false, false]
        await setClock(usedAt)
        await run(statements.LOCK, [FILE, GRACE, ...ADMISSION, 'A', ...life, takenWith])
        await present(...users)
        await setClock(now)
        const stored = { kind: 'wopi', lockId: theLock('A'), expiresAt: usedAt + 20 * minute } as const
        const takenBy = { tokenId: theToken('token-of-alice'), editor: takenWith }
        const asking = { tokenId: theToken('token-of-bob'), editor: asksWith }
        const abandoned = isAbandoned({ takenBy, usedAt }, users, asking, now)
        const decision = decide({ operation: 'lock', lockId: theLock('B') }, stored, now, {
          graceMs: GRACE,
          abandoned,
        })
        const rows = await run(statements.LOCK, [FILE, GRACE, ...SERVED, 2, 'B', ...life, asksWith])
        expect(rows).toMatchObject([
          { decision, live_lock_id: 'A', epoch: decision === 'replace' ? '2' : '1' },
        ])
        if (decision === 'replace' || decision === 'conflict') seen[decision]++
        Object.assign(model, { stored, epoch: 1, now, used: usedAt })
        if (decision === 'replace') {
          model.epoch = 2
          model.used = now
          model.stored = { kind: 'wopi', lockId: theLock('B'), expiresAt: now + 20 * minute }
        }
        await expectStored(model)
      }),
      { numRuns: 250 },
    )
    expect(Math.min(seen.replace, seen.conflict)).toBeGreaterThan(10)
    await present()
  }, 120_000)

  it('answer nothing for a file that does not exist', async () => {
    await freshFile()
    expect(await run(statements.LOCK, ['nobody', GRACE, ...ADMISSION, 'A', TTL, false, false, null])).toEqual(
      [],
    )
    expect(await run(statements.GET_LOCK, ['nobody', GRACE])).toEqual([])
  })

  it('change and tell nothing when the caller is not admitted', async () => {
    const model = await freshFile()
    const lock = (...by: unknown[]): Promise<LockRow[]> =>
      run(statements.LOCK, [FILE, GRACE, ...by, 'A', TTL, false, false, null])
    expect(await lock('no-such-token', 'alice', 2)).toEqual([])
    expect(await lock('token-of-alice', 'bob', 2)).toEqual([])
    expect(await lock('token-of-alice', 'alice', 4)).toEqual([])
    await expectStored(model)
  })
})

/** One token is one participant. */
function distinct(users: readonly LockUser[]): LockUser[] {
  return users.filter(({ tokenId }, at) => users.findIndex((one) => one.tokenId === tokenId) === at)
}

const idOf = (stored: StoredLock): string => (stored.kind === 'none' ? '' : stored.lockId)

/** The answer tells what stood before the operation, and the head's version. */
function expectAnswer(model: Model, rows: readonly LockRow[], decision: LockDecision): void {
  const live = stillHeld(model.stored, model.now, GRACE)
  expect(rows).toHaveLength(1)
  expect(rows[0]).toMatchObject({
    decision,
    live_kind: live?.kind ?? 'none',
    live_lock_id: live?.kind === 'wopi' ? live.lockId : '',
    version: String(model.version),
    dead_kind: model.stored.kind !== 'none' && !live ? model.stored.kind : null,
  })
}

/** What a decision means for the row. `epoch` counts holders. */
function apply(model: Model, asked: LockRequest, decision: LockDecision, expiry: 'exact' | 'graced'): void {
  if (decision === 'take' || decision === 'swap') model.epoch++
  if (decision === 'release') model.stored = { kind: 'none' }
  if (decision === 'notice') model.used = model.now
  if (asked.operation === 'extend-for-others') {
    if (decision !== 'extend' || model.stored.kind === 'none') return
    const expiresAt = Math.max(model.stored.expiresAt, model.now + TTL)
    model.stored = { ...model.stored, expiresAt }
    model.touched = model.used = model.now
    return
  }
  if (decision === 'take' || decision === 'swap' || decision === 'extend') {
    const kind = asked.operation === 'exclusive' ? 'exclusive' : 'wopi'
    model.stored = { kind, lockId: asked.lockId, expiresAt: model.now + TTL, expiry }
    model.touched = model.used = model.now
  }
}
