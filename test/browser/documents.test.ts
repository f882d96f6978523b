/// <reference lib="dom" />
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { linkFor } from '../pages/visitor.js'
import { until } from '../reliability/until.js'
import { hasBrowser } from './browser.js'
import { Fixture } from './fixture.js'

describe.skipIf(!hasBrowser)('the list of documents in a browser', () => {
  let fixture: Fixture
  beforeAll(async () => {
    fixture = await Fixture.set()
  })
  afterAll(() => fixture[Symbol.asyncDispose]())

  it('signs in by a link, goes on to what was wanted, and forgets the code', async () => {
    const file = await fixture.file()
    await using context = await fixture.browser.newContext()
    const page = await context.newPage()
    const asked: string[] = []
    page.on('request', (request) => asked.push(request.url()))
    await page.goto(`${fixture.tandem.publicUrl}/edit/${file.id}`)
    expect(new URL(page.url()).pathname).toBe('/sign-in')
    const link = await linkFor(fixture.tandem, 'alice')
    const code = new URL(link).hash.slice(1)
    // As if pasted behind the address that is there.
    await page.evaluate((hash) => {
      location.hash = hash
    }, code)
    await page.waitForURL(`${fixture.tandem.publicUrl}/edit/${file.id}`)
    expect(asked.filter((address) => address.includes(code))).toEqual([])
    await page.goBack()
    expect(page.url()).not.toContain(code)
    await page.close()
    await context.clearCookies()
    const again = await context.newPage()
    await again.goto(link)
    await again.waitForFunction(() => (document.getElementById('problem')?.textContent ?? '') !== '')
    expect(await again.textContent('#problem')).toContain('works once')
  })

  it('goes on to what was wanted when the person signs in at another tab', async () => {
    const file = await fixture.file()
    await using context = await fixture.browser.newContext()
    const page = await context.newPage()
    await page.goto(`${fixture.tandem.publicUrl}/view/${file.id}?wdComment=7`)
    expect(new URL(page.url()).pathname).toBe('/sign-in')
    const tab = await context.newPage()
    await tab.goto(await linkFor(fixture.tandem, 'alice'))
    await page.waitForURL(`${fixture.tandem.publicUrl}/view/${file.id}?wdComment=7`)
  })

  it('asks before it makes somebody else of the person who is signed in', async () => {
    await using context = await fixture.signedIn('alice')
    const page = await context.newPage()
    const questions: string[] = []
    page.once('dialog', (dialog) => {
      questions.push(dialog.message())
      void dialog.dismiss()
    })
    await page.goto(await linkFor(fixture.tandem, 'mallory'))
    await page.waitForURL(`${fixture.tandem.publicUrl}/`)
    expect(questions).toEqual(['You are alice here. Sign in as mallory instead?'])
    expect(await page.textContent('#me')).toBe('alice')
    page.once('dialog', (dialog) => void dialog.accept())
    await page.goto(await linkFor(fixture.tandem, 'mallory'))
    await page.waitForURL(`${fixture.tandem.publicUrl}/`)
    expect(await page.textContent('#me')).toBe('mallory')
  })

  it('shows, uploads and opens documents, and names that are markup as text (W-01)', async () => {
    await using context = await fixture.signedIn('dora')
    const page = await context.newPage()
    const alerts: string[] = []
    page.on('dialog', (dialog) => {
      alerts.push(dialog.message())
      void dialog.dismiss()
    })
    await page.goto(`${fixture.tandem.publicUrl}/`)
    await page.waitForSelector('#empty:not([hidden])')
    const name = "' onload='alert(1)' & &lt;img src=x&gt;.docx"
    await page.setInputFiles('#upload', [
      { name, mimeType: 'application/octet-stream', buffer: Buffer.from('one') },
      { name: 'Plan.docx', mimeType: 'application/octet-stream', buffer: Buffer.from('two') },
      { name: 'CON', mimeType: 'application/octet-stream', buffer: Buffer.from('three') },
    ])
    await page.waitForSelector('#documents tr:nth-child(2)')
    expect(await page.locator('#documents tr td:first-child').allTextContents()).toEqual([name, 'Plan.docx'])
    await until('the refused one is named', async () =>
      ((await page.textContent('#problem')) ?? '').startsWith('CON: the name is reserved'),
    )
    const dora = await fixture.tandem.person('dora')
    const [, plan] = (await dora.calls('GET', '/files')).json<{ items: { id: string }[] }>().items
    expect((await dora.downloads(plan?.id ?? '')).toString()).toBe('two')
    await page.click('text=Plan.docx')
    await page.waitForURL(`${fixture.tandem.publicUrl}/edit/${plan?.id ?? ''}`)
    await fixture.posted(0)
    expect(alerts).toEqual([])
  })

  it('takes up a share link, for whoever signs in first, and keeps it out of the history', async () => {
    const file = await fixture.file()
    const owner = await fixture.tandem.editor(await fixture.tandem.person('alice'), file.id)
    const made = await owner.call('POST', '', {
      'X-WOPI-Override': 'GET_SHARE_URL',
      'X-WOPI-UrlType': 'ReadWrite',
    })
    const { ShareUrl } = made.json<{ ShareUrl: string }>()
    await using context = await fixture.browser.newContext()
    const page = await context.newPage()
    await page.goto(ShareUrl)
    expect(new URL(page.url()).pathname).toBe('/sign-in')
    const before = fixture.editor.posts.length
    await page.evaluate(
      (hash) => {
        location.hash = hash
      },
      new URL(await linkFor(fixture.tandem, 'stranger')).hash.slice(1),
    )
    await page.waitForURL(`${fixture.tandem.publicUrl}/edit/${file.id}`)
    await fixture.posted(before)
    const left = await page.evaluate(() => document.documentElement.outerHTML + location.href)
    expect(left).not.toContain('share=')
    await page.goto(`${ShareUrl.slice(0, -4)}AAAA`)
    await until(
      'it says that the link is no good',
      async () => ((await page.textContent('#problem')) ?? '') !== '',
    )
  })

  it('follows who is editing, by itself', async () => {
    const file = await fixture.file({ bob: 'editor', vera: 'viewer' })
    await using alice = await fixture.signedIn('alice')
    const page = await alice.newPage()
    await page.clock.install()
    await page.goto(`${fixture.tandem.publicUrl}/`)
    const now = page.locator(`[data-file="${file.id}"] td:nth-child(3)`)
    await now.waitFor({ state: 'attached' })
    expect(await now.textContent()).toBe('')
    const editor = await fixture.tandem.editor(await fixture.tandem.person('bob'), file.id)
    await editor.checkFileInfo()
    await editor.lock('session')
    await page.clock.fastForward(5000)
    await until('bob is shown', async () => (await now.textContent()) === 'bob is editing')
  })

  it('signs out, and shows nothing any more', async () => {
    await using context = await fixture.signedIn('alice')
    const page = await context.newPage()
    page.on('dialog', (dialog) => void dialog.accept())
    await page.goto(`${fixture.tandem.publicUrl}/`)
    await page.click('#sign-out')
    await page.waitForURL(`${fixture.tandem.publicUrl}/sign-in`)
    await page.goto(`${fixture.tandem.publicUrl}/`)
    expect(new URL(page.url()).pathname).toBe('/sign-in')
  })
})
