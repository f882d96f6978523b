import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { Person } from '../kit/people.js'
import { Tandem } from '../kit/tandem.js'
import { Editor } from '../kit/wopi.js'
import { Issuer } from '../rest/issuer.js'
import { encoded, Forger } from './forge.js'

const ODD = ['null', '7', '"text"', '[]', '[{"sub":"alice"}]', 'true', '', '{', 'nonsense']
/** No tokens at all, in the place of one. */
const GARBAGE = ['x', 'a.b.c', '..', 'eyJ', `${encoded({ alg: 'RS256', typ: 'JWT', kid: 'rsa-1' })}.!!.x`]

describe('a token whose claims are no object', () => {
  let tandem: Tandem
  let forger: Forger
  let fileId: string

  beforeAll(async () => {
    tandem = await Tandem.start(inject('postgres'))
    forger = await Forger.of(tandem)
    fileId = (await tandem.sharedFile('content')).id
  })
  afterAll(() => tandem.stop())

  const header = (): Record<string, string> => ({ alg: 'HS256', typ: 'JWT', kid: forger.kid })

  it.each(ODD)(
    'signed with our own key, %j as claims: 401 at REST, WOPI, FileUrl and sign-in',
    async (claims) => {
      const bearer = forger.sign(header(), claims, forger.apiKey)
      expect((await new Person(tandem.url, 'alice', bearer).calls('GET', '/files')).status).toBe(401)
      const token = forger.sign(header(), claims)
      expect((await new Editor(tandem.url, fileId, token).checkFileInfo()).status).toBe(401)
      expect((await new Editor(tandem.url, fileId, token).putFile('x', 'L')).status).toBe(401)
      const signIn = await fetch(`${tandem.url}/api/v1/sign-in`, {
        method: 'POST',
        headers: { 'x-tandem-page': '1', origin: tandem.publicUrl },
        body: JSON.stringify({ code: token }),
      })
      expect(signIn.status).toBe(401)
      expect((await fetch(`${tandem.url}/health/live`)).status).toBe(200)
    },
  )

  it('signed by the identity provider, or garbage that nobody signed: 401', async () => {
    await using issuer = await Issuer.start()
    await using other = await Tandem.start(inject('postgres'), { env: { OIDC_ISSUER: issuer.url } })
    const status = async (bearer: string): Promise<number> =>
      (await new Person(other.url, 'alice', bearer).calls('GET', '/files')).status
    const signed = ODD.map((claims) => issuer.signed(claims))
    for (const bearer of [...signed, ...GARBAGE]) {
      expect([bearer, await status(bearer)]).toEqual([bearer, 401])
      const office = await fetch(`${other.url}/wopibootstrapper`, {
        headers: { authorization: `Bearer ${bearer}` },
      })
      expect([bearer, office.status]).toEqual([bearer, 401])
    }
    expect(await status(issuer.token({ sub: 'alice' }))).toBe(200)
    expect(other.log.filter((line) => line.includes('"level":50'))).toEqual([])
  })

  it.each(GARBAGE)('garbage as bearer, %j: 401', async (bearer) => {
    expect((await new Person(tandem.url, 'alice', bearer).calls('GET', '/files')).status).toBe(401)
    expect((await new Editor(tandem.url, fileId, bearer).checkFileInfo()).status).toBe(401)
  })
})
