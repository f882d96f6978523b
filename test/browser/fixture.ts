/// <reference lib="dom" />
import type { Browser, BrowserContext, Frame, Page } from 'playwright-core'
import { inject } from 'vitest'
import type { ApiRole } from '../../src/auth/api-user.js'
import type { FileView, Role } from '../kit/people.js'
import { Tandem } from '../kit/tandem.js'
import { Editor } from '../kit/wopi.js'
import { linkFor } from '../pages/visitor.js'
import { until } from '../reliability/until.js'
import { startBrowser } from './browser.js'
import { FakeEditor, type Posted } from './fake-editor.js'
import { discoveryRead } from '../discovery/discovery-read.js'

export type Family = 'microsoft' | 'collabora' | 'onlyoffice'

/** A browser, a Tandem and an editor that does what it is told. */
export class Fixture implements AsyncDisposable {
  private constructor(
    readonly browser: Browser,
    readonly tandem: Tandem,
    readonly editor: FakeEditor,
  ) {}

  static async set(family: Family = 'microsoft'): Promise<Fixture> {
    const editor = await FakeEditor.start(family)
    const env = { EDITORS: `fake=${editor.origin}/hosting/discovery`, PROOF: 'off' }
    const tandem = await Tandem.start(inject('postgres'), { env })
    await discoveryRead(tandem)
    return new Fixture(await startBrowser(), tandem, editor)
  }

  /** A browser of that person's own. */
  async signedIn(user: string, role: ApiRole = 'user'): Promise<BrowserContext> {
    const context = await this.browser.newContext()
    const page = await context.newPage()
    await page.goto(await linkFor(this.tandem, user, role))
    await page.waitForURL(`${this.tandem.publicUrl}/`)
    await page.close()
    return context
  }

  file(others: Readonly<Record<string, Role>> = {}, name?: string): Promise<FileView> {
    return this.tandem.sharedFile('content', others, name)
  }

  /** Opens a document at the host page, as far as the editor's page is there and said so. */
  async opens(
    context: BrowserContext,
    path: string,
    prepare?: (page: Page) => Promise<void>,
  ): Promise<OpenEditor> {
    const page = await context.newPage()
    await prepare?.(page)
    const before = this.editor.posts.length
    await page.goto(this.tandem.publicUrl + path)
    const posted = await this.posted(before)
    return new OpenEditor(page, this, posted)
  }

  /** The form that came after `before` others. */
  async posted(before: number): Promise<Posted> {
    await until('the editor got its form', () => Promise.resolve(this.editor.posts.length > before))
    const posted = this.editor.posts[before]
    if (!posted) throw new Error('no form')
    return posted
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.browser.close()
    await this.tandem.stop()
    await this.editor[Symbol.asyncDispose]()
  }
}

/** A document that is open in the fake editor. */
export class OpenEditor {
  constructor(
    readonly page: Page,
    private readonly fixture: Fixture,
    readonly posted: Posted,
  ) {}

  get fileId(): string {
    return new URL(this.page.url()).pathname.split('/')[2] ?? ''
  }

  /** What the editor service asks with the token that it was given. */
  get service(): Editor {
    return new Editor(this.fixture.tandem.url, this.fileId, this.posted.accessToken)
  }

  async frame(): Promise<Frame> {
    const handle = await this.page.waitForSelector('iframe')
    const frame = await handle.contentFrame()
    if (!frame) throw new Error('no frame')
    await frame.waitForSelector('#here')
    return frame
  }

  /** The editor's page says something to the page around it. */
  async says(MessageId: string, Values: unknown = {}): Promise<void> {
    const frame = await this.frame()
    await frame.evaluate(
      (data) => {
        parent.postMessage(data, '*')
      },
      JSON.stringify({ MessageId, SendTime: Date.now(), Values }),
    )
  }

  /** What the editor's page has heard so far. */
  async heard(): Promise<{ MessageId: string; Values: Record<string, unknown> }[]> {
    const frame = await this.frame()
    const said = await frame.evaluate(() => (globalThis as unknown as { heard: { data: string }[] }).heard)
    return said.map(({ data }) => JSON.parse(data) as { MessageId: string; Values: Record<string, unknown> })
  }

  async notice(): Promise<string> {
    const notice = this.page.locator('#notice')
    return (await notice.isVisible()) ? ((await notice.textContent()) ?? '') : ''
  }
}
