import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import type { FileView, Person } from '../kit/people.js'
import { execute } from '../kit/postgres.js'
import { Housekeeping } from '../kit/storage.js'
import { Tandem } from '../kit/tandem.js'
import { expectProblem } from './problem.js'

const GIGABYTE = 1024 ** 3

describe('recovery items: who sees them, how many are kept, and for how long (RELIABILITY-SECURITY.md §3.4)', () => {
  let tandem: Tandem
  let alice: Person
  let root: Person
  let auditor: Person

  beforeAll(async () => {
    tandem = await Tandem.start(inject('postgres'))
    alice = await tandem.person('alice')
    root = await tandem.person('root', 'admin')
    auditor = await tandem.person('ada', 'auditor')
  })
  afterAll(() => tandem.stop())

  const sql = async (statement: string, values: unknown[]): Promise<Record<string, unknown>[]> =>
    (await execute(tandem.databaseUrl, statement, values)).rows as Record<string, unknown>[]

  /** A save of that person without the lock. @returns whether its bytes were kept */
  async function refused(
    person: Person,
    file: FileView,
    content: string | Buffer = randomBytes(20),
  ): Promise<boolean> {
    const before = await alice.recoveryItems(file.id)
    expect((await (await tandem.editor(person, file.id)).putFile(content)).status).toBe(409)
    const ids = new Set(before.map(({ id }) => id))
    return (await alice.recoveryItems(file.id)).some(({ id }) => !ids.has(id))
  }

  /** Open items of that person as they would be after long trouble. */
  const kept = (file: FileView, userId: string, items: number, size = 1): Promise<unknown> =>
    sql(
      `insert into recovery_item (id, file_id, reason, user_id, base_version, blob, size, sha256)
       select md5($1 || $2 || n), $1, 'not-locked', $2, 1, 'blob' || n, $4, 'sha' || $2 || n
       from generate_series(1, $3::int) n`,
      [file.id, userId, items, size],
    )

  it('the revoked person never sees them, not as a viewer, through everyone, nor at any other address', async () => {
    for (const left of ['nothing', 'viewer', 'everyone']) {
      const file = await tandem.sharedFile('content', { bob: 'editor', carol: 'editor' })
      const bob = await tandem.person('bob')
      const editor = await tandem.editor(bob, file.id)
      await editor.lock('session')
      if (left === 'viewer') await alice.grants(file.id, 'user:bob', 'viewer')
      else await alice.revokes(file.id, 'user:bob')
      if (left === 'everyone') await alice.grants(file.id, 'everyone', 'viewer')
      const secret = `what bob typed, with ${left} left`
      expect((await editor.putFile(secret, 'session')).status).toBe(404)
      const list = `/files/${file.id}/recovery-items`
      for (const person of [alice, await tandem.person('carol'), root]) {
        const [item] = await person.recoveryItems(file.id)
        expect(item).toMatchObject({ reason: 'permission-revoked', userId: 'bob' })
        expect((await person.calls('GET', `${list}/${item?.id}/content`)).body.toString()).toBe(secret)
      }
      const [item] = await auditor.recoveryItems(file.id)
      const content = `${list}/${item?.id}/content`
      expectProblem(await auditor.calls('GET', content), 403, 'not-allowed')
      const answers = await Promise.all([
        bob.calls('GET', list),
        bob.calls('GET', content),
        bob.calls('POST', `${list}/${item?.id}/save-copy`),
        bob.calls('GET', '/admin/recovery-items'),
        bob.calls('GET', `/admin/recovery-items?user=bob`),
        bob.calls('GET', `/admin/audit?object=${file.id}`),
        bob.calls('GET', `/files/${file.id}/versions?all=true`),
      ])
      for (const answer of answers) {
        expect(answer.body.toString()).not.toContain(item?.id)
        expect(answer.body.toString()).not.toContain(secret)
      }
      expect(answers.slice(0, 6).filter(({ status }) => status < 400)).toEqual([])
    }
  })

  it('keeps the same bytes once, and not at all while they are the head', async () => {
    const file = await tandem.sharedFile('content')
    expect(await refused(alice, file, 'content')).toBe(false)
    expect(await refused(alice, file, 'other')).toBe(true)
    expect(await refused(alice, file, 'other')).toBe(false)
    const [item] = await alice.recoveryItems(file.id)
    expect((await alice.calls('POST', `/files/${file.id}/recovery-items/${item?.id}/restore`)).status).toBe(
      200,
    )
    expect(await refused(alice, file, 'other')).toBe(false)
    expect(await refused(alice, file, 'content')).toBe(true)
  })

  it('keeps 100 items of a person on a file; then their oldest makes room for their newest, and nobody else’s', async () => {
    const file = await tandem.sharedFile('content', { erin: 'editor' })
    const erin = await tandem.person('erin')
    await kept(file, 'erin', 99)
    expect(await refused(alice, file)).toBe(true)
    expect(await refused(erin, file)).toBe(true)
    const before = await alice.recoveryItems(file.id)
    expect(before).toHaveLength(101)
    expect(await refused(erin, file, 'the newest work')).toBe(true)
    const after = await alice.recoveryItems(file.id)
    expect(after).toHaveLength(101)
    expect(after.map(({ userId }) => userId).filter((user) => user === 'alice')).toHaveLength(1)
    const displaced = before.filter(({ id }) => !after.some((item) => item.id === id))
    expect(displaced).toHaveLength(1)
    expect(tandem.log.some((line) => line.includes('recovery-displaced') && line.includes(file.id))).toBe(
      true,
    )
    const { rows } = await execute(
      tandem.databaseUrl,
      `select actor, detail from audit_event where object_id = $1 and action = 'recovery-displaced' order by id`,
      [file.id],
    )
    expect(rows).toEqual([{ actor: 'erin', detail: { items: displaced.map(({ id }) => id) } }])
  })

  it('keeps 500 items of a person over all files, and the newest always', async () => {
    const files = await Promise.all(
      [1, 2, 3, 4, 5, 6].map(() => tandem.sharedFile('content', { frank: 'editor' })),
    )
    const frank = await tandem.person('frank')
    const [last, ...full] = files
    if (!last) throw new Error('no file')
    for (const file of full) await kept(file, 'frank', 100)
    expect(await refused(frank, last, 'the newest work')).toBe(true)
    expect(await alice.recoveryItems(last.id)).toHaveLength(1)
    const { rows } = await execute(
      tandem.databaseUrl,
      `select count(*)::int as open from recovery_item where user_id = 'frank' and resolved_at is null`,
    )
    expect(rows).toEqual([{ open: 500 }])
  })

  it('keeps 10 GB of a person on a file and 20 GB in all', async () => {
    const [one, two, three] = await Promise.all(
      [1, 2, 3].map(() => tandem.sharedFile('content', { grace: 'editor' })),
    )
    if (!one || !two || !three) throw new Error('no file')
    const grace = await tandem.person('grace')
    await kept(one, 'grace', 10, GIGABYTE)
    expect(await refused(grace, one)).toBe(true)
    expect(await alice.recoveryItems(one.id)).toHaveLength(10)
    await kept(two, 'grace', 10, GIGABYTE)
    await kept(three, 'grace', 2, GIGABYTE)
    expect(await refused(grace, three)).toBe(true)
    expect(await alice.recoveryItems(three.id)).toHaveLength(3)
    expect(await alice.recoveryItems(one.id)).toHaveLength(8)
  })

  it('keeps them for 30 days, deletes them once, and says which nobody had dealt with', async () => {
    await using first = await Housekeeping.of(tandem)
    await using second = await Housekeeping.of(tandem)
    const file = await tandem.sharedFile('content')
    for (const content of ['young', 'old', 'old and discarded', 'old, discarded lately']) {
      expect(await refused(alice, file, content)).toBe(true)
    }
    const [young, old, discarded, lately] = await alice.recoveryItems(file.id)
    for (const item of [discarded, lately]) {
      await alice.calls('DELETE', `/files/${file.id}/recovery-items/${item?.id}`)
    }
    const age = (item: { id: string } | undefined, at: string, resolved: string): Promise<unknown> =>
      sql(
        `update recovery_item set at = now() - $2::interval,
           resolved_at = case when resolved_at is not null then now() - $3::interval end where id = $1`,
        [item?.id, at, resolved],
      )
    await age(young, '29 days 23 hours', '0')
    await age(old, '30 days 1 minute', '0')
    await age(discarded, '40 days', '30 days 1 minute')
    await age(lately, '40 days', '1 day')
    const deleted = await Promise.all([first.recovery.purge(), second.recovery.purge()])
    expect(deleted[0] + deleted[1]).toBe(2)
    expect(await alice.recoveryItems(file.id)).toMatchObject([{ id: young?.id }])
    const left = await sql('select id from recovery_item where file_id = $1 order by id', [file.id])
    expect(left.map(({ id }) => id).toSorted()).toEqual([young?.id, lately?.id].toSorted())
    const told = [...first.log, ...second.log].map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(told.filter(({ event }) => event === 'recovery-expired')).toMatchObject([
      { fileId: file.id, userId: 'alice', recoveryItem: old?.id },
    ])
    expectProblem(
      await alice.calls('GET', `/files/${file.id}/recovery-items/${old?.id}/content`),
      404,
      'not-found',
    )
  })

  it('audits download, restore, copy and discard, with the item', async () => {
    const file = await tandem.sharedFile('content')
    for (const content of ['one', 'two', 'three']) await refused(alice, file, content)
    const [one, two, three] = (await alice.recoveryItems(file.id)).map(({ id }) => id)
    const at = `/files/${file.id}/recovery-items`
    expect((await alice.calls('GET', `${at}/${one}/content`)).status).toBe(200)
    expect((await root.calls('POST', `${at}/${one}/restore`)).status).toBe(200)
    const copy = (await alice.calls('POST', `${at}/${two}/save-copy`)).json<FileView>().id
    expect((await alice.calls('DELETE', `${at}/${three}`)).status).toBe(204)
    const rows = await sql(
      `select actor, action, outcome, detail from audit_event where object_id = $1 and action like 'recovery-%' order by id`,
      [file.id],
    )
    expect(rows).toEqual([
      { actor: 'alice', action: 'recovery-downloaded', outcome: 'done', detail: { item: one } },
      { actor: 'root', action: 'recovery-restored', outcome: 'done', detail: { item: one, version: '2' } },
      { actor: 'alice', action: 'recovery-saved-as-copy', outcome: 'done', detail: { item: two, copy } },
      { actor: 'alice', action: 'recovery-discarded', outcome: 'done', detail: { item: three } },
    ])
  })
})
