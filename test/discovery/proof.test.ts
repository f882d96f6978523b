import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { ProofKeys } from '../../simulator/proof-key.js'
import { WopiClient } from '../../simulator/wopi-client.js'
import type { FileView } from '../kit/people.js'
import { Tandem } from '../kit/tandem.js'
import { rawRequest, type RawAnswer } from '../permission/raw-http.js'
import { until } from '../reliability/until.js'
import { routesOf } from '../rest/router.js'
import { EditorService } from './editor-service.js'
import { signedCall, signer, type SignedCall } from './signing.js'

interface LogLine {
  readonly event?: string
  readonly level: number
  readonly code?: string
  readonly reason?: string
  readonly combination?: string
}

interface Door {
  readonly path: string
  readonly token: string
}

const strangers = new ProofKeys()

describe('proof keys (WOPI.md §14)', () => {
  let routes: string[]
  let editor: EditorService
  let tandem: Tandem
  let token: string
  let path: string

  beforeAll(async () => {
    routes = await routesOf(inject('postgres'))
    editor = await EditorService.start()
    tandem = await Tandem.start(inject('postgres'), { env: { EDITORS: `office=${editor.discoveryUrl}` } })
    await until('discovery is read', () =>
      Promise.resolve(tandem.log.some((line) => line.includes('discovery-read'))),
    )
    const { id } = await tandem.sharedFile('content')
    token = await (await tandem.person('alice')).opens(id, 'edit')
    path = `/wopi/files/${id}`
  })
  afterAll(async () => {
    await tandem.stop()
    await editor[Symbol.asyncDispose]()
  })

  const lines = (): LogLine[] => tandem.log.map((line) => JSON.parse(line) as LogLine)
  const checks = (call: Partial<SignedCall> = {}): Promise<RawAnswer> =>
    signedCall(tandem, { keys: editor.keys, target: `${path}?access_token=${token}`, token, ...call })
  const statusOf = async (call: Partial<SignedCall>): Promise<number> => (await checks(call)).status
  const lastCombination = (): string | undefined =>
    lines().findLast(({ event }) => event === 'proof-matched')?.combination
  /** An address that an answer points to, with its token. */
  const pointedTo = async (from: Door, below: string): Promise<Door> => {
    const target = `${from.path}${below}?access_token=${from.token}`
    const url = /"Url":"([^"]+)"/.exec((await checks({ target, token: from.token })).body)?.[1] ?? ''
    const { pathname, searchParams } = new URL(url)
    return { path: pathname, token: searchParams.get('access_token') ?? '' }
  }
  const metric = async (labels: string): Promise<number> => {
    const { body } = await rawRequest(tandem.url, '/metrics')
    const [, count = '0'] =
      new RegExp(`^tandem_wopi_proofs_total\\{${labels}\\} (\\d+)$`, 'm').exec(body) ?? []
    return Number(count)
  }

  it('lets in an editor that signs: the scripted one opens, locks, saves and leaves', async () => {
    const client = new WopiClient({ sessionId: 'proof', proofKeys: editor.keys })
    const access = { wopiSrc: tandem.publicUrl + path, accessToken: token }
    expect(await client.checkFileInfo(access)).toMatchObject({ kind: 'ok' })
    expect(await client.lock(access, 'session')).toMatchObject({ kind: 'ok' })
    expect(await client.putFile(access, 'session', Buffer.from('better'), [])).toMatchObject({ kind: 'ok' })
    expect(await client.getFile(access)).toMatchObject({ kind: 'ok' })
    expect(await client.unlock(access, 'session')).toMatchObject({ kind: 'ok' })
    expect(await metric('editor="office",result="current"')).toBeGreaterThanOrEqual(5)
    expect(lastCombination()).toBe('current')
  })

  it('P-01: answers 500 on every WOPI route without a proof, whatever the token', async () => {
    const ecosystem = await pointedTo({ path, token }, '/ecosystem_pointer')
    const doors: Readonly<Record<string, Door>> = {
      '/wopi/files/:id': { path, token },
      '/wopi/ecosystem': ecosystem,
      '/wopi/containers/:id': await pointedTo(ecosystem, '/root_container_pointer'),
    }
    // A page that tells of its own person has no key, and what it tells counts for no right. FileUrl is never signed.
    const unsigned = /\/presence\/|\/file-contents\//
    const wopi = routes.filter((route) => / \/wopi\//.test(route) && !unsigned.test(route))
    expect(wopi.length).toBeGreaterThanOrEqual(14)
    for (const route of wopi) {
      const [method = '', pattern = ''] = route.split(' ')
      const [start, door] = Object.entries(doors).find(([prefix]) => pattern.startsWith(prefix)) ?? []
      if (start === undefined || !door) throw new Error(`no stand-in for ${route}`)
      const below = pattern.slice(start.length).replaceAll(/:\w+/g, 'x')
      const target = `${door.path}${below}?access_token=${door.token}`
      const answer = await rawRequest(tandem.url, target, { method })
      expect(answer.status, route).toBe(500)
      expect(answer.body).toBe('')
      // It is the proof that was wanting.
      if (method === 'GET') expect(await statusOf({ target, token: door.token }), route).toBe(200)
    }
  })

  it('lets the page around an editor tell who is there without one', async () => {
    const target = `${path}/presence/here?access_token=${token}`
    expect((await rawRequest(tandem.url, target, { method: 'POST' })).status).toBe(204)
  })

  it.each([
    ['no header', { 'X-WOPI-Proof': undefined, 'X-WOPI-ProofOld': undefined, 'X-WOPI-TimeStamp': undefined }],
    ['only ProofOld', { 'X-WOPI-Proof': undefined }],
    ['only the time', { 'X-WOPI-Proof': undefined, 'X-WOPI-ProofOld': undefined }],
    ['no time', { 'X-WOPI-TimeStamp': undefined }],
    ['an empty proof', { 'X-WOPI-Proof': '' }],
  ])('P-01: refuses a call with %s', async (_what, headers) => {
    expect(await statusOf({ headers })).toBe(500)
  })

  it('P-02: takes the three combinations, and says which; not the fourth', async () => {
    const { current, old } = editor.keys
    const next = strangers.current
    expect(await statusOf({ keys: signer(current, old) })).toBe(200)
    expect(lastCombination()).toBe('current')
    // Its client has rotated: its old key is our current one.
    expect(await statusOf({ keys: signer(next, current) })).toBe(200)
    expect(lastCombination()).toBe('old-header')
    // We have read the new keys; this machine of the client has not.
    expect(await statusOf({ keys: signer(old, next) })).toBe(200)
    expect(lastCombination()).toBe('old-key')
    expect(await statusOf({ keys: signer(next, old) })).toBe(500)
    expect(await metric('editor="office",result="old-header"')).toBe(1)
    expect(await metric('editor="office",result="old-key"')).toBe(1)
    expect(await metric('editor="",result="wrong"')).toBeGreaterThan(0)
  })

  const garbage = ['%%%', '=', 'AAA', 'SU5WQUxJRA==', `${'A'.repeat(343)}-`, 'A'.repeat(20_000), '"', 'a, b']
  it.each(garbage)('P-03: takes no garbage for a proof, beside a wrong one or alone: %.20s', async (text) => {
    expect(await statusOf({ headers: { 'X-WOPI-Proof': text } })).toBe(500)
    expect(await statusOf({ keys: strangers, headers: { 'X-WOPI-ProofOld': text } })).toBe(500)
    // Where the proof itself is right, what else is there does not matter (WOPI.md §14.2).
    expect(await statusOf({ headers: { 'X-WOPI-ProofOld': text } })).toBe(200)
  })

  it('P-03: the request line and headers end at 64 KB', async () => {
    expect(await statusOf({ headers: { 'X-WOPI-Proof': 'A'.repeat(100_000) } })).toBe(431)
  })

  it('P-04, P-06: a captured call is good for 20 minutes', async () => {
    expect(await statusOf({ at: Date.now() - 1_199_000 })).toBe(200)
    expect(await statusOf({ at: Date.now() - 1_201_000 })).toBe(500)
    expect(await statusOf({ at: Date.now() + 360_000 })).toBe(500)
    expect(await metric('editor="",result="stale"')).toBeGreaterThanOrEqual(2)
    // Another time on an old proof is another blob.
    const { 'X-WOPI-TimeStamp': time } = editor.keys.headers('', '', Date.now())
    expect(await statusOf({ at: Date.now() - 1_201_000, headers: { 'X-WOPI-TimeStamp': time } })).toBe(500)
  })

  it('P-05: covers neither override nor lock nor body', async () => {
    const lock = { method: 'POST', headers: { 'X-WOPI-Override': 'GET_LOCK' } } as const
    expect(await statusOf(lock)).toBe(200)
    expect(await statusOf({ ...lock, headers: { 'X-WOPI-Override': 'PUT_USER_INFO' }, body: 'other' })).toBe(
      200,
    )
  })

  it('P-06: replaying a save changes no content, and adds no line to the history', async () => {
    const put = (at: number): Promise<RawAnswer> =>
      checks({
        method: 'POST',
        target: `${path}/contents?access_token=${token}`,
        headers: { 'X-WOPI-Override': 'PUT', 'X-WOPI-Lock': 'replay' },
        body: 'saved once',
        at,
      })
    await checks({ method: 'POST', headers: { 'X-WOPI-Override': 'LOCK', 'X-WOPI-Lock': 'replay' } })
    const at = Date.now()
    const alice = await tandem.person('alice')
    const file = `/files/${path.split('/').at(-1) ?? ''}`
    const modifiedAt = async (): Promise<string> =>
      (await alice.calls('GET', file)).json<FileView>().modifiedAt
    const first = Number((await put(at)).headers['x-wopi-itemversion'])
    const once = await modifiedAt()
    expect(Number((await put(at)).headers['x-wopi-itemversion'])).toBe(first + 1)
    expect(await modifiedAt()).toBe(once)
    const { items } = (await alice.calls('GET', `${file}/versions`)).json<{ items: { version: string }[] }>()
    expect(items.map(({ version }) => Number(version)).filter((version) => version >= first)).toEqual([
      first + 1,
    ])
  })

  it('P-07: signs what is asked for, byte for byte, in 12 forms', async () => {
    const escaped = token.replaceAll('.', '%2E')
    const lower = token.replaceAll('.', '%2e').replaceAll('-', '%2d').replaceAll('_', '%5f')
    for (const query of [
      `access_token=${token}`,
      `access_token=${escaped}`,
      `access_token=${lower}`,
      `access_token=${token}&access_token_ttl=1`,
      `access_token_ttl=1&access_token=${token}`,
      `access_token=${token}&permission=edit&x=%7E`,
      `access_token=${token}&x=~`,
      `access_token=${token}&x=a+b`,
      `access_token=${token}&x=a%20b`,
      `access_token=${token}&`,
      `&access_token=${token}`,
      `access_token=${escaped}&access_token=${escaped}`,
    ]) {
      const target = `${path}?${query}`
      expect(await statusOf({ target }), query).toBe(200)
      // The form in the query is signed by Microsoft's own code, the decoded one by its validator (§14.3).
      const raw = /access_token=([^&]*)/.exec(query)?.[1] ?? ''
      expect(await statusOf({ target, token: raw }), query).toBe(200)
    }
  })

  it.each([
    ['another file', { url: 'https://tandem.example/wopi/files/other' }],
    ['a parameter more', { target: `TARGET&more=1`, url: 'TARGET' }],
    ['a parameter less', { target: 'TARGET', url: 'TARGET&more=1' }],
    ['%7E for ~', { target: 'TARGET&x=~', url: 'TARGET&x=%7E' }],
    ['/contents', { target: 'CONTENTS', url: 'TARGET' }],
    ['another origin', { origin: 'https://evil.example' }],
    ['another port', { origin: 'http://127.0.0.1:1' }],
    ['another token', { token: 'eyJhbGciOiJIUzI1NiJ9.e30.x' }],
    ['the keys of a stranger', { keys: strangers }],
  ])('refuses a proof over %s', async (_what, call: Partial<SignedCall>) => {
    const fill = (text: string): string =>
      text
        .replace('TARGET', `${path}?access_token=${token}`)
        .replace('CONTENTS', `${path}/contents?access_token=${token}`)
    const target = fill(call.target ?? 'TARGET')
    const url =
      call.url === undefined
        ? {}
        : { url: call.url.startsWith('http') ? call.url : tandem.publicUrl + fill(call.url) }
    expect(await statusOf({ ...call, target, ...url })).toBe(500)
  })

  it('P-08: believes no header about its own address', async () => {
    const evil = { Host: 'evil.example', 'X-Forwarded-Host': 'evil.example', 'X-Forwarded-Proto': 'https' }
    const headers = { ...evil, Forwarded: 'host=evil.example;proto=https' }
    expect(await statusOf({ headers })).toBe(200)
    expect(await statusOf({ headers, origin: 'https://evil.example' })).toBe(500)
    const target = `http://evil.example${path}?access_token=${token}`
    expect(await statusOf({ target, url: target })).toBe(500)
  })

  it('pain 56: logs why, and which URL it expected, without the token', () => {
    const refused = lines().filter(({ code }) => code === 'proof-invalid')
    expect(refused.every(({ level }) => level === 40)).toBe(true)
    const reasons = refused.map(({ reason }) => reason)
    expect(reasons).toContain(
      `its proof fits no key of office; the URL is taken to be ${tandem.publicUrl}${path} with the query as it came`,
    )
    expect(reasons).toContain('it carries no proof, or none that can be read')
    expect(tandem.log.join('')).not.toContain(token)
  })

  it('P-01: a call without a token, or with two, is 401 as ever', async () => {
    expect(await statusOf({ target: path })).toBe(401)
    expect(await statusOf({ target: `${path}?access_token=a&access_token=b` })).toBe(401)
  })

  it('a genuine proof does not make a bad token good', async () => {
    const bad = `${token.slice(0, -2)}xx`
    expect(await statusOf({ target: `${path}?access_token=${bad}`, token: bad })).toBe(401)
  })

  it('D-08: all of this made one call to the editor, besides the one at the start', () => {
    expect(editor.requests).toBe(2)
  })
})
