import pg from 'pg'
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest'
import { uncovered } from '../../bench/scale/coverage.js'
import { ADMINISTRATOR, LOOKS, type Look } from '../../bench/scale/lists.js'
import { load } from '../../bench/scale/load.js'
import { sizesOf } from '../../bench/scale/sizes.js'
import { Tandem } from '../kit/tandem.js'

/** Tables that grow with every year of work. */
const LARGE: ReadonlySet<string> = new Set([
  'file',
  'file_version',
  'file_lock',
  'audit_event',
  'access_token',
  'coauth_session',
  'coauth_participant',
  'session_event',
])
/** Enough for PostgreSQL to see what an index is worth, and filled in seconds. */
const SIZES = { ...sizesOf(0.02), versionsPerFile: 3, audit: 50_000, locks: 200 }

const PAGED =
  /^\/api\/v1\/(admin\/(locks|audit|access-tokens|sessions|recovery-items)|files|bin|containers)(\?|$)/

interface Sent {
  readonly text: string
  readonly name?: string
  readonly values: unknown[]
}

interface PlanNode {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly Plans?: readonly PlanNode[]
}

/** Of the server's own accord, every few seconds: nobody's answer waits for it. */
const BACKGROUND: ReadonlySet<string> = new Set([
  'sweep-locks',
  'sweep-coauth-locks',
  'open-session-files',
  'open-sessions',
])

/** What the server sends to PostgreSQL while somebody listens; no other server is in this process meanwhile. */
const sent: Sent[] = []

function record(first: unknown, second: unknown): void {
  const config: { text?: unknown; name?: string; values?: unknown } =
    typeof first === 'string' ? { text: first, values: second } : (first as Partial<Sent>)
  const values = Array.isArray(config.values) ? (config.values as unknown[]) : []
  if (typeof config.text !== 'string' || !/^\s*(with|select|delete|update)\b/i.test(config.text)) return
  if (config.name !== undefined && BACKGROUND.has(config.name)) return
  sent.push({ text: config.text, values, ...(config.name !== undefined && { name: config.name }) })
}

describe('whatever is listed, in a database that has grown', () => {
  let tandem: Tandem
  let planner: pg.Client
  let listening: { mockRestore: () => void }

  beforeAll(async () => {
    const query = Reflect.get(pg.Client.prototype, 'query') as (...given: unknown[]) => unknown
    listening = vi.spyOn(pg.Client.prototype, 'query').mockImplementation(function (
      this: pg.Client,
      ...given: unknown[]
    ) {
      record(given[0], given[1])
      return query.apply(this, given)
    })
    tandem = await Tandem.start(inject('postgres'))
    planner = new pg.Client({ connectionString: tandem.databaseUrl })
    await planner.connect()
    await load(planner, SIZES)
  })
  afterAll(async () => {
    listening.mockRestore()
    await planner.end()
    await tandem.stop()
  })

  /** The large tables that a statement reads from end to end. A prepared one is planned for any values, after a while. */
  async function scanned({ text, name, values }: Sent): Promise<string[]> {
    const { rows } =
      name === undefined
        ? await planner.query<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(`explain (format json) ${text}`, values)
        : await planner.query<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(
            `explain (format json, generic_plan) ${text}`,
          )
    const found: string[] = []
    const look = (node: PlanNode): void => {
      const table = node['Relation Name']
      if (node['Node Type'] === 'Seq Scan' && table !== undefined && LARGE.has(table)) found.push(table)
      for (const below of node.Plans ?? []) look(below)
    }
    for (const row of rows) look(row['QUERY PLAN'][0].Plan)
    return found
  }

  async function scansOf(statements: readonly Sent[]): Promise<string[]> {
    const found: string[] = []
    for (const one of new Map(statements.map((each) => [each.text, each])).values()) {
      for (const table of await scanned(one))
        found.push(`${table}: ${one.name ?? one.text.trim().slice(0, 80)}`)
    }
    return found
  }

  /** A short page where there are pages: of a table that is no larger, a tenth is as much as all of it. */
  async function answer(look: Look): Promise<string> {
    const person = await tandem.person(look.as, look.as === ADMINISTRATOR ? 'admin' : 'user')
    const asked = look.path(1, SIZES)
    const path = PAGED.test(asked) ? `${asked}${asked.includes('?') ? '&' : '?'}limit=10` : asked
    const called = await fetch(tandem.url + path, { headers: { authorization: `Bearer ${person.bearer}` } })
    // The tests' PostgreSQL is not durable, and readiness says so.
    const right = asked === '/health/ready' ? 503 : (look.status ?? 200)
    expect(called.status, `${path}: ${await called.text()}`).toBe(right)
    return path
  }

  it('every route that reads is asked, with each of its parameters', async () => {
    const document: unknown = await (await fetch(`${tandem.url}/api/openapi.json`)).json()
    expect(uncovered(document)).toEqual([])
  })

  it('a table that is read from end to end would be seen', async () => {
    const looked = `select from audit_event where detail ->> 'version' = $1`
    expect(await scansOf([{ text: looked, values: ['5'] }])).toEqual([`audit_event: ${looked}`])
  })

  it.each(Object.entries(LOOKS))('%s reads no large table from end to end', async (_route, looks) => {
    for (const look of looks) {
      sent.length = 0
      const path = await answer(look)
      expect(await scansOf(path.includes('correlationId=') ? [] : sent), path).toEqual([])
    }
  })

  it('one call of the audit is found by its blocks, once it is no small table any more', async () => {
    const look = LOOKS['GET /api/v1/admin/audit']?.find(({ path }) =>
      path(1, SIZES).includes('correlationId='),
    )
    if (!look) throw new Error('nobody asks for a correlation id')
    sent.length = 0
    await answer(look)
    await planner.query('set enable_seqscan = off')
    expect(await scansOf(sent)).toEqual([])
    await planner.query('reset enable_seqscan')
  })
})
