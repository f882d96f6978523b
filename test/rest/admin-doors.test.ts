import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import type { Person } from '../kit/people.js'
import { execute } from '../kit/postgres.js'
import { Tandem } from '../kit/tandem.js'
import { rawRequest, type RawAnswer } from '../permission/raw-http.js'
import { expectProblem } from './problem.js'

describe('REST: ways around the guards of the admin API', () => {
  let tandem: Tandem
  let alice: Person
  let root: Person
  let auditor: Person
  let id: string
  let wopiToken: string

  beforeAll(async () => {
    tandem = await Tandem.start(inject('postgres'))
    alice = await tandem.person('alice')
    root = await tandem.person('root', 'admin')
    auditor = await tandem.person('ada', 'auditor')
    id = (await tandem.sharedFile('content', { bob: 'editor' })).id
    wopiToken = await alice.opens(id, 'edit')
    await (await tandem.editor(alice, id)).lock('session')
  })
  afterAll(() => tandem.stop())

  const asks = (method: string, path: string, bearer?: string, more: string[] = []): Promise<RawAnswer> => {
    const headers = [...(bearer === undefined ? [] : ['Authorization', `Bearer ${bearer}`]), ...more]
    return rawRequest(tandem.url, path, { method, headers })
  }
  const ADMIN = ['locks', 'access-tokens', 'audit', 'recovery-items', 'sessions']

  const VARIANTS = [
    '/api/v1//admin/locks',
    '/api//v1/admin/locks',
    '//api/v1/admin/locks',
    '/API/v1/admin/locks',
    '/api/v1/Admin/locks',
    '/api/v1/admin/LOCKS',
    '/api/v1/admin/locks/',
    '/api/v1/admin/locks//',
    '/api/v1/admin/./locks',
    '/api/v1/files/../admin/locks',
    '/api/v1/files/%2e%2e/admin/locks',
    '/api/v1/files/..%2fadmin%2flocks',
    '/api/v1/admin%2flocks',
    '/api/v1/admin%5clocks',
    '/api/v1/admin\\locks',
    '/api/v1/admin;x/locks',
    '/api/v1/admin/locks;x=1',
    '/api/v1/admin/locks%00',
    '/api/v1/admin/locks%20',
    '/api/v1/admin/locks%3flimit=1',
    '/api/v1/%61dmin/locks',
    '/api/v1/admin/locks?x=/health/live',
    '/api/v1/admin/locks?access_token=ROOT',
    '/api/v1/admin/locks#/health/live',
    '/health/live/../../api/v1/admin/locks',
    '/wopi/../api/v1/admin/locks',
  ]
  it.each(VARIANTS)('A-08: %s opens no door', async (path) => {
    const target = path.replace('ROOT', root.bearer)
    const withoutToken = await asks('GET', target)
    expect([400, 401, 404]).toContain(withoutToken.status)
    expect((await asks('GET', target, wopiToken)).status).toBe(withoutToken.status)
    expect([400, 403, 404]).toContain((await asks('GET', target, alice.bearer)).status)
  })

  it('A-08: no other method gets in: HEAD as GET, OPTIONS, TRACE, PATCH and PUT are 401 and then 403 or 404', async () => {
    for (const name of ADMIN) {
      for (const method of ['HEAD', 'OPTIONS', 'TRACE', 'PATCH', 'PUT', 'POST', 'DELETE', 'QUERY']) {
        const path = `/api/v1/admin/${name}`
        expect((await asks(method, path)).status, `${method} ${name}`).toBe(401)
        const head = method === 'HEAD'
        expect((await asks(method, path, alice.bearer)).status).toBe(head ? 403 : 404)
        expect((await asks(method, path, auditor.bearer)).status).toBe(head ? 200 : 403)
        expect((await asks(method, path, root.bearer)).status).toBe(head ? 200 : 404)
      }
    }
  })

  it('A-08: headers that name another method, address or person are not heeded', async () => {
    const before = await locks()
    const tricks: string[][] = [
      ['X-HTTP-Method-Override', 'DELETE'],
      ['X-Method-Override', 'DELETE'],
      ['X-WOPI-Override', 'UNLOCK'],
      ['X-Original-URL', '/health/live'],
      ['X-Rewrite-URL', '/health/live'],
      ['X-Forwarded-User', 'root'],
      ['X-Forwarded-For', '127.0.0.1'],
      ['X-Forwarded-Prefix', '/wopi'],
      ['Forwarded', 'for=127.0.0.1;host=localhost'],
      ['Cookie', `access_token=${root.bearer}; role=admin`],
      ['X-Access-Token', root.bearer],
    ]
    for (const trick of tricks) {
      const path = `/api/v1/admin/locks/${id}`
      expect((await asks('GET', path, undefined, trick)).status).toBe(401)
      expect((await asks('GET', path, alice.bearer, trick)).status).toBe(403)
      expect((await asks('GET', path, auditor.bearer, trick)).status).toBe(200)
    }
    expect(await locks()).toEqual(before)
  })

  it('A-10: a WOPI token, its kin and two bearer tokens at once are 401 on every admin call', async () => {
    for (const name of ADMIN) {
      const path = `/api/v1/admin/${name}`
      expectProblem(await asks('GET', path, wopiToken), 401, 'not-signed-in')
      expectProblem(await asks('GET', `${path}?access_token=${wopiToken}`), 401, 'not-signed-in')
      expectProblem(await asks('GET', path, `${alice.bearer}, ${root.bearer}`), 401, 'not-signed-in')
      // Node keeps the first of two.
      const second = ['Authorization', `Bearer ${root.bearer}`]
      expect((await asks('GET', path, alice.bearer, second)).status).toBe(403)
    }
    for (const [method, path] of [
      ['DELETE', `/api/v1/admin/locks/${id}`],
      ['DELETE', '/api/v1/admin/access-tokens/x'],
      ['POST', '/api/v1/admin/sessions/x/end'],
    ] as const) {
      expectProblem(await asks(method, path, wopiToken), 401, 'not-signed-in')
    }
  })

  it('A-10: fields that would make somebody more than they are are refused, on every call with a body', async () => {
    const bodies: readonly (readonly ['POST' | 'PUT' | 'DELETE', string, object])[] = [
      ['PUT', `/files/${id}/grants/user:bob`, { role: 'editor' }],
      ['POST', `/files/${id}/access-tokens`, { mode: 'edit' }],
      ['POST', `/files/${id}/exclusive-lock`, { reason: 'batch', ttlSeconds: 60 }],
      ['DELETE', `/admin/locks/${id}`, { reason: 'ghost' }],
      ['POST', '/admin/sessions/x/end', { reason: 'ghost' }],
    ]
    const extras: readonly object[] = [
      { ownerId: 'alice' },
      { isAdmin: true },
      { grantedBy: 'root' },
      { userId: 'root' },
      { fileId: 'x' },
      { roles: ['admin'] },
      JSON.parse('{"__proto__":{"role":"owner"}}') as object,
    ]
    const before = await locks()
    for (const [method, path, body] of bodies) {
      for (const extra of extras) {
        const text = `${JSON.stringify(body).slice(0, -1)},${JSON.stringify(extra).slice(1)}`
        expectProblem(await root.calls(method, path, text), 400, 'invalid-request')
      }
    }
    expect(await locks()).toEqual(before)
  })

  it('A-10: parameters that a call does not know are refused, on every call', async () => {
    const calls: readonly (readonly ['GET' | 'POST' | 'PUT' | 'DELETE', string])[] = [
      ['GET', `/files/${id}?role=owner`],
      ['GET', '/files?owner=bob'],
      ['POST', '/files?name=a.docx&owner=bob'],
      ['DELETE', `/files/${id}?Force=true`],
      ['GET', `/files/${id}/content?version=1`],
      ['GET', `/files/${id}/versions?All=true`],
      ['GET', `/files/${id}/grants?x=1`],
      ['PUT', `/files/${id}/grants/user:bob?role=owner`],
      ['GET', `/files/${id}/recovery-items?x=1`],
      ['GET', `/files/${id}/coauth-status?x=1`],
      ['GET', '/containers?owner=bob'],
      ['GET', `/admin/locks/${id}?x=1`],
      ['DELETE', '/admin/access-tokens/x?force=true'],
    ]
    for (const [method, path] of calls) {
      expectProblem(
        await root.calls(method, path, '{"role":"owner"}'.slice(method === 'GET' ? 16 : 0)),
        400,
        'invalid-request',
      )
    }
    // What does not exist is not there, whatever is asked of it.
    expectProblem(await root.calls('GET', '/nothing?x=1'), 404, 'not-found')
  })

  it('A-10: ids of things that are not of this kind lead nowhere', async () => {
    const { containerId } = await alice.seesFile(id)
    for (const path of [`/admin/locks/${containerId}`, `/admin/sessions/${id}`, '/admin/locks/constructor']) {
      expectProblem(await root.calls('GET', path), 404, 'not-found')
    }
    expectProblem(await root.calls('DELETE', `/admin/access-tokens/${id}`), 404, 'not-found')
  })

  const locks = async (): Promise<unknown[]> =>
    (await execute(tandem.databaseUrl, 'select * from file_lock order by file_id')).rows as unknown[]
})
