import fc from 'fast-check'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import type { Statement } from '../../src/database/database.js'
import * as coauth from '../../src/lock/coauth-lock.statements.js'
import {
  decide,
  decideCoauth,
  type CoauthDecision,
  type CoauthRequest,
  type LockRequest,
  type StoredCoauthLock,
  type StoredLock,
} from '../../src/lock/lock-rules.js'
import { GET_LOCK, LOCK, UNLOCK } from '../../src/lock/lock.statements.js'
import { CREATE_FILE } from '../../src/storage/files/file.statements.js'
import { theLock } from '../kit/ids.js'
import { newDatabase } from '../kit/postgres.js'

const GRACE = 700
const TTL = 1000
const FILE = 'f'
const ADMISSION = ['token-of-alice', 'alice', 2]

type Step =
  | { readonly step: 'coauth'; readonly request: CoauthRequest; readonly lifetimeMs: number }
  | { readonly step: 'wopi'; readonly request: LockRequest & { operation: 'lock' | 'unlock' } }
  | { readonly step: 'wait'; readonly ms: number }
  | { readonly step: 'break'; readonly quietMs: number }
  | { readonly step: 'sweep' }

interface Model {
  lock: StoredLock
  coauth: StoredCoauthLock[]
  /** The latest time at which a coauth lock was taken or refreshed. */
  touched: number
  now: number
}

const lockId = fc.constantFrom(...['A', 'B', 'a', '{"S":"A"}'].map(theLock))
const metadata = fc.constantFrom('', 'x', 'y')
const request: fc.Arbitrary<CoauthRequest> = fc.oneof(
  fc.record({
    operation: fc.constant('get' as const),
    lockId,
    type: fc.constantFrom('Coauth' as const, 'CoauthExclusive' as const),
    metadata,
  }),
  fc.record({
    operation: fc.constant('refresh' as const),
    lockId,
    metadata: fc.constantFrom(undefined, 'x', 'y'),
  }),
  fc.record({ operation: fc.constant('unlock' as const), lockId }),
)
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      step: fc.constant('coauth' as const),
      request,
      lifetimeMs: fc.constantFrom(TTL, 2 * TTL),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      step: fc.constant('wopi' as const),
      request: fc.record({ operation: fc.constantFrom('lock' as const, 'unlock' as const), lockId }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      step: fc.constant('wait' as const),
      ms: fc.constantFrom(0, 1, GRACE, TTL - 1, TTL, TTL + 1, TTL + GRACE),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ step: fc.constant('break' as const), quietMs: fc.constantFrom(0, TTL - 0.5) }),
  },
  { weight: 1, arbitrary: fc.constant<Step>({ step: 'sweep' }) },
)

/** As in lock-model.test.ts: the very millisecond of an expiry, and not a letter of the functions changed. */
const CLOCK = [
  `create schema model`,
  `create function model.clock_timestamp() returns timestamptz language sql volatile as
    $$ select timestamptz '2026-01-01T00:00:00Z' + current_setting('model.now')::float8 * interval '1 ms' $$`,
  `set search_path = model, pg_catalog, public`,
]

describe('the coauth lock functions', () => {
  let client: pg.Client

  beforeAll(async () => {
    client = new pg.Client({ connectionString: await newDatabase(inject('postgres')) })
    await client.connect()
    for (const statement of CLOCK) await client.query(statement)
    await client.query(`insert into user_account (id, display_name) values ('alice', 'Alice')`)
    await client.query(
      `insert into access_token (jti, user_id, resource_kind, resource_id, mode, issued_at, expires_at)
       values ('token-of-alice', 'alice', 'file', $1, 'edit', '2026-01-01', 'infinity')`,
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

  const setClock = (now: number): Promise<unknown> =>
    client.query(`select set_config('model.now', ($1::float8)::text, false)`, [now])

  async function freshFile(): Promise<Model> {
    await setClock(0)
    await client.query('truncate file, file_version, file_lock, coauth_lock cascade')
    await run(CREATE_FILE, [FILE, 'root', 'n', 'n', 'alice', 'blob', 1, 'sha', 'upload', 'c', 'other'])
    return { lock: { kind: 'none' }, coauth: [], touched: 0, now: 0 }
  }

  function ask(asked: CoauthRequest, lifetimeMs: number): Promise<coauth.CoauthRow[]> {
    switch (asked.operation) {
      case 'get': {
        const values = [FILE, GRACE, ...ADMISSION, asked.lockId, asked.type, asked.metadata, lifetimeMs]
        return run(coauth.GET_COAUTH_LOCK, values)
      }
      case 'refresh': {
        const values = [FILE, ...ADMISSION, asked.lockId, asked.metadata ?? null, lifetimeMs]
        return run(coauth.REFRESH_COAUTH_LOCK, values)
      }
      case 'unlock':
        return run(coauth.UNLOCK_COAUTH_LOCK, [FILE, ...ADMISSION, asked.lockId])
    }
  }

  async function play(model: Model, played: Step): Promise<void> {
    const live = model.coauth.filter(({ expiresAt }) => model.now < expiresAt)
    switch (played.step) {
      case 'wait':
        model.now += played.ms
        await setClock(model.now)
        return
      case 'coauth': {
        const decision = decideCoauth(played.request, model, model.now, { graceMs: GRACE })
        const [row] = await ask(played.request, played.lifetimeMs)
        const granted = ['take', 'change', 'release'].includes(decision)
        expect(row?.outcome).toBe(granted ? 'granted' : decision)
        apply(model, live, played, decision)
        if (row?.outcome === 'granted') expect(shown(row.locks)).toEqual(visible(model))
        return
      }
      case 'wopi': {
        const coauthUntil = Math.max(...live.map(({ expiresAt }) => expiresAt))
        const decision = decide(played.request, model.lock, model.now, { graceMs: GRACE, coauthUntil })
        const wopi = played.request
        const [row] =
          wopi.operation === 'lock'
            ? await run(LOCK, [FILE, GRACE, ...ADMISSION, wopi.lockId, TTL, false, false, null])
            : await run(UNLOCK, [FILE, GRACE, ...ADMISSION, wopi.lockId])
        expect(row?.decision).toBe(decision)
        if (live.length > 0) expect(row?.live_kind).toBe('coauth')
        if (decision === 'take' || decision === 'extend')
          model.lock = { kind: 'wopi', lockId: wopi.lockId, expiresAt: model.now + TTL }
        if (decision === 'release') model.lock = { kind: 'none' }
        return
      }
      case 'break': {
        const [held] = await run(GET_LOCK, [FILE, GRACE])
        if (held?.live_kind !== 'coauth') return
        const quiet = played.quietMs === 0 || model.now - model.touched >= played.quietMs
        const broken = await run(coauth.BREAK_COAUTH_LOCKS, [FILE, played.quietMs])
        expect(broken.length > 0).toBe(quiet)
        if (quiet) model.coauth = []
        return
      }
      case 'sweep': {
        const swept = await run(coauth.SWEEP_COAUTH_LOCKS, [])
        expect(swept.map((row) => row.lock_id).sort()).toEqual(
          model.coauth
            .filter((one) => !live.includes(one))
            .map((one) => one.lockId)
            .sort(),
        )
        model.coauth = live
      }
    }
  }

  it('decide exactly as the rules do, and change the version with every visible change only (WOPI.md §12.1)', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 30 }), async (steps) => {
        const model = await freshFile()
        const tables = new Map<string, string>()
        let before: { version: string; text: string } | undefined
        for (const played of steps) {
          await play(model, played)
          const [row] = await run(coauth.COAUTH_TABLE, [FILE, 'token-of-alice', 'alice', null])
          const [settled] = await run(coauth.SETTLED_COAUTH_TABLE, [FILE])
          expect(row).toMatchObject(settled ?? {})
          expect(shown(row?.locks)).toEqual(visible(model))
          const now = { version: row?.version ?? '', text: JSON.stringify(row?.locks) }
          // One version, one table, for ever; and no new version for the same table right after.
          expect(tables.get(now.version) ?? now.text).toBe(now.text)
          tables.set(now.version, now.text)
          const isPure = played.step === 'coauth' && played.request.operation === 'refresh'
          if (isPure && before?.text === now.text) expect(now.version).toBe(before.version)
          const [unchanged] = await run(coauth.COAUTH_TABLE, [FILE, 'token-of-alice', 'alice', now.version])
          expect(unchanged?.locks).toBeNull()
          before = now
        }
      }),
      { numRuns: 150 },
    )
  }, 120_000)

  it('answer nothing for a file that does not exist, and change nothing for whoever is not admitted', async () => {
    await freshFile()
    const get = (file: string, ...by: unknown[]): Promise<unknown[]> =>
      run(coauth.GET_COAUTH_LOCK, [file, GRACE, ...by, 'A', 'Coauth', '', TTL])
    expect(await get('nobody', ...ADMISSION)).toEqual([])
    expect(await get(FILE, 'no-such-token', 'alice', 2)).toEqual([])
    expect(await get(FILE, 'token-of-alice', 'bob', 2)).toEqual([])
    expect(await get(FILE, 'token-of-alice', 'alice', 4)).toEqual([])
    expect(await run(coauth.COAUTH_TABLE, [FILE, 'no-such-token', 'alice', null])).toEqual([])
    const [table] = await run(coauth.COAUTH_TABLE, [FILE, 'token-of-alice', 'alice', null])
    expect(table?.locks).toEqual([])
  })
})

type Seen = Pick<StoredCoauthLock, 'lockId' | 'type' | 'metadata'>

const byId = (one: Seen, other: Seen): number => (one.lockId < other.lockId ? -1 : 1)

function shown(rows: readonly coauth.CoauthEntry[] | null | undefined): Seen[] {
  return (rows ?? []).map(({ lockId, type, metadata }) => ({ lockId, type, metadata })).sort(byId)
}

function visible({ coauth: rows, now }: Model): Seen[] {
  return rows
    .filter(({ expiresAt }) => now < expiresAt)
    .map(({ lockId, type, metadata }) => ({ lockId, type, metadata }))
    .sort(byId)
}

/** What a decision means for the rows. */
function apply(
  model: Model,
  live: readonly StoredCoauthLock[],
  { request: asked, lifetimeMs }: Extract<Step, { step: 'coauth' }>,
  decision: CoauthDecision,
): void {
  if (decision !== 'take' && decision !== 'change' && decision !== 'release') return
  const mine = live.find((one) => one.lockId === asked.lockId)
  const others = model.coauth.filter((one) => one.lockId !== asked.lockId)
  const expiresAt = model.now + lifetimeMs
  if (decision === 'release' || asked.operation === 'unlock') {
    model.coauth = others
    return
  }
  model.touched = model.now
  const row: StoredCoauthLock =
    asked.operation === 'get'
      ? { lockId: asked.lockId, type: asked.type, metadata: asked.metadata, expiresAt }
      : {
          lockId: asked.lockId,
          type: mine?.type ?? 'Coauth',
          metadata: asked.metadata ?? mine?.metadata ?? '',
          expiresAt,
        }
  model.coauth = [...others, row]
}
