/// <reference lib="dom" />
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { until } from '../reliability/until.js'
import { linkFor } from '../pages/visitor.js'
import { hasBrowser } from './browser.js'
import { OpenEditor, Fixture } from './fixture.js'

interface Status {
  readonly state: string
  readonly unsavedChanges: string
  readonly editors: { readonly userId: string; readonly lastSeenAt: string }[]
}

describe.skipIf(!hasBrowser)('the host page in a browser', () => {
  let fixture: Fixture
  beforeAll(async () => {
    fixture = await Fixture.set()
  })
  afterAll(() => fixture[Symbol.asyncDispose]())

  async function status(fileId: string): Promise<Status> {
    const alice = await fixture.tandem.person('alice')
    return (await alice.calls('GET', `/files/${fileId}/coauth-status`)).json<Status>()
  }

  it('gives the token to the editor by a form, and leaves it nowhere (W-05)', async () => {
    const file = await fixture.file()
    await using alice = await fixture.signedIn('alice')
    const addresses: string[] = []
    alice.on('request', (request) => addresses.push(request.url()))
    const { page, posted } = await fixture.opens(
      alice,
      `/edit/${file.id}?wdComment=a%26b%3D1&wdOrigin=mail&other=x`,
    )
    const { accessToken } = posted
    expect(posted.url).toBe(
      `/we/wordeditorframe.aspx?wopisrc=${encodeURIComponent(`${fixture.tandem.publicUrl}/wopi/files/${file.id}`)}&wdComment=a%26b%3D1&wdOrigin=mail`,
    )
    expect(accessToken.split('.')).toHaveLength(3)
    expect(posted.accessTokenTtl).toBeGreaterThan(Date.now() + 9.9 * 3_600_000)
    expect(posted.headers.referer).toBeUndefined()
    const left = await page.evaluate(() =>
      [
        document.documentElement.outerHTML,
        location.href,
        window.name,
        Object.entries(localStorage).join(),
        Object.entries(sessionStorage).join(),
        document.cookie,
      ].join('\n'),
    )
    expect(left).not.toContain(accessToken)
    expect(left).not.toContain('access_token')
    expect(addresses.filter((address) => address.includes(accessToken))).toEqual([])
    expect(await page.title()).toBe(`${file.name} – Tandem`)
  })

  it('opens anew, with a new token, when the person comes back or reloads (W-06)', async () => {
    const file = await fixture.file()
    await using alice = await fixture.signedIn('alice')
    const { page, posted } = await fixture.opens(alice, `/edit/${file.id}`)
    const seen = new Set([posted.accessToken])
    const ways = [
      async () => {
        await page.goto(`${fixture.tandem.publicUrl}/`)
        await page.goBack()
      },
      () => page.reload(),
    ]
    for (const way of ways) {
      const before = fixture.editor.posts.length
      await way()
      seen.add((await fixture.posted(before)).accessToken)
    }
    expect(seen.size).toBe(3)
  })

  it('hears nobody but the editor in its own frame (W-03)', async () => {
    const file = await fixture.file()
    await using alice = await fixture.signedIn('alice')
    const open = await fixture.opens(alice, `/edit/${file.id}`)
    const { page } = open
    await open.service.checkFileInfo()
    const close = JSON.stringify({ MessageId: 'UI_Close', SendTime: 1, Values: {} })
    const here = page.url()
    // From this very page, and from another of the editor's origin that is not our frame.
    await page.evaluate((data) => {
      postMessage(data, '*')
    }, close)
    const frame = await open.frame()
    await frame.evaluate(async (data) => {
      const inner = document.createElement('iframe')
      inner.src = location.href
      document.body.append(inner)
      await new Promise((loaded) => inner.addEventListener('load', loaded))
      const code = `top.postMessage(${JSON.stringify(data)}, '*')`
      ;(inner.contentWindow as unknown as { eval(code: string): void }).eval(code)
    }, close)
    const sayRaw = (data: unknown): Promise<void> =>
      frame.evaluate((raw) => {
        parent.postMessage(raw, '*')
      }, data)
    const nonsense = [
      close.slice(1),
      'UI_Close',
      '',
      'null',
      '[]',
      '"UI_Close"',
      JSON.parse(close) as object,
      null,
      7,
      { MessageId: ['UI_Close'] },
      JSON.stringify({ MessageId: 'UI_Close', Values: { padding: 'x'.repeat(1024 * 1024) } }),
      JSON.stringify({ MessageId: 'Eval', Values: { code: 'location="https://evil.example"' } }),
      JSON.stringify({ MessageId: '__proto__', Values: null }),
    ]
    for (const data of nonsense) await sayRaw(data)
    // What comes after all that is heard; so all that was there, and was not obeyed.
    await open.says('File_Rename', { NewName: '<b>New</b> name' })
    await page.waitForFunction(() => document.title === '<b>New</b> name – Tandem')
    expect(page.url()).toBe(here)
  })

  it('goes back to the documents when the editor is closed, whatever address that names (W-03, W-07)', async () => {
    const file = await fixture.file()
    await using alice = await fixture.signedIn('alice')
    const open = await fixture.opens(alice, `/edit/${file.id}`)
    await open.service.checkFileInfo()
    expect((await status(file.id)).editors).toHaveLength(1)
    await open.says('UI_Close', { Url: 'https://evil.example', CloseUrl: 'javascript:alert(1)' })
    await open.page.waitForURL(`${fixture.tandem.publicUrl}/`)
    await until('the person has left', async () => (await status(file.id)).editors.length === 0)
  })

  it('does not let its frame go elsewhere, nor itself be led away by it (W-02, W-03)', async () => {
    const file = await fixture.file()
    await using alice = await fixture.signedIn('alice')
    const open = await fixture.opens(alice, `/edit/${file.id}`)
    const elsewhere: string[] = []
    alice.on('request', (request) => {
      if (new URL(request.url()).hostname === 'localhost') elsewhere.push(request.url())
    })
    const evil = `${fixture.tandem.url.replace('127.0.0.1', 'localhost')}/sign-in`
    const frame = await open.frame()
    const refused = open.page.waitForEvent('console', { predicate: (line) => /frame-src/.test(line.text()) })
    await frame.evaluate((url) => {
      location.href = url
    }, evil)
    await refused
    const { page } = await fixture.opens(alice, `/edit/${file.id}`)
    const leadAway = JSON.stringify({ MessageId: 'Lead_Away', Values: { url: evil } })
    await until('it may not', async () => {
      await page.evaluate((data) => {
        frames[0]?.postMessage(data, '*')
      }, leadAway)
      return (await page.title()) === 'refused – Tandem'
    })
    expect(page.url()).toContain(`/edit/${file.id}`)
    expect(elsewhere).toEqual([])
  })

  it('tells Tandem of edits as Office reports them, and of the end when the tab is closed', async () => {
    const file = await fixture.file()
    await using alice = await fixture.signedIn('alice')
    const open = await fixture.opens(alice, `/edit/${file.id}`)
    await open.service.checkFileInfo()
    await open.says('App_LoadingStatus', { DocumentLoadedTime: Date.now() })
    await until('the editor is told that the page is ready', async () =>
      (await open.heard()).some(({ MessageId }) => MessageId === 'Host_PostmessageReady'),
    )
    await open.says('Edit_Notification')
    await until('the edit is known', async () => (await status(file.id)).unsavedChanges === 'yes')
    await open.page.close({ runBeforeUnload: true })
    await until('the person has left', async () => (await status(file.id)).editors.length === 0)
  })

  it('says why a document can only be read, and opens it all the same (RELIABILITY-SECURITY.md §3.12)', async () => {
    const file = await fixture.file({ vera: 'viewer' })
    await using vera = await fixture.signedIn('vera')
    const open = await fixture.opens(vera, `/edit/${file.id}`)
    const info = (await open.service.checkFileInfo()).json<Record<string, unknown>>()
    expect(info).toMatchObject({ UserCanWrite: false, ReadOnly: true })
    await until('the reason is shown', async () =>
      (await open.notice()).startsWith('You may read this document'),
    )
  })

  it('says so when the right is taken away while the document is open', async () => {
    const file = await fixture.file({ bob: 'editor' })
    await using bob = await fixture.signedIn('bob')
    const open = await fixture.opens(bob, `/edit/${file.id}`)
    await open.service.checkFileInfo()
    await open.says('App_LoadingStatus', {})
    const owner = await fixture.tandem.person('alice')
    await owner.grants(file.id, 'user:bob', 'viewer')
    await open.says('Edit_Notification')
    await until('it says so', async () =>
      (await open.notice()).startsWith('Your right to edit this document was taken'),
    )
    await owner.revokes(file.id, 'user:bob')
    const again = await fixture.opens(bob, `/edit/${(await fixture.file({ bob: 'editor' })).id}`)
    await owner.revokes(again.fileId, 'user:bob')
    await again.says('Edit_Notification')
    await until(
      'it says so',
      async () => (await again.notice()) === 'This document is no longer shared with you.',
    )
  })

  it('leaves the editor alone when the browser session is over, and says so (pain 42)', async () => {
    const file = await fixture.file()
    await using alice = await fixture.signedIn('alice')
    const open = await fixture.opens(alice, `/edit/${file.id}`, (page) => page.clock.install())
    await open.says('App_LoadingStatus', {})
    await alice.clearCookies()
    await open.page.clock.fastForward('00:11:00')
    await until('it says so', async () => (await open.notice()).startsWith('You are no longer signed in.'))
    expect(new URL(open.page.url()).pathname).toBe(`/edit/${file.id}`)
    const asked = open.page.waitForEvent('popup')
    await open.page.click('#notice button')
    const tab = await asked
    await tab.goto(await linkFor(fixture.tandem, 'alice'))
    await tab.waitForURL(`${fixture.tandem.publicUrl}/`)
    const before = fixture.editor.posts.length
    await open.page.clock.fastForward('09:36:00')
    await fixture.posted(before)
    await until('the notice is gone', async () => (await open.notice()) === '')
  })

  it('tells an auditor that documents are not for auditors, once', async () => {
    const file = await fixture.file({ ada: 'viewer' })
    await using ada = await fixture.signedIn('ada', 'auditor')
    const page = await ada.newPage()
    const answer = await page.goto(`${fixture.tandem.publicUrl}/view/${file.id}`)
    expect(answer?.status()).toBe(403)
    expect(await page.textContent('main')).toContain('An auditor may look at')
  })

  it('renews Office by opening it anew before the token ends, but never over unsaved changes (pain 42)', async () => {
    const file = await fixture.file()
    await using alice = await fixture.signedIn('alice')
    const open = await fixture.opens(alice, `/edit/${file.id}`, (page) => page.clock.install())
    const before = fixture.editor.posts.length
    await open.says('App_LoadingStatus', {})
    await open.says('Edit_Notification')
    await open.page.clock.fastForward('09:46:00')
    await until('it asks', async () => (await open.notice()).startsWith('Your session ends at'))
    expect(fixture.editor.posts).toHaveLength(before)
    await open.page.click('#notice button')
    const renewed = await fixture.posted(before)
    expect(renewed.accessToken).not.toBe(open.posted.accessToken)
    await until('the question is gone', async () => (await open.notice()) === '')
    await open.page.clock.fastForward('09:46:00')
    await fixture.posted(before + 1)
  })
})

describe.skipIf(!hasBrowser)('the host page around Collabora', () => {
  let fixture: Fixture
  beforeAll(async () => {
    fixture = await Fixture.set('collabora')
  })
  afterAll(() => fixture[Symbol.asyncDispose]())

  async function status(fileId: string): Promise<Status> {
    const alice = await fixture.tandem.person('alice')
    return (await alice.calls('GET', `/files/${fileId}/coauth-status`)).json<Status>()
  }

  it('knows from it what is modified, and that it is saved', async () => {
    const file = await fixture.file()
    await using alice = await fixture.signedIn('alice')
    const open = await fixture.opens(alice, `/edit/${file.id}`)
    await open.service.checkFileInfo()
    await open.says('App_LoadingStatus', { Status: 'Frame_Ready' })
    await open.says('App_LoadingStatus', { Status: 'Document_Loaded' })
    await until('it is asked who is in the document', async () =>
      (await open.heard()).some(({ MessageId }) => MessageId === 'Get_Views'),
    )
    await open.says('Doc_ModifiedStatus', { Modified: true })
    await until('changed', async () => (await status(file.id)).unsavedChanges === 'yes')
    await open.says('Doc_ModifiedStatus', { Modified: false })
    await until('unclear', async () => (await status(file.id)).unsavedChanges === 'unknown')
    await open.service.lock('session')
    await open.service.putFile('changed', 'session')
    await open.says('Doc_ModifiedStatus', { Modified: false })
    await until('saved', async () => (await status(file.id)).unsavedChanges === 'no')
  })

  it('keeps those alive whom it lists in the document, and invents nobody', async () => {
    const file = await fixture.file({ bob: 'editor' })
    const bob = await fixture.tandem.editor(await fixture.tandem.person('bob'), file.id)
    await bob.checkFileInfo()
    await using alice = await fixture.signedIn('alice')
    const open = await fixture.opens(alice, `/edit/${file.id}`)
    await open.service.checkFileInfo()
    const seen = async (): Promise<string> =>
      (await status(file.id)).editors.find(({ userId }) => userId === 'bob')?.lastSeenAt ?? ''
    const before = await seen()
    await open.says('Views_List', [
      { UserId: 'bob', ReadOnly: false },
      { UserId: 'alice' },
      { UserId: 'mallory' },
      null,
    ])
    await until('bob was seen', async () => (await seen()) > before)
    expect((await status(file.id)).editors.map(({ userId }) => userId).sort()).toEqual(['alice', 'bob'])
  })

  it('gives it a new token in place before the old one ends (pain 42)', async () => {
    const file = await fixture.file()
    await using alice = await fixture.signedIn('alice')
    const open = await fixture.opens(alice, `/edit/${file.id}`, (page) => page.clock.install())
    await open.service.checkFileInfo()
    await open.says('Doc_ModifiedStatus', { Modified: true })
    const before = fixture.editor.posts.length
    await open.page.clock.fastForward('09:46:00')
    let token = ''
    await until('the token is reset', async () => {
      const reset = (await open.heard()).find(({ MessageId }) => MessageId === 'Reset_Access_Token')
      token = (reset?.Values['token'] as string | undefined) ?? ''
      return token !== ''
    })
    expect(token).not.toBe(open.posted.accessToken)
    expect(fixture.editor.posts).toHaveLength(before)
    // The editor has not used the new one yet, and alice has not left.
    const root = await fixture.tandem.person('root', 'admin')
    const participants = async (): Promise<{ leftAt: string | null }[]> => {
      const sessions = await root.calls('GET', `/admin/sessions?file=${file.id}`)
      const id = sessions.json<{ items: { id: string }[] }>().items[0]?.id ?? ''
      const session = await root.calls('GET', `/admin/sessions/${id}`)
      return session.json<{ participants: { leftAt: string | null }[] }>().participants
    }
    await until('the new token has taken the place of the old one', async () =>
      (await participants()).some(({ leftAt }) => leftAt !== null),
    )
    expect((await participants()).filter(({ leftAt }) => leftAt === null)).toHaveLength(1)
    expect((await status(file.id)).editors.map(({ userId }) => userId)).toEqual(['alice'])
    const renewed = new OpenEditor(open.page, fixture, { ...open.posted, accessToken: token })
    expect((await renewed.service.checkFileInfo()).status).toBe(200)
    expect((await status(file.id)).editors).toHaveLength(1)
  })

  it('says when it ends the session by itself', async () => {
    const file = await fixture.file()
    await using alice = await fixture.signedIn('alice')
    const open = await fixture.opens(alice, `/edit/${file.id}`)
    await open.service.checkFileInfo()
    await open.says('Session_Closed', { Reason: 'OwnerTermination' })
    await until('it says so', async () =>
      (await open.notice()).startsWith('The editor has ended this session.'),
    )
    await until('the person has left', async () => (await status(file.id)).editors.length === 0)
  })
})
