import pg from 'pg'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { execute } from '../kit/postgres.js'
import { Person } from '../kit/people.js'
import { Tandem } from '../kit/tandem.js'
import { Forger } from '../permission/forge.js'
import { LIST_FILES } from '../../src/storage/files/file.statements.js'

interface Page {
  readonly items: readonly { readonly id: string }[]
  readonly nextCursor: string | null
}

/** Folders in folders, files in all of them, and every way to come by a right, thrown together by dice. */
const WORLD = [
  `select setseed(0.42)`,
  `insert into user_account (id, display_name) select 'p' || i, 'x' from generate_series(0, 9) i`,
  `insert into container (id, parent_id, name, name_key, owner_id, ancestors)
    select 'c' || i, 'root', 'c' || i, 'c' || i, 'p' || (random() * 9)::int, array['root', 'c' || i]
    from generate_series(1, 20) i`,
  ...[2, 3].map(
    (depth) => `insert into container (id, parent_id, name, name_key, owner_id, ancestors)
      select c.id || '.' || i, c.id, 'n' || i, 'n' || i, 'p' || (random() * 9)::int, ancestors || (c.id || '.' || i)
      from container c, generate_series(1, 3) i where cardinality(ancestors) = ${depth}`,
  ),
  // Many of one moment, so that the order by id counts, too.
  `insert into file (id, container_id, name, name_key, owner_id, version, sequence_number, size, sha256, blob,
      modified_at, modified_by, created_at, deleted_at)
    select md5(c.id || i), c.id, 'f' || i, 'f' || i, 'p' || (random() * 9)::int, 1, 1, 1, 'x', 'x', now(), 'x',
      now() - (random() * 20)::int * interval '1 hour', case when random() < 0.1 then now() end
    from container c, generate_series(1, 3) i`,
  ...['file', 'container'].flatMap((kind) => [
    `insert into access_grant (object_id, subject, object_kind, role, granted_by)
      select id, (array['user:p' || (random() * 9)::int, 'group:g' || (random() * 9)::int, 'group:p1', 'everyone'])
          [ceil(random() * 3 + case when random() < 0.1 then 1 else 0 end)::int],
        '${kind}', (array['viewer', 'editor', 'owner'])[ceil(random() * 3)::int], 'x'
      from ${kind} where random() < 0.2 and id <> 'root'`,
    `insert into share_link (id, object_id, object_kind, role, created_by, created_at, expires_at, revoked_at)
      select md5(id || 'link'), id, '${kind}', 'viewer', owner_id, now(), now() + (random() - 0.3) * interval '1 day',
        case when random() < 0.2 then now() end
      from ${kind} where random() < 0.2 and owner_id is not null`,
  ]),
  `insert into share_link_holder (user_id, object_id, link_id)
    select 'p' || i, object_id, id from share_link, generate_series(0, 9) i where random() < 0.2`,
]

/** What the one judge says, asked about everything there is. */
const JUDGED = {
  files: `select f.id from file f join container c on c.id = f.container_id join user_account u on u.id = $1
    where f.deleted_at is null and rank_of(u.id, u.groups, f.id, f.owner_id, c.ancestors) > 0
    order by f.created_at, f.id`,
  containers: `select c.id from container c join user_account u on u.id = $1
    where rank_of(u.id, u.groups, c.id, c.owner_id, c.ancestors) > 0 order by c.id`,
}

describe('what a list finds', () => {
  let tandem: Tandem
  let people: Person[]

  beforeAll(async () => {
    tandem = await Tandem.start(inject('postgres'))
    for (const statement of WORLD) await execute(tandem.databaseUrl, statement)
    const forger = await Forger.of(tandem)
    people = Array.from({ length: 10 }, (_, i) => {
      const groups = i % 2 === 0 ? [`g${i}`, `g${i + 1}`] : []
      return new Person(tandem.url, `p${i}`, forger.bearer({ sub: `p${i}`, groups }))
    })
  })
  afterAll(() => tandem.stop())

  const paged = async (person: Person, path: string): Promise<string[]> => {
    const found: string[] = []
    for (let cursor: string | null = ''; cursor !== null;) {
      const answer = await person.calls('GET', `${path}&limit=60${cursor === '' ? '' : `&cursor=${cursor}`}`)
      const page: Page = answer.json<Page>()
      found.push(...page.items.map(({ id }) => id))
      cursor = page.nextCursor
    }
    return found
  }
  const rows = async (statement: string, values: unknown[]): Promise<Record<string, unknown>[]> =>
    (await execute(tandem.databaseUrl, statement, values)).rows as Record<string, unknown>[]
  const judged = async (kind: keyof typeof JUDGED, person: Person): Promise<unknown[]> =>
    (await rows(JUDGED[kind], [person.id])).map(({ id }) => id)

  it('is exactly what the person has a right to, page by page, however they came by it', async () => {
    for (const person of people) {
      const files = await paged(person, '/files?status=false')
      expect(files.length).toBeGreaterThan(60)
      expect(files).toEqual(await judged('files', person))
      const containers = await paged(person, '/containers?')
      expect(containers).toEqual(await judged('containers', person))
      const below = await paged(person, '/containers?parent=c1')
      expect(below).toEqual(containers.filter((id) => /^c1\.\d$/.test(id)))
    }
  })

  it('of a right to the root is everything', async () => {
    const [first, second] = people
    if (!first || !second) throw new Error('nobody is there')
    const grant = `insert into access_grant (object_id, subject, object_kind, role, granted_by)
      values ('root', 'user:' || $1, 'container', 'viewer', 'x')`
    await execute(tandem.databaseUrl, grant, [first.id])
    const all = await rows('select id from file where deleted_at is null order by created_at, id', [])
    expect(await paged(first, '/files?status=false')).toEqual(all.map(({ id }) => id))
    expect(await paged(second, '/files?status=false')).toEqual(await judged('files', second))
  })

  it('asks the judge about what the person may have, until the page is full, and not about what everybody has', async () => {
    await execute(
      tandem.databaseUrl,
      `insert into file (id, container_id, name, name_key, owner_id, version, sequence_number, size, sha256, blob,
          modified_at, modified_by)
        select md5('foreign' || i), 'root', 'foreign' || i, 'foreign' || i, 'somebody', 1, 1, 1, 'x', 'x', now(), 'x'
        from generate_series(1, 5000) i`,
    )
    const lonely = await tandem.person('lonely')
    await lonely.createsFile('mine.docx', 'x')
    const his = await paged(lonely, '/files?status=false')
    expect(his).toEqual(await judged('files', lonely))
    expect(await judgements(LIST_FILES.text, [lonely.id, null, null, 1000])).toBe(his.length)
    const [first] = people
    expect(await judgements(LIST_FILES.text, [first?.id, null, null, 10])).toBe(10)
  })

  async function judgements(statement: string, values: unknown[]): Promise<number> {
    const client = new pg.Client(tandem.databaseUrl)
    await client.connect()
    await client.query(`set track_functions = 'pl'`)
    await client.query('begin')
    await client.query(statement, values)
    const { rows: counts } = await client.query<{ calls: string }>(
      `select calls from pg_stat_xact_user_functions where funcname = 'rank_of'`,
    )
    await client.end()
    return Number(counts[0]?.calls)
  }
})
