import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import type { FileView, Person } from '../kit/people.js'
import { execute } from '../kit/postgres.js'
import { Housekeeping } from '../kit/storage.js'
import { Tandem } from '../kit/tandem.js'

const MINUTE = 60
const HOUR = 3600

/** A version that never was: `at` in seconds after the story's beginning. */
interface Saved {
  readonly at: number
  readonly cause?: 'save' | 'upload' | 'restore' | 'merge' | 'chunked'
  readonly flag?: 'edits-by-revoked-user'
  readonly author?: string
}

describe('REST: which versions are listed, and how long the others stay (RELIABILITY-SECURITY.md §3.9)', () => {
  let tandem: Tandem
  let alice: Person
  let keeping: Housekeeping

  beforeAll(async () => {
    tandem = await Tandem.start(inject('postgres'))
    alice = await tandem.person('alice')
    keeping = await Housekeeping.of(tandem)
  })
  afterAll(async () => {
    await keeping[Symbol.asyncDispose]()
    await tandem.stop()
  })

  /**
   * A file whose history began `ago` seconds ago; its first version is there already, at that moment. Two contents take
   * turns, so that no save repeats the one before.
   */
  async function story(ago: number, saves: readonly Saved[]): Promise<FileView> {
    const file = await tandem.sharedFile('content', { bob: 'editor' })
    const other = await tandem.sharedFile('another')
    const began = `clock_timestamp() - $2::float8 * interval '1 s'`
    await run(`update file_version set at = ${began}, modified_at = ${began} where file_id = $1`, [
      file.id,
      ago,
    ])
    await run(
      `insert into file_version (file_id, version, blob, size, sha256, author, cause, flag, at)
       select $1, n + 1, v.blob, v.size, v.sha256, coalesce(s.author, 'bob'), coalesce(s.cause, 'save'), s.flag,
         ${began} + s.at * interval '1 s'
       from rows from (jsonb_to_recordset($3) as (at float8, cause text, flag text, author text))
         with ordinality as s (at, cause, flag, author, n)
       join file_version v on v.version = 1 and v.file_id = case n % 2 when 0 then $1 else $4 end`,
      [file.id, ago, JSON.stringify(saves), other.id],
    )
    await run(`update file set version = $2 where id = $1`, [file.id, saves.length + 1])
    return file
  }

  /** An editing session from one second of the story to another, or still open. */
  async function session(file: FileView, ago: number, from: number, to?: number): Promise<void> {
    await run(
      `insert into coauth_session (id, file_id, application, started_at, last_activity_at, ended_at, end_reason)
       select $1 || $3::text, $1, 'word', t.at, t.at, t.ended, case when t.ended is not null then 'closed' end
       from (select clock_timestamp() - ($2::float8 - $3::float8) * interval '1 s' as at,
         clock_timestamp() - ($2::float8 - $4::float8) * interval '1 s' as ended) t`,
      [file.id, ago, from, to ?? null],
    )
  }

  const run = (statement: string, values: unknown[]): Promise<unknown> =>
    execute(tandem.databaseUrl, statement, values)
  const listed = async (file: FileView, query = ''): Promise<number[]> => {
    const answer = await alice.calls('GET', `/files/${file.id}/versions?limit=1000${query}`)
    return answer.json<{ items: { version: string }[] }>().items.map(({ version }) => Number(version))
  }
  const all = (file: FileView): Promise<number[]> => listed(file, '&all=true')
  const every = (seconds: number, from: number, to: number): Saved[] =>
    Array.from({ length: Math.floor((to - from) / seconds) }, (_, i) => ({ at: from + (i + 1) * seconds }))

  it('§3.9: 8 hours of one document, saved every 30 s by 3 editors, are 48 entries at most, and all 961 with ?all=true', async () => {
    const authors = ['alice', 'bob', 'carol']
    const saves = every(30, 0, 8 * HOUR).map((save, i) => ({ ...save, author: authors[i % 3] ?? 'bob' }))
    const file = await story(10 * HOUR, saves)
    await session(file, 10 * HOUR, 0, 8 * HOUR)
    const versions = await listed(file)
    expect(versions.length).toBeLessThanOrEqual(48)
    expect(versions.length).toBeGreaterThan(40)
    expect([versions[0], versions.at(-1)]).toEqual([961, 1])
    expect(await all(file)).toHaveLength(961)
  })

  it('§3.9: without a session that is known, and across the clock’s tens of minutes, it is 48 at most, too', async () => {
    for (const offset of [0, 17, 299, 431]) {
      const file = await story(10 * HOUR + offset, every(30, 0, 8 * HOUR))
      expect((await listed(file)).length).toBeLessThanOrEqual(48)
    }
  })

  it('lists, of the saves of ten minutes of one session, the last', async () => {
    const at = [1, 2, 4, 9, 12, 15, 19, 23].map((minute) => ({ at: minute * MINUTE }))
    const file = await story(HOUR, at)
    await session(file, HOUR, 0)
    // Minutes 0–10: version 5 (of minute 9); 10–20: 8 (19); then the head. Version 1 is the first.
    expect(await listed(file)).toEqual([9, 8, 5, 1])
    expect(await all(file)).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1])
  })

  it('lists the last of each session, however short they are', async () => {
    const file = await story(HOUR, [{ at: 60 }, { at: 90 }, { at: 150 }, { at: 180 }, { at: 300 }])
    await session(file, HOUR, 30, 100)
    await session(file, HOUR, 140, 200)
    expect(await listed(file)).toEqual([6, 5, 3, 1])
  })

  it('always lists the head, the first, other causes and flagged versions', async () => {
    const file = await story(HOUR, [
      { at: 10 },
      { at: 20, flag: 'edits-by-revoked-user' },
      { at: 30, cause: 'upload' },
      { at: 40, cause: 'restore' },
      { at: 50, cause: 'merge' },
      { at: 60, cause: 'chunked' },
      { at: 70 },
      { at: 80 },
    ])
    await session(file, HOUR, 0)
    expect(await listed(file)).toEqual([9, 7, 6, 5, 4, 3, 1])
    const answer = await alice.calls('GET', `/files/${file.id}/versions`)
    const flags = answer.json<{ items: { flag: string | null }[] }>().items.map(({ flag }) => flag)
    expect(flags).toEqual([null, null, null, null, null, 'edits-by-revoked-user', null])
  })

  it('pages through the listed ones alone, and hands out the others at their number', async () => {
    const file = await story(2 * HOUR, every(60, 0, HOUR))
    await session(file, 2 * HOUR, 0)
    const whole = await listed(file)
    const seen: number[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const query: string = cursor === '' ? '' : `&cursor=${cursor}`
      const answer = await alice.calls('GET', `/files/${file.id}/versions?limit=2${query}`)
      const page = answer.json<{ items: { version: string }[]; nextCursor: string | null }>()
      seen.push(...page.items.map(({ version }) => Number(version)))
      cursor = page.nextCursor
    }
    expect(seen).toEqual(whole)
    expect(whole).not.toContain(3)
    const unlisted = await alice.calls('GET', `/files/${file.id}/versions/3/content`)
    expect([unlisted.status, unlisted.body.toString()]).toEqual([200, 'content'])
  })

  it('deletes unlisted saves after 24 hours, not before, and nothing that is listed', async () => {
    // The first half is older than a day, the second is not.
    const ago = 24 * HOUR + HOUR
    const file = await story(ago, every(30, 0, 2 * HOUR))
    await session(file, ago, 0, 2 * HOUR)
    const before = await listed(file)
    const young = (await all(file)).filter((version) => version > 121)
    await keeping.versions.purge()
    expect(await listed(file)).toEqual(before)
    const left = await all(file)
    expect(left).toEqual(expect.arrayContaining(young))
    expect(left.filter((version) => version <= 119)).toEqual(before.filter((version) => version <= 119))
    const status = async (version: number): Promise<number> =>
      (await alice.calls('GET', `/files/${file.id}/versions/${version}/content`)).status
    expect([await status(2), await status(240)]).toEqual([404, 200])
  })

  it('looks only at what has grown old since the last time, and finds it', async () => {
    await keeping.versions.purge()
    const file = await story(24 * HOUR + 5 * MINUTE, every(30, 0, 4 * MINUTE))
    await session(file, 24 * HOUR + 5 * MINUTE, 0, 4 * MINUTE)
    expect(await keeping.versions.purge()).toBe(7)
    expect(await all(file)).toEqual([9, 1])
  })

  it('deletes everything once when four servers do it at once', async () => {
    const file = await story(50 * HOUR, every(15, 0, 21 * HOUR))
    await session(file, 50 * HOUR, 0, 21 * HOUR)
    const before = await listed(file)
    const servers = await Promise.all([1, 2, 3, 4].map(() => Housekeeping.of(tandem)))
    const deleted = await Promise.all(servers.map(({ versions }) => versions.purge()))
    for (const server of servers) await server[Symbol.asyncDispose]()
    expect(deleted.reduce((sum, n) => sum + n)).toBe(5041 - before.length)
    expect(await all(file)).toEqual(before)
  })

  it('leaves the bytes of deleted versions to the collector, which takes no others', async () => {
    const file = await tandem.sharedFile('content', { bob: 'editor' })
    const editor = await tandem.editor(await tandem.person('bob'), file.id)
    await editor.lock('session')
    for (let i = 0; i < 4; i++) expect((await editor.putFile(`save ${i}`, 'session')).status).toBe(200)
    await run(`update file_version set at = at - interval '25 hours' where file_id = $1`, [file.id])
    await keeping.versions.purge()
    expect(await all(file)).toEqual([5, 1])
    expect(await keeping.blobs.collect(0)).toBeGreaterThanOrEqual(3)
    for (const [version, content] of [
      [1, 'content'],
      [5, 'save 3'],
    ] as const) {
      const answer = await alice.calls('GET', `/files/${file.id}/versions/${version}/content`)
      expect(answer.body.toString()).toBe(content)
    }
  })

  it('restores an old unlisted version whole or says that it is gone, while servers delete it and its bytes', async () => {
    const outcomes = new Map<number, number>()
    for (let i = 0; i < 12; i++) {
      const file = await tandem.sharedFile('content', { bob: 'editor' })
      const editor = await tandem.editor(await tandem.person('bob'), file.id)
      await editor.lock('session')
      for (let n = 1; n < 5; n++) await editor.putFile(`save ${n}`, 'session')
      await editor.unlock('session')
      await run(`update file_version set at = at - interval '25 hours' where file_id = $1`, [file.id])
      const restoring = alice.calls('POST', `/files/${file.id}/versions/3/restore`)
      if (i % 2) await Promise.race([restoring, alice.calls('GET', '/files?limit=1')])
      await keeping.versions.purge()
      await keeping.blobs.collect(0)
      const { status } = await restoring
      outcomes.set(status, (outcomes.get(status) ?? 0) + 1)
      await keeping.blobs.collect(0)
      expect((await alice.downloads(file.id)).toString()).toBe(status === 200 ? 'save 2' : 'save 4')
    }
    expect([...outcomes.keys()].filter((status) => status !== 200 && status !== 404)).toEqual([])
  })
})
