import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { Tandem } from '../kit/tandem.js'
import type { Person } from '../kit/people.js'
import { execute } from '../kit/postgres.js'
import { Editor } from '../kit/wopi.js'
import { encoded, Forger, jtiOf, openToken } from './forge.js'
import { rawRequest } from './raw-http.js'

describe('access tokens', () => {
  let one: Tandem
  let two: Tandem
  let alice: Person
  let admin: Person
  let forger: Forger
  let fileId: string
  let genuine: string

  beforeAll(async () => {
    one = await Tandem.start(inject('postgres'))
    two = await Tandem.start(inject('postgres'), { sharing: one })
    alice = await one.person('alice')
    admin = await one.person('root', 'admin')
    forger = await Forger.of(one)
    fileId = (await one.sharedFile('content')).id
    genuine = await alice.opensForEdit(fileId)
  })
  afterAll(async () => {
    await two.stop()
    await one.stop()
  })

  /** What CheckFileInfo says to the token, and whether the server still answers the genuine one. */
  async function statusOf(token: string): Promise<number> {
    const answer = await new Editor(one.url, fileId, token).checkFileInfo()
    if (answer.status === 401) expect(answer.body).toHaveLength(0)
    return answer.status
  }

  it('T-00: the forger itself makes tokens that are let in, so each defect below is the only one', async () => {
    expect(await statusOf(genuine)).toBe(200)
    expect(await statusOf(forger.withClaims(genuine, {}))).toBe(200)
    expect(await statusOf(forger.withHeader(genuine, {}))).toBe(200)
  })

  describe('T-01: an unsigned token is 401', () => {
    for (const alg of ['none', 'None', 'nOnE', 'NONE']) {
      it(`T-01: alg ${alg}, without and with a signature`, async () => {
        const { header, payload } = openToken(genuine)
        const unsigned = `${encoded({ ...header, alg })}.${encoded(payload)}`
        expect(await statusOf(`${unsigned}.`)).toBe(401)
        expect(await statusOf(forger.withHeader(genuine, { alg }))).toBe(401)
      })
    }

    it('T-01: the signature empty, missing, or of another token', async () => {
      const [header = '', payload = '', signature = ''] = genuine.split('.')
      const other = (await alice.opens(fileId, 'view')).split('.')
      expect(await statusOf(`${header}.${payload}.`)).toBe(401)
      expect(await statusOf(`${header}.${payload}`)).toBe(401)
      expect(await statusOf(`${header}.${payload}.${other[2]}`)).toBe(401)
      expect(await statusOf(`${header}.${other[1]}.${signature}`)).toBe(401)
    })
  })

  it('T-02: no other algorithm of the same key counts', async () => {
    for (const alg of ['HS384', 'HS512', 'RS256', 'ES256', 'PS256', '', null, 256]) {
      expect(await statusOf(forger.withHeader(genuine, { alg })), `alg ${alg}`).toBe(401)
    }
  })

  const strangeHeaders: readonly [string, Record<string, unknown>][] = [
    ['kid unknown', { kid: 'another' }],
    ['kid missing', { kid: undefined }],
    ['kid a path', { kid: '../../dev/null' }],
    ['kid a quote', { kid: "local' or '1'='1" }],
    ['kid of 10 kB', { kid: 'k'.repeat(10_000) }],
    ['kid a list', { kid: ['local'] }],
    ['jku', { jku: 'http://127.0.0.1:9/jwks' }],
    ['x5u', { x5u: 'file:///etc/passwd' }],
    ['x5c', { x5c: ['MIIB'] }],
    ['jwk', { jwk: { kty: 'oct', k: 'AAAA' } }],
    ['crit', { crit: ['x'], x: 1 }],
  ]
  for (const [what, header] of strangeHeaders) {
    it(`T-03: ${what} in the header is 401 at once`, async () => {
      const token = forger.withHeader(genuine, header)
      const began = performance.now()
      expect(await statusOf(token)).toBe(401)
      expect(performance.now() - began).toBeLessThan(1000)
      expect(await statusOf(genuine)).toBe(200)
    })
  }

  const now = Math.floor(Date.now() / 1000)
  const strangeTimes: readonly [string, Record<string, unknown>][] = [
    ['exp missing', { exp: undefined }],
    ['exp a string', { exp: String(now + 3600) }],
    ['exp a fraction', { exp: now + 3600.5 }],
    ['exp null (what NaN becomes)', { exp: null }],
    ['exp 1e20', { exp: 1e20 }],
    ['exp negative', { exp: -1 }],
    ['exp a second ago', { exp: now - 1 }],
    ['iat missing', { iat: undefined }],
    ['iat in 2099', { iat: 4_070_908_800 }],
    ['nbf in an hour', { nbf: now + 3600 }],
    ['nbf a string', { nbf: '0' }],
  ]
  for (const [what, claims] of strangeTimes) {
    it(`T-04: ${what} is 401`, async () => {
      expect(await statusOf(forger.withClaims(genuine, claims))).toBe(401)
    })
  }

  it('T-04: exp beyond every number (1e400) is 401', async () => {
    const { header, payload } = openToken(genuine)
    const text = JSON.stringify(payload).replace(/"exp":\d+/, '"exp":1e400')
    expect(text).toContain('1e400')
    expect(await statusOf(forger.sign(header, text))).toBe(401)
  })

  const strangeClaims: readonly [string, Record<string, unknown> | []][] = [
    ['of another issuer', { iss: 'http://elsewhere.test' }],
    ['of the bearer issuer', { iss: 'tandem' }],
    ['without issuer', { iss: undefined }],
    ['for another audience', { aud: 'tandem-api' }],
    ['without audience', { aud: undefined }],
    ['without jti', { jti: undefined }],
    ['with a jti that was never issued', { jti: 'f'.repeat(32) }],
    ['whose sub is another user', { sub: 'mallory' }],
    ['whose sub is no id', { sub: 'alice\u0000' }],
    ['whose payload is a list', []],
  ]
  for (const [what, claims] of strangeClaims) {
    it(`T-05: a well-signed token ${what} is 401`, async () => {
      const { header } = openToken(genuine)
      const token = Array.isArray(claims)
        ? forger.sign(header, JSON.stringify(claims))
        : forger.withClaims(genuine, claims)
      expect(await statusOf(token)).toBe(401)
    })
  }

  it('T-05: a bearer token is none for WOPI, and an access token none for REST', async () => {
    expect(await statusOf(alice.bearer)).toBe(401)
    expect(await statusOf(admin.bearer)).toBe(401)
    const asBearer = ['Authorization', `Bearer ${genuine}`]
    for (const path of ['/api/v1/files', `/api/v1/files/${fileId}`, '/api/v1/containers']) {
      expect((await rawRequest(one.url, path, { headers: asBearer })).status, path).toBe(401)
    }
  })

  it('T-05: a token signed with the key of the other purpose is 401 on either face', async () => {
    const { header, payload } = openToken(genuine)
    expect(await statusOf(forger.sign(header, payload, forger.apiKey))).toBe(401)
    const bearer = openToken(alice.bearer)
    const crossed = forger.sign(bearer.header, bearer.payload, forger.wopiKey)
    const answer = await rawRequest(one.url, '/api/v1/files', {
      headers: ['Authorization', `Bearer ${crossed}`],
    })
    expect(answer.status).toBe(401)
  })

  it('T-08: PutRelativeFile hands on a token of the new file, same user, mode and absolute end, 50 times', async () => {
    // An end of its own, so that ten hours from now cannot pass for it.
    await execute(one.databaseUrl, `update access_token set expires_at = $2 where jti = $1`, [
      jtiOf(genuine),
      new Date((now + 1234) * 1000),
    ])
    const source = openToken(genuine).payload
    let editor = new Editor(one.url, fileId, genuine)
    const seen = new Set<string>([fileId])
    for (let i = 0; i < 50; i++) {
      const made = await editor.putRelativeFile(`copy ${i}`, { 'X-WOPI-SuggestedTarget': `Copy${i}.docx` })
      expect(made.status).toBe(200)
      const url = new URL(made.json<{ Url: string }>().Url)
      const id = url.pathname.split('/').at(-1) ?? ''
      const token = url.searchParams.get('access_token') ?? ''
      const { payload } = openToken(token)
      expect(payload).toMatchObject({ sub: source['sub'], fid: id, exp: now + 1234 })
      expect(seen.has(id)).toBe(false)
      seen.add(id)
      editor = new Editor(one.url, id, token)
      expect((await editor.checkFileInfo()).status).toBe(200)
      expect((await new Editor(one.url, fileId, token).checkFileInfo()).status).toBe(401)
    }
  })

  it('T-09: an admin’s DELETE kills a token at the next call on both instances', async () => {
    const token = await alice.opensForEdit(fileId)
    const editors = [one, two].map(({ url }) => new Editor(url, fileId, token))
    for (const editor of editors) expect((await editor.checkFileInfo()).status).toBe(200)
    expect((await admin.calls('DELETE', `/admin/access-tokens/${jtiOf(token)}`)).status).toBe(204)
    for (const editor of editors) expect((await editor.checkFileInfo()).status).toBe(401)
    expect(await statusOf(await alice.opensForEdit(fileId))).toBe(200)
    expect((await admin.calls('DELETE', `/admin/access-tokens/${jtiOf(token)}`)).status).toBe(204)
  })

  it('T-09: a disabled user is 401 with every token at the next call, on WOPI and REST, on both instances', async () => {
    const carol = await one.person('carol')
    await alice.grants(fileId, 'user:carol', 'editor')
    const token = await carol.opensForEdit(fileId)
    await execute(one.databaseUrl, `update user_account set disabled_at = now() where id = 'carol'`)
    for (const { url } of [one, two]) {
      const editor = new Editor(url, fileId, token)
      expect((await editor.checkFileInfo()).status).toBe(401)
      expect((await editor.lock('a')).status).toBe(401)
      const rest = await rawRequest(url, '/api/v1/files', {
        headers: ['Authorization', `Bearer ${carol.bearer}`],
      })
      expect(rest.status).toBe(401)
    }
    await execute(one.databaseUrl, `update user_account set disabled_at = null where id = 'carol'`)
    expect((await new Editor(two.url, fileId, token).checkFileInfo()).status).toBe(200)
  })

  it('T-11: accessTokenTtl is the token’s end in epoch milliseconds, ten hours from now', async () => {
    const before = Math.floor(Date.now() / 1000)
    const answer = await alice.calls('POST', `/files/${fileId}/access-tokens`, { mode: 'edit' })
    const { accessToken, accessTokenTtl } = answer.json<{ accessToken: string; accessTokenTtl: number }>()
    const { exp, iat } = openToken(accessToken).payload as { exp: number; iat: number }
    expect(accessTokenTtl).toBe(exp * 1000)
    expect(exp - iat).toBe(36_000)
    expect(Math.abs(iat - before)).toBeLessThanOrEqual(2)
  })

  it('T-12: a token is at most 1,200 characters, even for the longest user id, and carries no personal data', async () => {
    const longest = createHash('sha512').update('x').digest('hex')
    const person = await one.person(longest)
    expect(longest).toHaveLength(128)
    await alice.grants(fileId, `user:${longest}`, 'editor')
    const token = await person.opensForEdit(fileId)
    expect(token.length).toBeLessThanOrEqual(1200)
    expect(Object.keys(openToken(token).payload).sort()).toEqual(
      ['aud', 'exp', 'fid', 'iat', 'iss', 'jti', 'sub'].sort(),
    )
  })
})
