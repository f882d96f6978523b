import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { Person } from '../kit/people.js'
import { execute } from '../kit/postgres.js'
import { Tandem } from '../kit/tandem.js'
import { callWopi, Editor, Place, type Headers, type WopiAnswer } from '../kit/wopi.js'
import { jtiOf, openToken } from '../permission/forge.js'
import { Issuer } from '../rest/issuer.js'

interface Answered {
  readonly Bootstrap: { EcosystemUrl: string; UserId: string; SignInName: string; UserFriendlyName: string }
  readonly AccessTokenInfo?: { AccessToken: string; AccessTokenExpiry: number }
  readonly RootContainerInfo?: { ContainerPointer: { Name: string; Url: string }; ContainerInfo: object }
  readonly WopiSrcInfo?: { Url: string }
}

describe('bootstrapper (WOPI.md §11)', () => {
  let issuer: Issuer
  let tandem: Tandem
  let alice: Person

  beforeAll(async () => {
    issuer = await Issuer.start()
    const env = { OIDC_ISSUER: issuer.url }
    tandem = await Tandem.start(inject('postgres'), { env })
    alice = person('alice', { name: 'Alice Doe', preferred_username: 'alice@corp.example' })
  })
  afterAll(async () => {
    await tandem.stop()
    await issuer[Symbol.asyncDispose]()
  })

  const person = (id: string, claims: object = {}): Person =>
    new Person(tandem.url, id, issuer.token({ sub: id, ...claims }))
  const begins = (authorization?: string): Promise<WopiAnswer> =>
    callWopi('GET', `${tandem.url}/wopibootstrapper`, authorization === undefined ? {} : { authorization })
  const posts = (who: Person, headers: Headers): Promise<WopiAnswer> =>
    callWopi('POST', `${tandem.url}/wopibootstrapper`, { authorization: `Bearer ${who.bearer}`, ...headers })
  const asks = (who: Person, operation: string, headers: Headers = {}): Promise<WopiAnswer> =>
    posts(who, { 'X-WOPI-EcosystemOperation': operation, ...headers })

  it('§11.1: tells who somebody is, and where everything of theirs is found', async () => {
    const answer = await begins(`Bearer ${alice.bearer}`)
    expect(answer.status).toBe(200)
    const { Bootstrap, ...more } = answer.json<Answered>()
    expect(more).toEqual({})
    expect(Bootstrap).toEqual({
      EcosystemUrl: expect.stringContaining(`${tandem.publicUrl}/wopi/ecosystem?access_token=`) as string,
      UserId: 'alice',
      SignInName: 'alice@corp.example',
      UserFriendlyName: 'Alice Doe',
    })
    const ecosystem = new Place(Bootstrap.EcosystemUrl)
    expect((await ecosystem.get()).json()).toEqual({ SupportsContainers: true })
    const { iat, exp } = openToken(ecosystem.token).payload as { iat: number; exp: number }
    expect(exp - iat).toBe(36_000)
    const { rows } = await execute(
      tandem.databaseUrl,
      `select actor, action, detail from audit_event where object_id = 'ecosystem' order by id limit 1`,
    )
    const detail = { userId: 'alice', mode: 'edit', by: 'bootstrapper' }
    expect(rows).toEqual([{ actor: 'alice', action: 'access-token-issued', detail }])
  })

  it('takes the colon of the old documentation, and a person without a mail address', async () => {
    const { Bootstrap } = (await begins(`Bearer: ${person('bob').bearer}`)).json<Answered>()
    expect(Bootstrap).toMatchObject({ UserId: 'bob', SignInName: 'bob', UserFriendlyName: 'bob' })
  })

  it('401 names the addresses of the identity provider in one challenge, for every kind of no token', async () => {
    const { id } = await alice.createsFile('Challenge.docx', 'x')
    const bad = [
      undefined,
      '',
      'Bearer',
      'Bearer x.y.z',
      'Basic YTpi',
      `Bearer ${issuer.token({ sub: 'alice', exp: 1 })}`,
      `Bearer ${issuer.token({ sub: 'alice', aud: 'other' })}`,
      `Bearer ${await alice.opens(id, 'edit')}`,
    ]
    for (const authorization of bad) {
      const answer = await begins(authorization)
      expect(answer.status).toBe(401)
      expect(answer.body).toHaveLength(0)
      expect(answer.headers['www-authenticate']).toBe(
        `Bearer authorization_uri="${issuer.url}/authorize?prompt=%22x%22", tokenIssuance_uri="${issuer.url}/token"`,
      )
    }
    const token = `${tandem.url}/wopibootstrapper?access_token=${alice.bearer}`
    expect((await callWopi('GET', token)).status).toBe(401)
    for (const operation of [
      'GET_NEW_ACCESS_TOKEN',
      'GET_ROOT_CONTAINER',
      'GET_WOPI_SRC_WITH_ACCESS_TOKEN',
    ]) {
      const url = `${tandem.url}/wopibootstrapper`
      const answer = await callWopi('POST', url, { 'X-WOPI-EcosystemOperation': operation })
      expect(answer.status).toBe(401)
      expect(answer.headers['www-authenticate']).toMatch(/^Bearer authorization_uri=/)
    }
    await execute(tandem.databaseUrl, `update user_account set disabled_at = now() where id = 'bob'`)
    expect((await begins(`Bearer ${person('bob').bearer}`)).status).toBe(401)
  })

  it('asks nobody anything on behalf of callers who have not signed in', async () => {
    await begins(`Bearer ${alice.bearer}`)
    const { requests } = issuer
    const forged = issuer.token({ sub: 'alice' }).slice(0, -4)
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, i) => begins([undefined, 'Bearer x', `Bearer ${forged}`][i % 3])),
    )
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401]))
    expect(issuer.requests).toBe(requests)
  })

  it('§11.2: GetNewAccessToken for a file and a container, by the right of the person', async () => {
    const { id, containerId } = await alice.createsFile('Again.docx', 'content')
    const file = `${tandem.publicUrl}/wopi/files/${id}`
    const answer = await asks(alice, 'GET_NEW_ACCESS_TOKEN', { 'X-WOPI-WopiSrc': file })
    const { Bootstrap, AccessTokenInfo } = answer.json<Answered>()
    expect(Bootstrap.UserId).toBe('alice')
    const token = AccessTokenInfo?.AccessToken ?? ''
    const { exp } = openToken(token).payload as { exp: number }
    expect(AccessTokenInfo?.AccessTokenExpiry).toBe(exp * 1000)
    expect((await new Editor(tandem.url, id, token).lock('L')).status).toBe(200)
    const { rows } = await execute(
      tandem.databaseUrl,
      `select actor, object_id from audit_event where detail->>'jti' = $1 order by id`,
      [jtiOf(token)],
    )
    expect(rows).toEqual([{ actor: 'alice', object_id: id }])

    const container = `${tandem.publicUrl}/wopi/containers/${containerId}`
    const second = await asks(alice, 'GET_NEW_ACCESS_TOKEN', { 'X-WOPI-WopiSrc': container })
    const place = `${container}?access_token=${second.json<Answered>().AccessTokenInfo?.AccessToken}`
    expect((await new Place(place).get()).json()).toMatchObject({ UserCanCreateChildFile: true })

    await alice.grants(id, 'user:vera', 'viewer')
    const hers = await asks(person('vera'), 'GET_NEW_ACCESS_TOKEN', { 'X-WOPI-WopiSrc': file })
    const viewing = new Editor(tandem.url, id, hers.json<Answered>().AccessTokenInfo?.AccessToken ?? '')
    expect((await viewing.checkFileInfo()).json()).toMatchObject({ ReadOnly: true })
    await alice.grants(id, 'user:vera', 'editor')
    expect((await viewing.lock('M')).status).toBe(404)
  })

  it('§11.2: 404 for a WOPISrc that is unknown, foreign or not the caller’s', async () => {
    const { id } = await alice.createsFile('Private.docx', 'content')
    const origin = tandem.publicUrl
    const unknown = [
      `${origin}/wopi/files/${'0'.repeat(32)}`,
      `${origin}/wopi/folders/${id}`,
      `${origin}/wopi/files/${id}/contents`,
      `https://evil.example/wopi/files/${id}`,
      id,
    ]
    for (const source of unknown)
      expect((await asks(alice, 'GET_NEW_ACCESS_TOKEN', { 'X-WOPI-WopiSrc': source })).status).toBe(404)
    const hers = { 'X-WOPI-WopiSrc': `${origin}/wopi/files/${id}` }
    for (const other of [person('mallory'), person('root', { roles: ['admin'] })])
      expect((await asks(other, 'GET_NEW_ACCESS_TOKEN', hers)).status).toBe(404)
  })

  it('§11.3: the shortcuts say what GetRootContainer and GetFileWopiSrc say', async () => {
    const { id } = await alice.createsFile('Shortcut.docx', 'content')
    const root = (await asks(alice, 'GET_ROOT_CONTAINER')).json<Answered>()
    expect(root.Bootstrap.UserId).toBe('alice')
    const place = new Place(root.RootContainerInfo?.ContainerPointer.Url ?? '')
    expect((await place.get()).json()).toEqual(root.RootContainerInfo?.ContainerInfo)
    const native = { 'X-WOPI-HostNativeFileName': id }
    // The validator's request class has the operation in the usual header.
    const headers = { 'X-WOPI-Override': 'GET_WOPI_SRC_WITH_ACCESS_TOKEN', ...native }
    for (const answer of [
      await asks(alice, 'GET_WOPI_SRC_WITH_ACCESS_TOKEN', native),
      await posts(alice, headers),
    ]) {
      const { WopiSrcInfo, Bootstrap } = answer.json<Answered>()
      expect(Bootstrap.UserId).toBe('alice')
      const { pathname } = new URL(WopiSrcInfo?.Url ?? '')
      expect(pathname).toBe(`/wopi/files/${id}`)
      expect((await callWopi('GET', WopiSrcInfo?.Url ?? '')).status).toBe(200)
    }
  })

  it.each([
    [{}, 400],
    [{ 'X-WOPI-EcosystemOperation': '' }, 400],
    [{ 'X-WOPI-EcosystemOperation': 'GET_NEW_ACCESS_TOKEN' }, 400],
    [{ 'X-WOPI-EcosystemOperation': 'GET_WOPI_SRC_WITH_ACCESS_TOKEN' }, 400],
    [
      { 'X-WOPI-EcosystemOperation': 'GET_WOPI_SRC_WITH_ACCESS_TOKEN', 'X-WOPI-HostNativeFileName': 'x' },
      404,
    ],
    [{ 'X-WOPI-EcosystemOperation': 'DELETE' }, 501],
  ] as [Headers, number][])('%j is answered %i', async (headers, status) => {
    const answer = await posts(alice, headers)
    expect(answer.status).toBe(status)
    expect(answer.body).toHaveLength(0)
  })

  it('gives auditors no token at all: 404', async () => {
    const auditor = person('ada', { roles: ['auditor'] })
    const { id } = await alice.createsFile('Audited.docx', 'content')
    await alice.grants(id, 'user:ada', 'editor')
    expect((await begins(`Bearer ${auditor.bearer}`)).status).toBe(404)
    const headers = { 'X-WOPI-WopiSrc': `${tandem.publicUrl}/wopi/files/${id}` }
    expect((await asks(auditor, 'GET_NEW_ACCESS_TOKEN', headers)).status).toBe(404)
    const issued = `select from access_token where user_id = 'ada'`
    expect((await execute(tandem.databaseUrl, issued)).rowCount).toBe(0)
  })

  it('500 without a word of why when something is broken', async () => {
    await execute(tandem.databaseUrl, 'alter table access_token rename to out_of_reach')
    try {
      const answer = await begins(`Bearer ${alice.bearer}`)
      expect([answer.status, answer.body.length]).toEqual([500, 0])
      expect((await asks(alice, 'GET_ROOT_CONTAINER')).status).toBe(500)
    } finally {
      await execute(tandem.databaseUrl, 'alter table out_of_reach rename to access_token')
    }
  })
})

describe('bootstrapper without an identity provider', () => {
  it('takes the bearer tokens of npm run token; its challenge names no address, for there is none', async () => {
    await using tandem = await Tandem.start(inject('postgres'))
    const url = `${tandem.url}/wopibootstrapper`
    const refused = await callWopi('GET', url)
    expect([refused.status, refused.headers['www-authenticate']]).toEqual([401, 'Bearer'])
    const { bearer } = await tandem.person('alice')
    const answer = await callWopi('GET', url, { authorization: `Bearer ${bearer}` })
    expect(answer.json<Answered>().Bootstrap.UserId).toBe('alice')
    for (const token of [bearer, new URL(answer.json<Answered>().Bootstrap.EcosystemUrl).search.slice(14)])
      expect(tandem.log.join('')).not.toContain(token)
  })
})
