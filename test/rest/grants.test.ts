import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import type { Person, RestAnswer } from '../kit/people.js'
import { execute } from '../kit/postgres.js'
import { Tandem } from '../kit/tandem.js'
import { expectProblem } from './problem.js'

describe('REST: grants and containers', () => {
  let tandem: Tandem
  let alice: Person
  let bob: Person
  let admin: Person
  let file: string
  let folder: string

  beforeAll(async () => {
    tandem = await Tandem.start(inject('postgres'))
    alice = await tandem.person('alice')
    bob = await tandem.person('bob')
    admin = await tandem.person('root', 'admin')
    file = (await tandem.sharedFile('content')).id
    folder = await makes(alice, 'Folder')
  })
  afterAll(() => tandem.stop())

  async function makes(person: Person, name: string, parent?: string): Promise<string> {
    const where = parent === undefined ? '' : `&parent=${parent}`
    const answer = await person.calls('POST', `/containers?name=${encodeURIComponent(name)}${where}`)
    expect(answer.status, answer.body.toString()).toBe(201)
    return answer.json<{ id: string }>().id
  }
  const put = (person: Person, path: string, subject: string, body: unknown): Promise<RestAnswer> =>
    person.calls('PUT', `${path}/grants/${subject}`, body)

  for (const kind of ['files', 'containers'] as const) {
    describe(kind, () => {
      const path = (): string => `/${kind}/${kind === 'files' ? file : folder}`

      it('grants, changes, lists and takes away; each leaves its line in the audit', async () => {
        for (const subject of ['user:bob', 'group:Sales%20%2F%20EU', 'everyone']) {
          expect((await put(alice, path(), subject, { role: 'viewer' })).status).toBe(200)
        }
        const changed = (await put(alice, path(), 'user:bob', { role: 'editor' })).json<object>()
        expect(changed).toMatchObject({ subject: 'user:bob', role: 'editor', grantedBy: 'alice' })
        const list = (await alice.calls('GET', `${path()}/grants`)).json<{
          items: { subject: string; role: string }[]
        }>()
        expect(list.items.map(({ subject, role }) => [subject, role])).toEqual([
          ['everyone', 'viewer'],
          ['group:Sales / EU', 'viewer'],
          ['user:bob', 'editor'],
        ])
        for (const { subject } of list.items) {
          const gone = await alice.calls('DELETE', `${path()}/grants/${encodeURIComponent(subject)}`)
          expect(gone.status).toBe(204)
        }
        expectProblem(await alice.calls('DELETE', `${path()}/grants/user:bob`), 404, 'not-found')
        const { rows } = await execute(
          tandem.databaseUrl,
          `select action, count(*)::int from audit_event where object_id = $1 and action like 'grant%' group by 1 order by 1`,
          [kind === 'files' ? file : folder],
        )
        expect(rows).toEqual([
          { action: 'grant', count: 4 },
          { action: 'grant-removed', count: 3 },
        ])
      })

      it('refuses subjects that are none', async () => {
        const subjects = [
          'bob',
          'user:',
          'user:bob%20',
          'user:b%C3%B6b',
          'everyone%20',
          'group:',
          'admin',
          '%20',
        ]
        const strange = ['group:a%0Ab', 'group:%E2%80%AEx', `group:${'g'.repeat(256)}`, 'user:..']
        for (const subject of [...subjects, ...strange]) {
          expectProblem(await put(alice, path(), subject, { role: 'viewer' }), 400, 'invalid-request')
        }
      })

      it('refuses roles that are none and unknown fields', async () => {
        const bodies = [
          {},
          { role: 'admin' },
          { role: '' },
          { role: ['viewer'] },
          { role: null },
          [],
          'null',
          '"x"',
        ]
        const extra = [
          { role: 'viewer', ownerId: 'bob' },
          { role: 'viewer', objectId: 'root' },
        ]
        for (const body of [...bodies, ...extra]) {
          expectProblem(await put(alice, path(), 'user:bob', body), 400, 'invalid-request')
        }
        const list = await alice.calls('GET', `${path()}/grants`)
        expect(list.json<{ items: unknown[] }>().items).toEqual([])
      })

      it('lets only owners and admins see and change grants', async () => {
        const calls = (person: Person): Promise<RestAnswer>[] => [
          person.calls('GET', `${path()}/grants`),
          put(person, path(), 'user:mallory', { role: 'viewer' }),
          person.calls('DELETE', `${path()}/grants/user:bob`),
        ]
        for (const answer of await Promise.all(calls(bob))) expectProblem(answer, 404, 'not-found')
        for (const role of ['viewer', 'editor']) {
          await put(alice, path(), 'user:bob', { role })
          for (const answer of await Promise.all(calls(bob))) expectProblem(answer, 403, 'not-allowed')
        }
        expect((await put(admin, path(), 'user:bob', { role: 'owner' })).status).toBe(200)
        expect((await bob.calls('GET', `${path()}/grants`)).status).toBe(200)
        expect((await bob.calls('DELETE', `${path()}/grants/user:bob`)).status).toBe(204)
        expectProblem(await bob.calls('GET', `${path()}/grants`), 404, 'not-found')
      })
    })
  }

  it('knows no other kind of object', async () => {
    expectProblem(await alice.calls('GET', `/people/${file}/grants`), 404, 'not-found')
    expectProblem(await alice.calls('GET', `/containers/${file}/grants`), 404, 'not-found')
    expectProblem(await admin.calls('GET', `/files/${folder}/grants`), 404, 'not-found')
  })

  it('inherits a grant through every level of containers, and loses it there too', async () => {
    const top = await makes(alice, 'Top')
    const middle = await makes(alice, 'Middle', top)
    const bottom = await makes(alice, 'Bottom', middle)
    const deep = await alice.createsFile('Deep.docx', 'deep', bottom)
    expectProblem(await bob.calls('GET', `/files/${deep.id}`), 404, 'not-found')
    await put(alice, `/containers/${top}`, 'user:bob', { role: 'viewer' })
    expect((await bob.seesFile(deep.id)).name).toBe('Deep.docx')
    expectProblem(await bob.calls('POST', `/containers?name=X&parent=${bottom}`), 403, 'not-allowed')
    await put(alice, `/containers/${middle}`, 'user:bob', { role: 'editor' })
    expect((await bob.createsFile('By bob.docx', '', bottom)).containerId).toBe(bottom)
    expectProblem(await bob.calls('POST', `/files?name=x&container=${top}`, ''), 403, 'not-allowed')
    // The stronger role counts, wherever it was granted.
    await alice.grants(deep.id, 'user:bob', 'viewer')
    const editor = await tandem.editor(bob, deep.id)
    expect((await editor.lock('session')).status).toBe(200)
    expect((await alice.calls('DELETE', `/containers/${middle}/grants/user:bob`)).status).toBe(204)
    expect((await editor.refreshLock('session')).status).toBe(404)
  })

  it('creates, shows and lists containers', async () => {
    const carol = await tandem.person('carol')
    const made: string[] = []
    for (let i = 0; i < 5; i++) made.push(await makes(carol, `C${i}`))
    const nested = await makes(carol, 'Nested', made[0])
    const one = (await carol.calls('GET', `/containers/${nested}`)).json<object>()
    expect(one).toEqual({ id: nested, name: 'Nested', parentId: made[0], ownerId: 'carol' })
    const seen: string[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const query = `?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`
      const page: Page = (await carol.calls('GET', `/containers${query}`)).json<Page>()
      seen.push(...page.items.map(({ id }) => id))
      cursor = page.nextCursor
    }
    const home = (await carol.calls('GET', `/containers/${made[0]}`)).json<{ parentId: string }>().parentId
    expect(seen).toEqual([home, ...made, nested].toSorted())
    const below = (await carol.calls('GET', `/containers?parent=${made[0]}`)).json<Page>()
    expect(below.items.map(({ id }) => id)).toEqual([nested])
  })

  it('refuses containers with taken or bad names, in places that are none of the caller’s', async () => {
    await makes(alice, 'Taken')
    expectProblem(await alice.calls('POST', '/containers?name=tAKEN'), 409, 'name-taken')
    for (const name of ['..', 'a/b', 'con', '%E2%80%8B']) {
      expectProblem(await alice.calls('POST', `/containers?name=${name}`), 400, 'invalid-name')
    }
    for (const query of ['', '?name=%00', '?name=a&name=b', '?name=a&parent=%00']) {
      expectProblem(await alice.calls('POST', `/containers${query}`), 400, 'invalid-request')
    }
    expectProblem(await bob.calls('POST', `/containers?name=x&parent=${folder}`), 404, 'not-found')
    expectProblem(await bob.calls('POST', '/containers?name=x&parent=root'), 403, 'not-allowed')
    expectProblem(await bob.calls('GET', `/containers/${folder}`), 404, 'not-found')
    expectProblem(await bob.calls('GET', '/containers?cursor=e30'), 400, 'invalid-request')
    expect((await bob.calls('GET', '/containers/root')).json<object>()).toMatchObject({
      id: 'root',
      parentId: null,
    })
    expect(await makes(admin, 'By the admin', 'root')).toMatch(/^[0-9a-f]{32}$/)
  })
})

interface Page {
  readonly items: readonly { readonly id: string }[]
  readonly nextCursor: string | null
}
