import { createHash, createPublicKey, generateKeyPairSync, verify, type JsonWebKey } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { Person } from '../kit/people.js'
import { Tandem } from '../kit/tandem.js'
import { Forger, type Claims } from '../permission/forge.js'
import { Issuer, published, type SigningKey } from './issuer.js'

const ALICE = { sub: 'alice' }
const LOGOUT = 'http://schemas.openid.net/event/backchannel-logout'

/** Genuine in every other way; `undefined` takes a field out. */
const NO_ACCESS_TOKENS: readonly (readonly [what: string, claims: Claims, header?: Claims])[] = [
  ['an id_token by its binding to an access token', { at_hash: 'x9Vc-1KpX7Qe0' }],
  ['an id_token by its binding to a code', { c_hash: 'LDktKdoQak3Pk0cnXxCltA' }],
  ['an id_token by its binding to a state', { s_hash: 'bOhtX8F73IMjSPeVAqxyTQ' }],
  ['a Keycloak id_token', { typ: 'ID' }],
  ['a Keycloak refresh token', { typ: 'Refresh' }],
  ['a Keycloak offline token', { typ: 'Offline' }],
  ['a Keycloak logout token', { typ: 'Logout' }],
  ['a Cognito id_token', { token_use: 'id' }],
  ['a logout token by its events', { events: { [LOGOUT]: {} } }],
  ['a logout token by its type', {}, { typ: 'logout+jwt' }],
  ['a logout token by its full type', {}, { typ: 'application/logout+jwt' }],
  ['a security event', {}, { typ: 'secevent+jwt' }],
  ['a proof of possession', {}, { typ: 'dpop+jwt' }],
  ['an id_token by its type', {}, { typ: 'id_token+jwt' }],
  ['a token of an empty type', {}, { typ: '' }],
  ['a token whose type is no text', {}, { typ: ['JWT'] }],
  ['a token whose type is null', {}, { typ: null }],
]

const ACCESS_TOKENS: readonly (readonly [what: string, claims: Claims, header: Claims])[] = [
  ['JWT', {}, { typ: 'JWT' }],
  ['jwt', {}, { typ: 'jwt' }],
  ['at+jwt', {}, { typ: 'at+jwt' }],
  ['application/at+jwt', {}, { typ: 'application/at+jwt' }],
  ['AT+JWT', {}, { typ: 'AT+JWT' }],
  ['no type', {}, { typ: undefined }],
  ['Keycloak’s own, with the nonce of the sign-in', { typ: 'Bearer', nonce: 'n-0S6_WzA2Mj' }, { typ: 'JWT' }],
  ['Cognito’s own', { token_use: 'access' }, { typ: undefined }],
]

function rsaKey(kid: string, modulusLength: number, publicExponent = 65_537): SigningKey {
  return { kid, alg: 'RS256', ...generateKeyPairSync('rsa', { modulusLength, publicExponent }) }
}

describe('what a provider signs that opens nothing', () => {
  const weak = rsaKey('rsa-1024', 1024)
  const nearly = rsaKey('rsa-2047', 2047)
  const p384: SigningKey = {
    kid: 'p384',
    alg: 'ES256',
    ...generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  }
  const koblitz: SigningKey = {
    kid: 'k256',
    alg: 'ES256',
    ...generateKeyPairSync('ec', { namedCurve: 'secp256k1' }),
  }
  const forEncryption = rsaKey('rsa-enc', 2048)
  const forDecryption = rsaKey('rsa-oaep', 2048)
  const forgeable = rsaKey('rsa-e1', 2048)
  const large = rsaKey('rsa-4096', 4096)
  let issuer: Issuer
  let tandem: Tandem

  beforeAll(async () => {
    issuer = await Issuer.start()
    issuer.further.push(
      ...[weak, nearly, large].map(published),
      // As an issuer publishes that does not say what for.
      ...[p384, koblitz].map((key) => ({ ...published(key), alg: undefined })),
      { ...published(forEncryption), use: 'enc' },
      { ...published(forDecryption), use: undefined, alg: 'RSA-OAEP' },
      { ...published(forgeable), e: 'AQ' },
    )
    tandem = await Tandem.start(inject('postgres'), { env: { OIDC_ISSUER: issuer.url } })
  })
  afterAll(async () => {
    await tandem.stop()
    await issuer[Symbol.asyncDispose]()
  })

  const statusOf = async (token: string): Promise<number> =>
    (await new Person(tandem.url, 'alice', token).calls('GET', '/files')).status

  for (const [what, claims, header = {}] of NO_ACCESS_TOKENS) {
    it(`T-05: ${what} is 401`, async () => {
      expect(await statusOf(issuer.token({ ...ALICE, ...claims }, { header }))).toBe(401)
    })
  }

  for (const [what, claims, header] of ACCESS_TOKENS) {
    it(`takes an access token: ${what}`, async () => {
      expect(await statusOf(issuer.token({ ...ALICE, ...claims }, { header }))).toBe(200)
    })
  }

  for (const [what, key] of Object.entries({
    'RSA of 1024 bits': weak,
    'RSA of 2047 bits': nearly,
    'the curve P-384': p384,
    'the curve secp256k1': koblitz,
    'RSA for encryption': forEncryption,
    'RSA for RSA-OAEP': forDecryption,
  })) {
    it(`T-02: a key of ${what} verifies nothing`, async () => {
      expect(await statusOf(issuer.token(ALICE, { key }))).toBe(401)
    })
  }

  it('T-02: a key with the exponent 1, by which anybody can sign, verifies nothing', async () => {
    const signed = issuer.unsigned(ALICE, { alg: 'RS256', kid: forgeable.kid })
    const digest = createHash('sha256').update(signed).digest('hex')
    // RFC 8017 §9.2: the padded digest, which is the signature as well.
    const end = Buffer.from(`003031300d060960864801650304020105000420${digest}`, 'hex')
    const signature = Buffer.concat([Buffer.from([0, 1]), Buffer.alloc(256 - 2 - end.length, 0xff), end])
    const key = createPublicKey({ key: { ...published(forgeable), e: 'AQ' } as JsonWebKey, format: 'jwk' })
    expect(verify('sha256', Buffer.from(signed), key, signature)).toBe(true)
    expect(await statusOf(`${signed}.${signature.toString('base64url')}`)).toBe(401)
  })

  it('takes RSA of 4096 bits, and what stands beside bad keys', async () => {
    expect(await statusOf(issuer.token(ALICE, { key: large }))).toBe(200)
    expect(await statusOf(issuer.token(ALICE, { key: issuer.ec }))).toBe(200)
  })
})

describe('what Tandem’s own key signs that opens nothing', () => {
  let tandem: Tandem
  let forger: Forger
  beforeAll(async () => {
    tandem = await Tandem.start(inject('postgres'))
    forger = await Forger.of(tandem)
  })
  afterAll(() => tandem.stop())

  const statusOf = async (claims: Claims, header: Claims): Promise<number> => {
    const now = Math.floor(Date.now() / 1000)
    const payload = { iss: 'tandem', aud: 'tandem-api', iat: now, exp: now + 60, ...ALICE, ...claims }
    const token = forger.sign(
      { alg: 'HS256', typ: 'JWT', kid: forger.kid, ...header },
      payload,
      forger.apiKey,
    )
    return (await new Person(tandem.url, 'alice', token).calls('GET', '/files')).status
  }

  for (const [what, claims, header = {}] of NO_ACCESS_TOKENS) {
    it(`T-05: ${what} is 401`, async () => {
      expect(await statusOf(claims, header)).toBe(401)
      expect(await statusOf({}, {})).toBe(200)
    })
  }
})
