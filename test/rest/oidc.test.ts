import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { Person } from '../kit/people.js'
import { execute } from '../kit/postgres.js'
import { Tandem } from '../kit/tandem.js'
import { Editor } from '../kit/wopi.js'
import { Issuer } from './issuer.js'
import { expectProblem } from './problem.js'

describe('REST: bearer tokens of an identity provider', () => {
  let issuer: Issuer
  let tandem: Tandem

  beforeAll(async () => {
    issuer = await Issuer.start()
    const env = { OIDC_ISSUER: issuer.url, OIDC_ROLE_CLAIM: 'realm_access.roles' }
    tandem = await Tandem.start(inject('postgres'), { env })
  })
  afterAll(async () => {
    await tandem.stop()
    await issuer[Symbol.asyncDispose]()
  })

  const now = Math.floor(Date.now() / 1000)
  const caller = (token: string, id = 'alice'): Person => new Person(tandem.url, id, token)
  const statusOf = async (token: string): Promise<number> =>
    (await caller(token).calls('GET', '/files')).status
  const account = async (id: string): Promise<unknown> => {
    const found = 'select id, display_name, principal_name, groups from user_account where id = $1'
    return ((await execute(tandem.databaseUrl, found, [id])).rows as unknown[])[0]
  }

  it('accepts RS256 and ES256 and remembers the person', async () => {
    const alice = {
      sub: 'alice',
      name: 'Alice Doe',
      preferred_username: 'alice@corp.example',
      groups: ['staff'],
    }
    expect(await statusOf(issuer.token(alice))).toBe(200)
    expect(await account('alice')).toEqual({
      id: 'alice',
      display_name: 'Alice Doe',
      principal_name: 'alice@corp.example',
      groups: ['staff'],
    })
    expect(await statusOf(issuer.token({ sub: 'esther', email: 'e@corp.example' }, { key: issuer.ec }))).toBe(
      200,
    )
    expect(await account('esther')).toEqual({
      id: 'esther',
      display_name: 'esther',
      principal_name: 'e@corp.example',
      groups: [],
    })
    await statusOf(issuer.token({ ...alice, name: 'Alice Roe', groups: [] }))
    expect(await account('alice')).toMatchObject({ display_name: 'Alice Roe', groups: [] })
  })

  it('takes roles from the dotted claim only', async () => {
    const owner = caller(issuer.token({ sub: 'owner' }))
    const { id } = await owner.createsFile('Private.docx', 'content')
    const sees = async (claims: object): Promise<number> =>
      (await caller(issuer.token({ sub: 'roles', ...claims })).calls('GET', `/files/${id}`)).status
    expect(await sees({ realm_access: { roles: ['user', 'admin'] } })).toBe(200)
    expect(await sees({ realm_access: { roles: 'admin' } })).toBe(200)
    for (const claims of [
      {},
      { roles: ['admin'] },
      { 'realm_access.roles': ['admin'] },
      { realm_access: ['admin'] },
      { realm_access: { roles: ['Admin', 'administrator'] } },
      { realm_access: { roles: [['admin']] } },
      { realm_access: { roles: { admin: true } } },
      { realm_access: null },
    ]) {
      expect(await sees(claims), JSON.stringify(claims)).toBe(404)
    }
  })

  it('lets the groups claim give the groups’ grants, live', async () => {
    const owner = caller(issuer.token({ sub: 'owner' }))
    const { id } = await owner.createsFile('Shared.docx', 'content')
    await owner.grants(id, 'group:Sales%20EU', 'editor')
    const gwen = (secondsAgo: number, ...groups: string[]): Person =>
      caller(issuer.token({ sub: 'gwen', groups, iat: now - secondsAgo }))
    const inGroup = gwen(30, 'Sales EU', 'other')
    const editor = new Editor(tandem.url, id, await inGroup.opensForEdit(id))
    expect((await editor.lock('session')).status).toBe(200)
    const outside = gwen(20, 'other')
    expectProblem(await outside.calls('GET', `/files/${id}`), 404, 'not-found')
    expect((await editor.refreshLock('session')).status).toBe(404)
    expect((await gwen(10, 'Sales EU').calls('GET', `/files/${id}`)).status).toBe(200)
    expect((await editor.refreshLock('session')).status).toBe(200)
  })

  it('T-02: a public key is no secret: HMAC tokens with it, in any text of it, are 401', async () => {
    const { publicKey } = issuer.rsa
    const jwk = publicKey.export({ format: 'jwk' })
    const secrets = [
      publicKey.export({ format: 'pem', type: 'spki' }),
      publicKey.export({ format: 'pem', type: 'pkcs1' }),
      publicKey.export({ format: 'der', type: 'spki' }),
      publicKey.export({ format: 'pem', type: 'spki' }).toString().trim(),
      JSON.stringify(jwk),
      String(jwk.n),
    ]
    for (const secret of secrets) {
      expect(await statusOf(issuer.hmacToken({ sub: 'alice' }, secret))).toBe(401)
      expect(await statusOf(issuer.hmacToken({ sub: 'alice' }, secret, { alg: 'RS256' }))).toBe(401)
    }
  })

  const bad: readonly [string, () => string][] = [
    ['T-01: alg none', () => `${issuer.unsigned({ sub: 'alice' }, { alg: 'none' })}.`],
    ['T-01: alg nOnE with a signature', () => issuer.token({ sub: 'alice' }, { header: { alg: 'nOnE' } })],
    ['T-01: no signature', () => `${issuer.unsigned({ sub: 'alice' }, { alg: 'RS256', kid: 'rsa-1' })}.`],
    ['T-02: RS512 and PS256 by name', () => issuer.token({ sub: 'alice' }, { header: { alg: 'PS256' } })],
    [
      'T-02: the EC key under the RSA key’s kid',
      () => issuer.token({ sub: 'alice' }, { key: issuer.ec, header: { kid: 'rsa-1' } }),
    ],
    [
      'T-02: a stranger’s key under a known kid',
      () => issuer.token({ sub: 'alice' }, { key: issuer.stranger('RS256', 'rsa-1') }),
    ],
    [
      'T-03: an unknown kid',
      () => issuer.token({ sub: 'alice' }, { key: issuer.stranger('RS256', 'other') }),
    ],
    ['T-03: crit', () => issuer.token({ sub: 'alice' }, { header: { crit: ['x'], x: 1 } })],
    ['T-03: no kid', () => issuer.token({ sub: 'alice' }, { header: { kid: undefined } })],
    ['T-04: expired', () => issuer.token({ sub: 'alice', exp: now - 1 })],
    ['T-04: without exp', () => issuer.token({ sub: 'alice', exp: undefined })],
    ['T-04: exp a text', () => issuer.token({ sub: 'alice', exp: String(now + 3600) })],
    ['T-04: not yet', () => issuer.token({ sub: 'alice', nbf: now + 3600 })],
    ['T-05: for another audience', () => issuer.token({ sub: 'alice', aud: 'another-app' })],
    ['T-05: without audience', () => issuer.token({ sub: 'alice', aud: undefined })],
    ['T-05: of another issuer', () => issuer.token({ sub: 'alice', iss: 'http://127.0.0.1:1' })],
    ['T-05: of an issuer with a slash more', () => issuer.token({ sub: 'alice', iss: `${issuer.url}/` })],
    ['T-05: without sub', () => issuer.token({})],
    ['T-05: with an empty sub', () => issuer.token({ sub: '' })],
    ['T-05: with U+0000 in a claim', () => issuer.token({ sub: 'alice', name: 'a\0b' })],
  ]
  for (const [what, token] of bad) {
    it(`${what} is 401`, async () => {
      expect(await statusOf(token())).toBe(401)
      expect(await statusOf(issuer.token({ sub: 'alice' }))).toBe(200)
    })
  }

  it('T-05: Tandem’s own bearer tokens are worth nothing then, nor is an id_token at WOPI', async () => {
    const embedded = await tandem.person('root', 'admin')
    expectProblem(await embedded.calls('GET', '/files'), 401, 'not-signed-in')
    const owner = caller(issuer.token({ sub: 'owner' }))
    const { id } = await owner.createsFile('Wopi.docx', 'content')
    expect((await new Editor(tandem.url, id, owner.bearer).checkFileInfo()).status).toBe(401)
    const token = await owner.opensForEdit(id)
    expect((await new Editor(tandem.url, id, token).checkFileInfo()).status).toBe(200)
    expect(await statusOf(token)).toBe(401)
  })

  it('turns a sub that is no plain id into letters and digits, always the same, and never somebody else’s', async () => {
    const hashed = (sub: string): string => `u${createHash('sha256').update(sub).digest('hex').slice(0, 32)}`
    const victim = 'alice@corp.example'
    for (const sub of [victim, 'a0ee-bc99', 'Ünal', 'x'.repeat(200), hashed(victim)]) {
      const person = caller(issuer.token({ sub }))
      const file = await person.createsFile('Mine.docx', 'content')
      const info = await new Editor(tandem.url, file.id, await person.opensForEdit(file.id)).checkFileInfo()
      expect(info.json<{ UserId: string }>().UserId).toBe(hashed(sub))
      expect(await account(hashed(sub))).toMatchObject({ display_name: sub })
    }
  })

  it('D-08: forged kids cost the issuer one fetch, and lock nobody out, not even before the first sign-in', async () => {
    await using own = await Issuer.start()
    await using other = await Tandem.start(inject('postgres'), { env: { OIDC_ISSUER: own.url } })
    const status = async (token: string): Promise<number> =>
      (await new Person(other.url, 'alice', token).calls('GET', '/files')).status
    for (let i = 0; i < 20; i++) {
      expect(await status(own.token({ sub: 'alice' }, { header: { kid: `forged-${i}` } }))).toBe(401)
    }
    expect(await status(own.token({ sub: 'alice' }))).toBe(200)
    expect(await status(own.token({ sub: 'alice' }, { key: own.ec }))).toBe(200)
    expect(own.keyRequests).toBe(1)
  })

  it('R-10: known people still get in while the issuer is down', async () => {
    const own = await Issuer.start()
    await using other = await Tandem.start(inject('postgres'), { env: { OIDC_ISSUER: own.url } })
    const status = async (token: string): Promise<number> =>
      (await new Person(other.url, 'alice', token).calls('GET', '/files')).status
    expect(await status(own.token({ sub: 'alice' }))).toBe(200)
    await own[Symbol.asyncDispose]()
    expect(await status(own.token({ sub: 'alice' }, { header: { kid: 'forged' } }))).toBe(401)
    expect(await status(own.token({ sub: 'alice' }))).toBe(200)
  })

  it('accepts an issuer whose name ends in a slash, and only under that name', async () => {
    await using slashed = await Issuer.start({ nameEnding: '/' })
    await using other = await Tandem.start(inject('postgres'), { env: { OIDC_ISSUER: `${slashed.url}/` } })
    const status = async (token: string): Promise<number> =>
      (await new Person(other.url, 'alice', token).calls('GET', '/files')).status
    expect(await status(slashed.token({ sub: 'alice' }))).toBe(200)
    expect(await status(slashed.token({ sub: 'alice', iss: slashed.url }))).toBe(401)
  })

  it('does not start with an issuer that cannot be reached, or that calls itself something else', async () => {
    await using liar = await Issuer.start({ nameEnding: '/realms/other' })
    for (const [url, says] of [
      [liar.url, /set OIDC_ISSUER to that/],
      [`${liar.url}/nowhere`, /answered 404/],
    ] as const) {
      await expect(Tandem.start(inject('postgres'), { env: { OIDC_ISSUER: url } })).rejects.toThrow(says)
    }
  })
})
