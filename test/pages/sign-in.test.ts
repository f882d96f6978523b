import { execFileSync } from 'node:child_process'
import { rm } from 'node:fs/promises'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { cookieNameAt } from '../../src/auth/web-session.service.js'
import { freePort } from '../kit/free-port.js'
import { newDatabase } from '../kit/postgres.js'
import { startTandemProcess } from '../kit/tandem-process.js'
import { Tandem } from '../kit/tandem.js'
import { Editor } from '../kit/wopi.js'
import { scratchFolder } from '../kit/scratch.js'
import { expectProblem } from '../rest/problem.js'
import { CookieJar, linkFor, Visitor } from './visitor.js'

describe('signing in at the pages (W-08, W-10)', () => {
  let tandem: Tandem
  beforeAll(async () => {
    tandem = await Tandem.start(inject('postgres'))
  })
  afterAll(() => tandem.stop())

  /** Moves every session's past, in the database's own time. */
  async function age(column: 'last_seen_at' | 'expires_at', by: string): Promise<void> {
    const client = new pg.Client(tandem.databaseUrl)
    await client.connect()
    await client.query(`update web_session set ${column} = ${column} - $1::interval`, [by])
    await client.end()
  }

  /** As the page does it: the token that the editor gets. */
  async function opens(visitor: Visitor, fileId: string): Promise<Editor> {
    const issued = await visitor.calls('POST', `/files/${fileId}/access-tokens`, { mode: 'edit' })
    const { accessToken } = JSON.parse(issued.body) as { accessToken: string }
    return new Editor(tandem.url, fileId, accessToken)
  }

  it('shows nobody anything who is not signed in, and says how to', async () => {
    const visitor = new Visitor(tandem)
    for (const path of ['/', '/edit/abc', '/view/abc', '/edit/abc?share=x.y']) {
      const { status, headers } = await visitor.gets(path)
      expect(status).toBe(303)
      expect(headers['location']).toBe(`/sign-in?to=${encodeURIComponent(path)}`)
    }
    const page = await visitor.gets('/sign-in?to=%2F')
    expect(page.status).toBe(200)
    expect(page.body).toContain('npm run token -- USER --link')
    expectProblem(await visitor.calls('GET', '/me'), 401, 'not-signed-in')
  })

  it('takes a sign-in link once, and gives a cookie that scripts and other sites cannot use', async () => {
    const visitor = new Visitor(tandem)
    const link = await linkFor(tandem, 'alice')
    expect(link).toMatch(/\/sign-in#[\w.-]+$/)
    const { status, headers } = await visitor.opensLink(link)
    expect(status).toBe(204)
    expect(headers['set-cookie']).toMatch(/^tandem-[0-9a-f]{8}=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax$/)
    expect(JSON.parse((await visitor.calls('GET', '/me')).body)).toEqual({
      id: 'alice',
      displayName: 'alice',
      role: 'user',
    })
    expect((await visitor.gets('/')).status).toBe(200)
    expectProblem(await new Visitor(tandem).opensLink(link), 401, 'not-signed-in')
  })

  it('signs in once, however many come with one link at the same moment', async () => {
    const link = await linkFor(tandem, 'alice')
    const answers = await Promise.all(Array.from({ length: 10 }, () => new Visitor(tandem).opensLink(link)))
    expect(answers.filter(({ status }) => status === 204)).toHaveLength(1)
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(9)
  })

  it('takes no bearer token, no access token and nothing else for a sign-in code', async () => {
    const alice = await tandem.person('alice')
    const { id } = await alice.createsFile(`${Math.random()}.docx`, 'x')
    for (const code of [alice.bearer, await alice.opensForEdit(id), '', 'x', 'a.b.c', 'x'.repeat(2000)])
      expectProblem(await new Visitor(tandem).calls('POST', '/sign-in', { code }), 401, 'not-signed-in')
    const [, code = ''] = (await linkFor(tandem, 'alice')).split('#')
    const answer = await new Visitor(tandem).calls('GET', '/me', undefined, {
      authorization: `Bearer ${code}`,
    })
    expectProblem(answer, 401, 'not-signed-in')
  })

  it('gives a new id at each sign-in, and never takes one that the browser brings (W-10)', async () => {
    const visitor = new Visitor(tandem)
    visitor.cookie = `${cookieNameAt(tandem.publicUrl)}=${'A'.repeat(43)}`
    await visitor.opensLink(await linkFor(tandem, 'alice'))
    const first = visitor.cookie
    await visitor.opensLink(await linkFor(tandem, 'alice'))
    expect(new Set([`${cookieNameAt(tandem.publicUrl)}=${'A'.repeat(43)}`, first, visitor.cookie]).size).toBe(
      3,
    )
    // Somebody else on the domain plants a second cookie of the name: it is not guessed which one counts.
    visitor.cookie = `${visitor.cookie}; ${first}`
    expect((await visitor.calls('GET', '/me')).status).toBe(401)
  })

  it('takes a cookie with a change only from pages of its own (W-08)', async () => {
    const root = await Visitor.signedIn(tandem, 'root', 'admin')
    const file = await tandem.sharedFile('content')
    const path = `/admin/locks/${file.id}`
    const reason = { reason: 'cleaning up' }
    const forged: [string, Record<string, string>][] = [
      ['a form on another site', { origin: 'https://evil.example', 'content-type': 'text/plain' }],
      ['a script on another site', { origin: 'https://evil.example', 'X-Tandem-Page': '1' }],
      ['a sandboxed frame', { origin: 'null', 'X-Tandem-Page': '1' }],
      ['a form on this site', { 'content-type': 'text/plain' }],
      ['another scheme', { origin: tandem.publicUrl.replace('http:', 'https:'), 'X-Tandem-Page': '1' }],
    ]
    for (const [, headers] of forged)
      expectProblem(await root.calls('DELETE', path, reason, headers), 403, 'cross-site')
    for (const way of ['/sign-out', `/files/${file.id}/access-tokens`, '/files?name=x.docx'])
      expectProblem(
        await root.calls('POST', way, { mode: 'edit' }, { origin: 'https://evil.example' }),
        403,
        'cross-site',
      )
    const signIn = { code: (await linkFor(tandem, 'mallory')).split('#')[1] }
    expectProblem(
      await root.calls('POST', '/sign-in', signIn, { origin: 'https://evil.example' }),
      403,
      'cross-site',
    )
    expect((await root.calls('GET', '/me')).status).toBe(200)
    // From the page itself it goes through to the answer: the file has no lock.
    expect((await root.calls('DELETE', path, reason)).status).toBe(404)
  })

  it('ends with the sign-out, and with it every access token that was issued in it (T-09)', async () => {
    const alice = await tandem.person('alice')
    const { id } = await alice.createsFile(`${Math.random()}.docx`, 'x')
    const visitor = await Visitor.signedIn(tandem, 'alice')
    const here = await opens(visitor, id)
    const elsewhere = await tandem.editor(alice, id)
    expect((await here.checkFileInfo()).status).toBe(200)
    const { cookie } = visitor
    const out = await visitor.calls('POST', '/sign-out')
    expect(out.status).toBe(204)
    expect(out.headers['set-cookie']).toMatch(/^tandem-[0-9a-f]{8}=; .*Max-Age=0$/)
    visitor.cookie = cookie
    expect((await visitor.calls('GET', '/me')).status).toBe(401)
    expect((await visitor.gets('/')).status).toBe(303)
    expect((await here.checkFileInfo()).status).toBe(401)
    expect((await elsewhere.checkFileInfo()).status).toBe(200)
  })

  it('takes the tokens along that came out of such a one', async () => {
    const alice = await tandem.person('alice')
    const { id } = await alice.createsFile(`${Math.random()}.docx`, 'x')
    const visitor = await Visitor.signedIn(tandem, 'alice')
    const editor = await opens(visitor, id)
    const name = `${Math.random()} copy.docx`
    const made = await editor.call(
      'POST',
      '',
      { 'X-WOPI-Override': 'PUT_RELATIVE', 'X-WOPI-SuggestedTarget': name },
      'y',
    )
    const url = new URL(made.json<{ Url: string }>().Url)
    const copy = new Editor(
      tandem.url,
      url.pathname.split('/')[3] ?? '',
      url.searchParams.get('access_token') ?? '',
    )
    expect((await copy.checkFileInfo()).status).toBe(200)
    await visitor.calls('POST', '/sign-out')
    expect((await copy.checkFileInfo()).status).toBe(401)
    expect((await copy.lock('x')).status).toBe(401)
  })

  it('leaves no token behind that is issued while its person signs out', { timeout: 60_000 }, async () => {
    const alice = await tandem.person('alice')
    const { id } = await alice.createsFile(`${Math.random()}.docx`, 'x')
    for (let round = 0; round < 20; round++) {
      const visitor = await Visitor.signedIn(tandem, 'alice')
      const [issued, out] = await Promise.all([
        visitor.calls('POST', `/files/${id}/access-tokens`, { mode: 'edit' }),
        visitor.calls('POST', '/sign-out'),
      ])
      expect(out.status).toBe(204)
      if (issued.status === 201) {
        const { accessToken } = JSON.parse(issued.body) as { accessToken: string }
        expect((await new Editor(tandem.url, id, accessToken).checkFileInfo()).status).toBe(401)
      } else expectProblem(issued, 401, 'not-signed-in')
    }
  })

  it('ends what another person had open at this browser, and hands on what the same one had', async () => {
    const alice = await tandem.person('alice')
    const { id } = await alice.createsFile(`${Math.random()}.docx`, 'x')
    const visitor = await Visitor.signedIn(tandem, 'alice')
    const editor = await opens(visitor, id)
    const first = visitor.cookie
    await visitor.opensLink(await linkFor(tandem, 'alice'))
    expect((await editor.checkFileInfo()).status).toBe(200)
    const second = visitor.cookie
    await visitor.opensLink(await linkFor(tandem, 'mallory'))
    expect((await editor.checkFileInfo()).status).toBe(401)
    for (const cookie of [first, second]) {
      visitor.cookie = cookie
      expect((await visitor.calls('GET', '/me')).status).toBe(401)
    }
  })

  it('ends after an hour in which nothing is asked, and after 12 hours in any case (W-10)', async () => {
    const idle = await Visitor.signedIn(tandem, 'alice')
    await age('last_seen_at', '59 minutes')
    expect((await idle.calls('GET', '/me')).status).toBe(200)
    await age('last_seen_at', '59 minutes')
    expect((await idle.calls('GET', '/me')).status).toBe(200)
    await age('last_seen_at', '61 minutes')
    expect((await idle.calls('GET', '/me')).status).toBe(401)
    const busy = await Visitor.signedIn(tandem, 'alice')
    await age('expires_at', '11 hours 59 minutes')
    expect((await busy.calls('GET', '/me')).status).toBe(200)
    await age('expires_at', '2 minutes')
    expect((await busy.calls('GET', '/me')).status).toBe(401)
  })

  it('keeps only a hash of the cookie, and says who signed in and out in the audit', async () => {
    const visitor = await Visitor.signedIn(tandem, 'ada', 'auditor')
    const client = new pg.Client(tandem.databaseUrl)
    await client.connect()
    const { rows } = await client.query<{ text: string }>(`select web_session::text as text from web_session`)
    await client.end()
    expect(rows.some(({ text }) => text.includes(visitor.cookie.split('=')[1] ?? 'none'))).toBe(false)
    await visitor.calls('POST', '/sign-out')
    const root = await tandem.person('root', 'admin')
    const audit = await root.calls('GET', '/admin/audit?actor=ada')
    const actions = audit.json<{ items: { action: string }[] }>().items.map(({ action }) => action)
    expect(actions).toEqual(expect.arrayContaining(['signed-in', 'signed-out']))
  })

  it('prints a link on the command line', { timeout: 60_000 }, async () => {
    const printed = execFileSync(process.execPath, ['scripts/run.mjs', 'src/token.js', 'bob', '--link'], {
      env: { ...process.env, DATA_DIR: tandem.dataDir, PUBLIC_URL: tandem.publicUrl },
    })
    const visitor = new Visitor(tandem)
    expect((await visitor.opensLink(printed.toString().trim().split('\n').at(-1) ?? '')).status).toBe(204)
    expect(JSON.parse((await visitor.calls('GET', '/me')).body)).toMatchObject({ id: 'bob', role: 'user' })
  })
})

type Site = Pick<Tandem, 'url' | 'publicUrl' | 'dataDir'>

/** In a process of its own: passport knows one set of strategies in each. */
async function startOther(): Promise<Site & AsyncDisposable> {
  const dataDir = await scratchFolder('tandem-other-')
  const port = await freePort()
  const publicUrl = `http://127.0.0.1:${port}`
  const databaseUrl = await newDatabase(inject('postgres'))
  const running = await startTandemProcess({ dataDir, databaseUrl, port, env: { PUBLIC_URL: publicUrl } })
  const end = async (): Promise<void> => {
    await running.stop()
    await rm(dataDir, { recursive: true })
  }
  return { url: running.url, publicUrl, dataDir, [Symbol.asyncDispose]: end }
}

describe('signing in elsewhere', () => {
  it('D2: two Tandems on one host name keep their people apart, whatever one does at the other', async () => {
    await using one = await Tandem.start(inject('postgres'))
    await using other = await startOther()
    const browser = new CookieJar()
    const at = (tandem: Site): Visitor => new Visitor(tandem, undefined, browser)
    const who = async (tandem: Site): Promise<unknown> => {
      const { status, body } = await at(tandem).calls('GET', '/me')
      return status === 200 ? (JSON.parse(body) as { id: string }).id : status
    }
    expect((await at(one).opensLink(await linkFor(one, 'alice'))).status).toBe(204)
    expect((await at(other).opensLink(await linkFor(other, 'bob'))).status).toBe(204)
    expect([await who(one), await who(other)]).toEqual(['alice', 'bob'])
    // Again, and as somebody else: only its own is replaced.
    await at(one).opensLink(await linkFor(one, 'carol'))
    expect([await who(one), await who(other)]).toEqual(['carol', 'bob'])
    expect(browser.size).toBe(2)
    await at(other).calls('POST', '/sign-out')
    expect([await who(one), await who(other)]).toEqual(['carol', 401])
  })

  it('D2: the cookie’s name is the same for one address however it is written, and another for another', () => {
    const name = cookieNameAt('https://office.example/tandem')
    expect(cookieNameAt('https://OFFICE.example:443/tandem')).toBe(name)
    const others = [
      'https://office.example',
      'https://office.example:8443/tandem',
      'http://office.example/tandem',
    ]
    expect(new Set([name, ...others.map(cookieNameAt)]).size).toBe(4)
  })

  it('has the cookie of TLS installations tied to their host', async () => {
    await using secure = await Tandem.start(inject('postgres'), {
      env: { PUBLIC_URL: 'https://office.example/tandem' },
    })
    const visitor = new Visitor(secure, 'https://office.example')
    const { headers, body } = await visitor.opensLink(await linkFor(secure, 'alice'))
    expect(body).toBe('')
    expect(headers['set-cookie']).toMatch(
      /^__Host-tandem-[0-9a-f]{8}=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Secure$/,
    )
    const page = await visitor.gets('/')
    expect(page.status).toBe(200)
    expect(page.body).toContain('src="/tandem/web/documents.js"')
  })

  it('takes no link that Tandem signed itself', async () => {
    // The strategy of the bearer tokens is for all of this process: this file's other Tandem has ended.
    const { Issuer } = await import('../rest/issuer.js')
    await using issuer = await Issuer.start()
    await using tandem = await Tandem.start(inject('postgres'), {
      env: { OIDC_ISSUER: issuer.url, OIDC_AUDIENCE: 'tandem' },
    })
    const link = await linkFor(tandem, 'root', 'admin')
    expectProblem(await new Visitor(tandem).opensLink(link), 401, 'not-signed-in')
    expect((await new Visitor(tandem).gets('/sign-in')).body).not.toContain('npm run')
  })
})
