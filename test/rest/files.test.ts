import { createHash } from 'node:crypto'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import type { FileView, Person } from '../kit/people.js'
import { Tandem } from '../kit/tandem.js'
import { expectProblem } from './problem.js'

describe('REST: files', () => {
  let tandem: Tandem
  let alice: Person
  let bob: Person
  let admin: Person

  beforeAll(async () => {
    tandem = await Tandem.start(inject('postgres'))
    alice = await tandem.person('alice')
    bob = await tandem.person('bob')
    admin = await tandem.person('root', 'admin')
  })
  afterAll(() => tandem.stop())

  it('creates a file and answers all that is known of it', async () => {
    const answer = await alice.calls('POST', '/files?name=Budget%20%C3%A9t%C3%A9.xlsx', 'numbers')
    expect(answer.status).toBe(201)
    const file = answer.json<Record<string, unknown>>()
    expect(answer.headers['location']).toBe(`/api/v1/files/${String(file['id'])}`)
    expect(file).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
      name: 'Budget été.xlsx',
      containerId: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
      ownerId: 'alice',
      version: '1',
      size: 7,
      sha256: createHash('sha256').update('numbers').digest('hex'),
      modifiedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/) as string,
      modifiedBy: 'alice',
    })
    expect(await alice.seesFile(String(file['id']))).toEqual(file)
  })

  it('keeps JSON, form and empty bodies byte for byte', async () => {
    for (const [type, body] of [
      ['application/json', '{"a": 1 }'],
      ['application/x-www-form-urlencoded', 'a=1&b=2'],
      ['text/plain', ''],
    ] as const) {
      const answer = await alice.calls(
        'POST',
        `/files?name=${encodeURIComponent(type.replace('/', '-'))}`,
        body,
        {
          'content-type': type,
        },
      )
      expect((await alice.downloads(answer.json<FileView>().id)).toString()).toBe(body)
    }
  })

  it('refuses a taken name, also in other case or Unicode form, and leaves no file behind', async () => {
    await alice.createsFile('Plän.docx', 'first')
    for (const twin of ['Plän.docx', 'PLÄN.DOCX', 'Pla\u0308n.docx']) {
      const answer = await alice.calls('POST', `/files?name=${encodeURIComponent(twin)}`, 'second')
      expectProblem(answer, 409, 'name-taken')
    }
    const copy = await bob.createsFile('Plän.docx', 'bob has a folder of his own')
    expect(copy.name).toBe('Plän.docx')
  })

  it('refuses bad names and parameters with the reason', async () => {
    const invalid = ['', '.', '..', 'a/b', 'a\\b', 'con', 'NUL.docx', 'a\u202eb', ' a', 'a.', 'x'.repeat(201)]
    for (const name of invalid) {
      const answer = await alice.calls('POST', `/files?name=${encodeURIComponent(name)}`, 'x')
      expectProblem(answer, 400, 'invalid-name')
    }
    for (const query of ['', '?name=a&name=b', '?name=%00', `?name=a&container=${'c'.repeat(65)}`]) {
      expectProblem(await alice.calls('POST', `/files${query}`, 'x'), 400, 'invalid-request')
    }
    expectProblem(await alice.calls('POST', '/files?name=a&container=none', 'x'), 404, 'not-found')
    expectProblem(await alice.calls('POST', '/files?name=a&container=root', 'x'), 403, 'not-allowed')
    const inRoot = await admin.calls('POST', '/files?name=a&container=root', 'x')
    expect([inRoot.status, inRoot.json<FileView>().containerId]).toEqual([201, 'root'])
  })

  it('lets a new user in although another server is writing down the same user at that instant', async () => {
    const other = new pg.Client({ connectionString: tandem.databaseUrl })
    await other.connect()
    await other.query('begin')
    await other.query(`insert into user_account (id, display_name) values ('newcomer', 'newcomer')`)
    const call = (await tandem.person('newcomer')).calls('GET', '/files')
    const waiting = `select 1 from pg_locks where not granted and locktype = 'transactionid'
      and pg_backend_pid() = any (pg_blocking_pids(pid))`
    while ((await other.query(waiting)).rowCount === 0);
    await other.query('commit')
    await other.end()
    expect((await call).status).toBe(200)
  })

  it('pages through own and shared files, oldest first, each exactly once while others are added', async () => {
    const carol = await tandem.person('carol')
    const made: string[] = []
    for (let i = 0; i < 7; i++) made.push((await carol.createsFile(`own ${i}.docx`, '')).id)
    made.push((await tandem.sharedFile('shared', { carol: 'viewer' })).id)
    await tandem.sharedFile('not hers')
    const seen: string[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const query = `?limit=3${cursor === '' ? '' : `&cursor=${cursor}`}`
      const page: Page = (await carol.calls('GET', `/files${query}`)).json<Page>()
      expect(page.items.length).toBeLessThanOrEqual(3)
      seen.push(...page.items.map(({ id }) => id))
      if (seen.length === 3) made.push((await carol.createsFile('added meanwhile.docx', '')).id)
      cursor = page.nextCursor
    }
    expect(seen).toEqual(made)
    const whole = (await carol.calls('GET', '/files?limit=1000')).json<Page>()
    expect(whole.items.map(({ id }) => id)).toEqual(made)
    expect(whole.nextCursor).toBeNull()
  })

  const json = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const garbage: readonly [string, string][] = [
    ['no base64', '%25%25'],
    ['no JSON', Buffer.from('{').toString('base64url')],
    ['another shape', json('text')],
    ['no id', json({ createdAt: '2026-01-01 00:00:00+00' })],
    ['a time of another form', json({ createdAt: '9999999999', id: 'x' })],
    ['a day that does not exist', json({ createdAt: '2026-02-30 00:00:00+00', id: 'x' })],
    ['an hour that does not exist', json({ createdAt: '2026-01-01 25:00:00+00', id: 'x' })],
    ['the year 0', json({ createdAt: '0000-01-01 00:00:00+00', id: 'x' })],
    ['U+0000 in the id', json({ createdAt: '2026-01-01 00:00:00+00', id: '\0' })],
    ['SQL', json({ createdAt: "2026-01-01'; drop table file", id: 'x' })],
    ['1,001 characters', 'a'.repeat(1001)],
    ['U+0000', '%00'],
    ['nothing', ''],
  ]
  for (const [what, cursor] of garbage) {
    it(`answers 400 to a cursor with ${what}`, async () => {
      expectProblem(await alice.calls('GET', `/files?cursor=${cursor}`), 400, 'invalid-request')
    })
  }

  it('answers 400 to a limit that is none', async () => {
    for (const limit of ['0', '1001', '-1', '1.5', 'x', '', '1&limit=2']) {
      expectProblem(await alice.calls('GET', `/files?limit=${limit}`), 400, 'invalid-request')
    }
  })

  it('hides a file from strangers, and lets an admin see it', async () => {
    const file = await tandem.sharedFile('secret')
    const missing = expectProblem(await bob.calls('GET', `/files/${'0'.repeat(32)}`), 404, 'not-found')
    const hidden = expectProblem(await bob.calls('GET', `/files/${file.id}`), 404, 'not-found')
    expect({ ...hidden, correlationId: '' }).toEqual({ ...missing, correlationId: '' })
    expect(await admin.seesFile(file.id)).toEqual(file)
  })

  it('deletes for the owner only, 409 while it is edited, with ?force=true all the same', async () => {
    const { id } = await tandem.sharedFile('content', { bob: 'editor' })
    expectProblem(await bob.calls('DELETE', `/files/${id}`), 403, 'not-allowed')
    const editor = await tandem.editor(bob, id)
    await editor.lock('session')
    const refused = expectProblem(await alice.calls('DELETE', `/files/${id}`), 409, 'being-edited')
    expect(refused['lockKind']).toBe('wopi')
    expectProblem(await bob.calls('DELETE', `/files/${id}?force=true`), 403, 'not-allowed')
    expectProblem(await alice.calls('DELETE', `/files/${id}?force=yes`), 400, 'invalid-request')
    expect((await editor.putFile('still here', 'session')).status).toBe(200)
    expect((await alice.calls('DELETE', `/files/${id}?force=true`)).status).toBe(204)
    expect((await editor.putFile('gone', 'session')).status).toBe(404)
    expectProblem(await alice.calls('GET', `/files/${id}`), 404, 'not-found')
    expectProblem(await alice.calls('DELETE', `/files/${id}`), 404, 'not-found')
  })

  it('frees the name of a deleted file', async () => {
    const first = await alice.createsFile('Reused.docx', 'first')
    expect((await alice.calls('DELETE', `/files/${first.id}`)).status).toBe(204)
    const second = await alice.createsFile('Reused.docx', 'second')
    expect(second.id).not.toBe(first.id)
    expect((await alice.downloads(second.id)).toString()).toBe('second')
  })
})

interface Page {
  readonly items: readonly { readonly id: string }[]
  readonly nextCursor: string | null
}
