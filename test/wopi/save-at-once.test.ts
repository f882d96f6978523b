import pg from 'pg'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { SaveAtOnce } from '../../src/saving/save-at-once.js'
import { jtiOf } from '../kit/editor-tokens.js'
import type { Editor, Headers } from '../kit/wopi.js'
import { until } from '../reliability/until.js'
import { useFixture } from './fixture.js'

const MINE = 'the-lock'
const LOCKS = {
  none: undefined,
  mine: `kind = 'wopi', lock_id = '${MINE}', expires_at = clock_timestamp() + interval '10 min'`,
  another: `kind = 'wopi', lock_id = 'another', expires_at = clock_timestamp() + interval '10 min'`,
  'in grace': `kind = 'wopi', lock_id = '${MINE}', expires_at = clock_timestamp() - interval '5 s'`,
  'exact and over': `kind = 'wopi', lock_id = '${MINE}', exact_expiry = true, expires_at = clock_timestamp() - interval '5 s'`,
  dead: `kind = 'wopi', lock_id = '${MINE}', expires_at = clock_timestamp() - interval '1 h'`,
  exclusive: `kind = 'exclusive', lock_id = 'x', holder = 'root', reason = 'batch', expires_at = clock_timestamp() + interval '10 min'`,
  coauth: `coauth_until = clock_timestamp() + interval '10 min'`,
} as const

/** What a client says of the base of its save. */
const BASES = {
  microsoft: () => ({}),
  'collabora on the head': (head: string) => ({ ...COLLABORA, 'X-COOL-WOPI-Timestamp': head }),
  'collabora on another': () => ({ ...COLLABORA, 'X-COOL-WOPI-Timestamp': '2020-01-01T00:00:00.000000Z' }),
  'collabora on whatever there is': () => COLLABORA,
  'onlyoffice on the head': (head: string) => ({ 'X-LOOL-WOPI-Timestamp': head }),
} as const satisfies Record<string, (head: string) => Headers>
const COLLABORA = { 'X-COOL-WOPI-ServerId': '1a2b3c' }

/** What else there is about token, file and bytes. */
const TROUBLES = {
  'the same bytes again': { body: 'old' },
  'something else than it was': { before: ZIP(), body: 'no zip any more' },
  'properties beside': {
    sql: `insert into content_property (file_id, name, value, retention)
      values ($1, 'a', 'b', 'DeleteOnContentChange'), ($1, 'c', 'd', 'KeepOnContentChange')`,
  },
  'editors named': { headers: { 'X-WOPI-Editors': 'alice,nobody,bob' } },
  'an exit save refused before': {
    sql: `insert into recovery_item (id, file_id, reason, user_id, editors, presented_lock_id, correlation_id, blob, size,
        sha256, token_id, family, exit_save)
      values (gen_random_uuid(), $1, 'lock-mismatch', 'alice', '{}', '', '', 'b', 1, 'x', 't', 'microsoft', true)`,
  },
  'a 409 before': { token: `refused_at = clock_timestamp(), refused_version = 1` },
  'a token that expired': { token: `expires_at = clock_timestamp() - interval '1 s'` },
  'a token that was revoked': { token: `revoked_at = clock_timestamp()` },
  'a view token': { token: `mode = 'view'` },
} as const satisfies Record<string, Trouble>

interface Trouble {
  readonly before?: string | Buffer
  readonly body?: string
  readonly headers?: Headers
  readonly sql?: string
  readonly token?: string
}

interface Case {
  readonly lock: keyof typeof LOCKS
  readonly base: keyof typeof BASES
  readonly size: 'empty' | 'full'
  readonly presented: string | undefined
  readonly trouble?: keyof typeof TROUBLES
}

function ZIP(): Buffer {
  return Buffer.from('PK\u0003\u0004 and so on, as archives begin')
}

function* everyCase(): Generator<Case> {
  for (const lock of Object.keys(LOCKS) as (keyof typeof LOCKS)[])
    for (const base of Object.keys(BASES) as (keyof typeof BASES)[])
      for (const size of ['empty', 'full'] as const)
        for (const presented of [undefined, MINE]) yield { lock, base, size, presented }
  for (const trouble of Object.keys(TROUBLES) as (keyof typeof TROUBLES)[])
    for (const base of ['microsoft', 'collabora on the head', 'collabora on whatever there is'] as const)
      for (const lock of ['mine', 'none'] as const)
        yield { lock, base, size: 'full', presented: MINE, trouble }
}

describe('a save that is welcome is one statement', () => {
  const fixture = useFixture()
  afterEach(() => vi.restoreAllMocks())

  async function prepared({ lock, size, trouble }: Case): Promise<Editor> {
    const { before = 'old', sql, token }: Trouble = trouble ? TROUBLES[trouble] : {}
    const editor = await fixture.open(size === 'empty' ? '' : before)
    if (LOCKS[lock] !== undefined) {
      const times = `taken_at = clock_timestamp(), refreshed_at = clock_timestamp(), epoch = 7`
      await fixture.sql(`update file_lock set ${times}, ${LOCKS[lock]} where file_id = $1`, [editor.fileId])
    }
    if (sql !== undefined) await fixture.sql(sql, [editor.fileId])
    if (token !== undefined)
      await fixture.sql(`update access_token set ${token} where jti = $1`, [jtiOf(editor.token)])
    return editor
  }

  /** Everything that a save changes, but for ids and times; a lock that is dead may be swept up meanwhile. */
  async function save(one: Case): Promise<unknown> {
    const editor = await prepared(one)
    const [head] = await fixture.sql(`select iso_time(modified_at) as at from file where id = $1`, [
      editor.fileId,
    ])
    const { body = 'new', headers = {} }: Trouble = one.trouble ? TROUBLES[one.trouble] : {}
    const sent = { ...BASES[one.base](String(head?.['at'])), ...headers }
    const answer = await editor.putFile(body, one.presented, sent)
    const [facts] = await fixture.sql(
      `select json_build_object(
        'file', (select json_build_array(f.version, f.sequence_number, f.size, f.sha256, f.modified_by,
          f.modified_at > $2::timestamptz, f.blob = (select v.blob from file_version v where v.file_id = f.id and v.version = 1))
          from file f where f.id = $1),
        'versions', (select json_agg(json_build_array(v.version, v.size, v.sha256, v.author, v.editors, v.cause, v.flag,
          v.lock_epoch, v.editor, v.kind, v.former_kind, v.at = v.modified_at, v.keep, v.correlation_id is not null)
          order by v.version) from file_version v where v.file_id = $1),
        'lock', (select json_build_array(l.state, case l.state when 'wopi' then l.lock_id end, l.epoch, l.version, l.version > 1 and l.used)
          from (select *, used_at is not null as used, lock_state(kind, exact_expiry, expires_at, coauth_until, 60000,
            clock_timestamp()) as state from file_lock) l where l.file_id = $1),
        'audit', (select json_agg(json_build_array(a.actor, a.outcome, a.detail) order by a.at) from audit_event a
          where a.object_id = $1 and a.action = 'save'),
        'kept', (select json_agg(json_build_array(r.reason, r.sha256, r.returned_version) order by r.reason)
          from recovery_item r where r.file_id = $1),
        'properties', (select json_agg(p.name order by p.name) from content_property p where p.file_id = $1),
        'told', (select json_agg(e.kind order by e.id) from session_event e where e.file_id = $1 and e.kind = 'kind-changed')
      ) as facts`,
      [editor.fileId, head?.['at']],
    )
    const { status, lock, version } = answer
    return { status, lock, version, says: answer.body.length, facts: facts?.['facts'] }
  }

  it('and does what the long way does, in every case that it takes up, and nothing in any other', async () => {
    // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its own `this` below
    const { save: atOnce } = SaveAtOnce.prototype
    const taken: Case[] = []
    const differences: unknown[] = []
    for (const one of everyCase()) {
      const spy = vi.spyOn(SaveAtOnce.prototype, 'save').mockResolvedValue(undefined)
      const expected = await save(one)
      const saved: unknown[] = []
      spy.mockImplementation(async function (this: SaveAtOnce, ...given) {
        const outcome = await atOnce.apply(this, given)
        saved.push(outcome)
        return outcome
      })
      const found = await save(one)
      if (saved.some((outcome) => outcome !== undefined)) taken.push(one)
      if (JSON.stringify(found) !== JSON.stringify(expected)) differences.push({ one, found, expected })
    }
    expect(differences).toEqual([])
    const plain = taken.filter(({ trouble }) => trouble === undefined)
    // By lock, base, size and lock id: what is welcome without a second look.
    const known = (one: Case): boolean => one.base !== 'collabora on another'
    const isMine = (one: Case): boolean => ['mine', 'in grace'].includes(one.lock) && one.presented === MINE
    const isFree = (one: Case): boolean =>
      ['none', 'exact and over', 'dead'].includes(one.lock) && one.size === 'empty'
    const welcome = [...everyCase()].filter(
      (one) => one.trouble === undefined && known(one) && (isMine(one) || isFree(one)),
    )
    expect(plain).toEqual(welcome)
    const troubled = new Set(taken.map(({ trouble }) => trouble))
    expect(troubled).toEqual(
      new Set([undefined, 'the same bytes again', 'properties beside', 'editors named', 'a 409 before']),
    )
  }, 300_000)

  /** A save with the lock that holds the file, which waits for a row of it while `meanwhile` happens. */
  async function saveThatWaitsFor(
    row: (typeof ROWS)[number],
    meanwhile: (editor: Editor) => Promise<unknown>,
  ): Promise<{ status: number; lock: string | undefined; versions: number }> {
    const editor = await prepared({ lock: 'mine', base: 'microsoft', size: 'full', presented: MINE })
    const holder = new pg.Client({ connectionString: fixture.tandem.databaseUrl })
    await holder.connect()
    try {
      await holder.query('begin')
      await holder.query(`select from ${row} for no key update`.replace('%', editor.fileId))
      const answer = editor.putFile('new', MINE)
      await until('the save waits', async () => {
        const waiting = await fixture.sql(
          `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
        )
        return waiting.length > 0
      })
      await meanwhile(editor)
      await holder.query('commit')
      const { status, lock } = await answer
      const versions = await fixture.sql(`select from file_version where file_id = $1`, [editor.fileId])
      return { status, lock, versions: versions.length }
    } finally {
      await holder.end()
    }
  }
  const ROWS = [`file where id = '%'`, `file_lock where file_id = '%'`] as const
  const seconds = async (): Promise<number> =>
    Number((await fixture.sql(`select extract(epoch from clock_timestamp())::float8 as now`))[0]?.['now'])

  it('and reads the clock when it has waited: a lock that was live when it began is dead by then', async () => {
    const answer = await saveThatWaitsFor(ROWS[0], async (editor) => {
      const dies = `exact_expiry = true, expires_at = clock_timestamp() + interval '100 ms'`
      await fixture.sql(`update file_lock set ${dies} where file_id = $1`, [editor.fileId])
      const end = (await seconds()) + 0.1
      await until('the lock is dead', async () => (await seconds()) > end)
    })
    expect(answer).toEqual({ status: 409, lock: '', versions: 1 })
  })

  it.each(ROWS)('and asks for token and right when it has waited: %s', async (row) => {
    const answer = await saveThatWaitsFor(row, async (editor) => fixture.tokenEnded(editor, 'revoked_at'))
    expect(answer).toMatchObject({ status: 401, versions: 1 })
  })
})
