import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { Person } from '../kit/people.js'
import { execute } from '../kit/postgres.js'
import { Tandem } from '../kit/tandem.js'
import { Editor } from '../kit/wopi.js'
import { Watcher } from '../events/watcher.js'
import type { Claims } from '../permission/forge.js'
import { until } from '../reliability/until.js'
import { Issuer } from './issuer.js'

/** Seconds ago at which a token was issued. */
const BEFORE = 120
const AFTER = 60

describe('D3: an older token of the provider that is still good', () => {
  let issuer: Issuer
  let tandem: Tandem
  let people = 0
  beforeAll(async () => {
    issuer = await Issuer.start()
    tandem = await Tandem.start(inject('postgres'), {
      env: { OIDC_ISSUER: issuer.url, EVENT_HEARTBEAT_SECONDS: '0.2' },
    })
  })
  afterAll(async () => {
    await tandem.stop()
    await issuer[Symbol.asyncDispose]()
  })

  const somebody = (): string => `person${++people}`
  const ago = (seconds: number): number => Math.floor(Date.now() / 1000) - seconds
  const caller = (id: string, secondsAgo: number | undefined, claims: Claims = {}): Person => {
    const iat = secondsAgo === undefined ? undefined : ago(secondsAgo)
    return new Person(tandem.url, id, issuer.token({ sub: id, iat, ...claims }))
  }
  const status = async (who: Person, path: string): Promise<number> => (await who.calls('GET', path)).status
  const account = async (id: string): Promise<unknown> => {
    const found = 'select display_name, groups, api_role from user_account where id = $1'
    return ((await execute(tandem.databaseUrl, found, [id])).rows as unknown[])[0]
  }

  it('brings no group back, neither by itself nor for the access token of an open document', async () => {
    const id = somebody()
    const owner = caller('owner', AFTER)
    const file = await owner.createsFile(`${id}.docx`, 'content')
    await owner.grants(file.id, 'group:sales', 'editor')
    const older = caller(id, BEFORE, { groups: ['sales'], name: 'Old Name' })
    const editor = new Editor(tandem.url, file.id, await older.opensForEdit(file.id))
    expect((await editor.lock('session')).status).toBe(200)

    const newer = caller(id, AFTER, { groups: [], name: 'New Name' })
    expect(await status(newer, `/files/${file.id}`)).toBe(404)
    for (let i = 0; i < 3; i++) {
      expect(await status(older, `/files/${file.id}`)).toBe(404)
      expect((await older.calls('POST', `/files/${file.id}/access-tokens`, { mode: 'edit' })).status).toBe(
        404,
      )
      expect((await editor.refreshLock('session')).status).toBe(404)
      expect(await status(newer, `/files/${file.id}`)).toBe(404)
    }
    expect(await account(id)).toEqual({ display_name: 'New Name', groups: [], api_role: 'user' })
    const me = await older.calls('GET', '/me')
    expect(me.json()).toMatchObject({ displayName: 'New Name' })
  })

  it('makes nobody an administrator or auditor again, and does not outlast a live stream', async () => {
    const id = somebody()
    const older = caller(id, BEFORE, { roles: ['admin'] })
    const auditor = caller(id, BEFORE - 1, { roles: ['auditor'] })
    expect(await status(older, '/admin/locks')).toBe(200)
    const watcher = await Watcher.watch(older)
    expect(await status(auditor, '/admin/locks')).toBe(200)
    // An auditor changes nothing, and an administrator who became one no more.
    const root = { reason: 'test' }
    expect((await older.calls('POST', `/admin/users/${id}/sign-out`, root)).status).toBe(403)
    expect(await status(caller(id, AFTER, { roles: ['user'] }), '/admin/locks')).toBe(403)
    expect(await status(older, '/admin/locks')).toBe(403)
    expect(await status(auditor, '/admin/locks')).toBe(403)
    expect((await older.calls('GET', '/me')).json()).toMatchObject({ role: 'user' })
    await until('the stream ends', () => Promise.resolve(watcher.ended))
  })

  it('gives no more than it says itself when the newest gives more', async () => {
    const id = somebody()
    const older = caller(id, BEFORE, { roles: ['user'] })
    expect(await status(caller(id, AFTER, { roles: ['admin'] }), '/admin/locks')).toBe(200)
    expect(await status(older, '/admin/locks')).toBe(403)
    expect(await status(caller(id, AFTER - 1, { roles: ['admin'] }), '/admin/locks')).toBe(200)
  })

  it('is older as well when the same was said in between', async () => {
    const id = somebody()
    const [first, second, third] = [
      caller(id, 90, { roles: ['user'] }),
      caller(id, 60, { roles: ['admin'] }),
      caller(id, 30, { roles: ['user'] }),
    ]
    expect(await status(first, '/admin/locks')).toBe(403)
    // Only the time is new.
    expect(await status(third, '/admin/locks')).toBe(403)
    expect(await status(second, '/admin/locks')).toBe(403)
  })

  it('is any that does not say when it was issued, once one did', async () => {
    const id = somebody()
    const undated = caller(id, undefined, { roles: ['admin'], groups: ['sales'] })
    const plain = caller(id, undefined, { roles: ['user'], groups: [] })
    // A provider that never says: its latest word counts.
    expect(await status(undated, '/admin/locks')).toBe(200)
    expect(await status(plain, '/admin/locks')).toBe(403)
    expect(await status(undated, '/admin/locks')).toBe(200)
    expect(await status(caller(id, BEFORE, { roles: ['user'] }), '/admin/locks')).toBe(403)
    expect(await status(undated, '/admin/locks')).toBe(403)
    expect(await account(id)).toMatchObject({ groups: [], api_role: 'user' })
  })

  it('does not become the newest by a date in the future, or one that is none', async () => {
    const id = somebody()
    for (const iat of [ago(-3600), -1, '2026-01-01', null, 1e300]) {
      const token = issuer.token({ sub: id, iat, roles: ['admin'] })
      expect(await status(new Person(tandem.url, id, token), '/admin/locks'), String(iat)).toBe(401)
    }
    expect(await account(id)).toBeUndefined()
  })

  it('two at once, in any order of arrival: the newer one’s word remains', async () => {
    const id = somebody()
    for (let round = 0; round < 10; round++) {
      const calls = [
        ...Array.from({ length: 5 }, () => caller(id, 200 - round, { groups: ['sales'], roles: ['admin'] })),
        ...Array.from({ length: 5 }, () => caller(id, 190 - round, { groups: [], roles: ['user'] })),
      ]
      await Promise.all(calls.map((one) => status(one, '/files')))
      expect(await account(id)).toMatchObject({ groups: [], api_role: 'user' })
    }
  })
})

describe('D3: without a provider', () => {
  it('each token of npm run token has the role that it was made with', async () => {
    await using tandem = await Tandem.start(inject('postgres'))
    const root = await tandem.person('root', 'admin')
    const plain = await tandem.person('root')
    for (let i = 0; i < 2; i++) {
      expect((await root.calls('GET', '/admin/locks')).status).toBe(200)
      expect((await plain.calls('GET', '/admin/locks')).status).toBe(403)
    }
  })
})
