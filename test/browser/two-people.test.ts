/// <reference lib="dom" />
import { unzipSync } from 'fflate'
import type { Browser, BrowserContext, FrameLocator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { word } from '../../simulator/word.js'
import { StandInEditor } from '../../simulator/stand-in/stand-in-editor.js'
import type { Person } from '../kit/people.js'
import { Tandem } from '../kit/tandem.js'
import { linkFor } from '../pages/visitor.js'
import { until } from '../reliability/until.js'
import { hasBrowser, startBrowser } from './browser.js'
import { discoveryRead } from '../discovery/discovery-read.js'

interface Status {
  readonly state: string
  readonly sessionId: string | null
  readonly unsavedChanges: string
  readonly editors: { readonly userId: string }[]
  readonly lastSave: { readonly version: string; readonly editors: readonly string[] } | null
}

/** What somebody has open: the page of Tandem, and in it that of the editor. */
interface OpenDocument {
  readonly page: Page
  readonly editor: FrameLocator
}

describe.skipIf(!hasBrowser)('two people, one document, from signing in to the last version', () => {
  let editor: StandInEditor
  let tandem: Tandem
  let browser: Browser

  beforeAll(async () => {
    editor = await StandInEditor.start({ speed: 20 })
    // Proofs are required: the editor signs with the keys that its discovery document names.
    tandem = await Tandem.start(inject('postgres'), {
      env: { EDITORS: `stand-in=${editor.discoveryUrl()}` },
    })
    editor.allow(tandem.publicUrl)
    await discoveryRead(tandem)
    browser = await startBrowser()
  })
  afterAll(async () => {
    await browser.close()
    await editor.close()
    await tandem.stop()
  })

  async function signIn(user: string): Promise<BrowserContext> {
    const context = await browser.newContext()
    const page = await context.newPage()
    await page.goto(await linkFor(tandem, user))
    await page.waitForURL(`${tandem.publicUrl}/`)
    return context
  }

  async function open(context: BrowserContext, fileId: string): Promise<OpenDocument> {
    const page = await context.newPage()
    await page.goto(`${tandem.publicUrl}/edit/${fileId}`)
    const frame = page.frameLocator('#stage iframe')
    await frame.locator('#document').waitFor()
    return { page, editor: frame }
  }

  async function status(owner: Person, fileId: string): Promise<Status> {
    return (await owner.calls('GET', `/files/${fileId}/coauth-status`)).json<Status>()
  }

  it('keeps what both typed, and knows who it was', async () => {
    const alice = await signIn('alice')
    const [list] = alice.pages()
    const blank = word.blank('Minutes')
    await list?.setInputFiles('#upload', [
      { name: 'Minutes.docx', mimeType: 'application/octet-stream', buffer: Buffer.from(blank) },
    ])
    await list?.waitForSelector('#documents tr')
    const owner = await tandem.person('alice')
    const [file] = (await owner.calls('GET', '/files')).json<{ items: { id: string }[] }>().items
    const fileId = file?.id ?? ''
    await owner.grants(fileId, 'user:bob', 'editor')

    const hers = await open(alice, fileId)
    const bob = await signIn('bob')
    const his = await open(bob, fileId)
    await until('both are editing', async () => (await status(owner, fileId)).editors.length === 2)
    await list?.reload()
    await list?.waitForFunction(() => document.body.textContent.includes('alice and bob are editing'))

    await hers.editor.locator('#typing').fill('Alice was here\n')
    await his.editor.locator('#typing').fill('And Bob, too\n')
    for (const { editor: page } of [hers, his])
      for (const line of ['Alice was here', 'And Bob, too']) await page.getByText(line).first().waitFor()
    await until('it is known that something is unsaved, or was saved already', async () => {
      const { unsavedChanges, lastSave } = await status(owner, fileId)
      return unsavedChanges === 'yes' || lastSave !== null
    })
    await his.editor.locator('#close').click()
    await his.page.waitForURL(`${tandem.publicUrl}/`)
    await hers.editor.locator('#close').click()
    await hers.page.waitForURL(`${tandem.publicUrl}/`)
    await until('the session is over', async () => (await status(owner, fileId)).state === 'idle')

    const text = Buffer.from(unzipSync(await owner.downloads(fileId))['word/document.xml'] ?? []).toString()
    expect(text).toContain('Alice was here')
    expect(text).toContain('And Bob, too')
    const versions = await owner.versions(fileId)
    expect(versions.length).toBeGreaterThanOrEqual(2)
    expect(versions.at(-1)).toMatchObject({ author: 'alice', cause: 'upload' })
    const saves = versions.slice(0, -1)
    expect(saves.every(({ cause }) => cause === 'save')).toBe(true)
    expect(new Set(saves.flatMap(({ editors }) => editors))).toEqual(new Set(['alice', 'bob']))

    const root = await tandem.person('root', 'admin')
    const sessions = await root.calls('GET', `/admin/sessions?file=${fileId}`)
    const [session, ...others] = sessions.json<{ items: Record<string, unknown>[] }>().items
    expect(others).toEqual([])
    expect(session).toMatchObject({ application: 'word', endReason: 'closed' })
    const events = await root.calls('GET', `/admin/sessions/${String(session?.['id'])}/events`)
    const told = events.json<{ items: { kind: string; userId: string | null }[] }>().items
    expect(told.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining([
        'session-started',
        'participant-joined',
        'saved',
        'participant-left',
        'session-ended',
      ]),
    )
    const joined = told.filter(({ kind }) => kind === 'participant-joined').map(({ userId }) => userId)
    expect(joined).toEqual(['alice', 'bob'])
    await alice.close()
    await bob.close()
  })

  it('lets somebody who may only read see what the others write, and says why they may not', async () => {
    const owner = await tandem.person('alice')
    const blank = word.blank('Minutes')
    const file = await owner.createsFile('Notice.docx', Buffer.from(blank))
    await owner.grants(file.id, 'user:vera', 'viewer')
    const alice = await signIn('alice')
    const vera = await signIn('vera')
    const hers = await open(alice, file.id)
    const reader = await open(vera, file.id)
    await reader.editor.locator('#read-only').waitFor()
    expect(await reader.editor.locator('#typing').count()).toBe(0)
    expect(await reader.page.textContent('#notice')).toContain('You may read this document, not change it.')
    await hers.editor.locator('#typing').fill('For everybody\n')
    await hers.editor.locator('#close').click()
    await hers.page.waitForURL(`${tandem.publicUrl}/`)
    await until('it is saved', async () => (await owner.versions(file.id)).length > 1)
    await alice.close()
    await vera.close()
  })
})

describe.skipIf(!hasBrowser).each(['collabora', 'onlyoffice'] as const)('the same around %s', (family) => {
  it('opens, tells what is typed, saves and closes', async () => {
    await using editor = await StandInEditor.start({ speed: 20 })
    await using tandem = await Tandem.start(inject('postgres'), {
      env: { EDITORS: `stand-in=${editor.discoveryUrl(family)}` },
    })
    editor.allow(tandem.publicUrl)
    const alice = await tandem.person('alice')
    const file = await alice.createsFile('Minutes.docx', Buffer.from(word.blank('Minutes')))
    await discoveryRead(tandem)
    await using browser = await startBrowser()
    const page = await browser.newPage()
    await page.goto(await linkFor(tandem, 'alice'))
    await page.waitForURL(`${tandem.publicUrl}/`)
    await page.goto(`${tandem.publicUrl}/edit/${file.id}`)
    const frame = page.frameLocator('#stage iframe')
    await frame.locator('#typing').fill('Said in its own dialect\n')
    const told = async (): Promise<string[]> => {
      const root = await tandem.person('root', 'admin')
      const sessions = await root.calls('GET', `/admin/sessions?file=${file.id}`)
      const [session] = sessions.json<{
        items: { id: string; unsavedChanges: string; lastSave: unknown }[]
      }>().items
      return session ? [session.unsavedChanges, session.lastSave === null ? 'never saved' : 'saved'] : []
    }
    await until('the change is known, or saved already', async () => {
      const [unsaved, saved] = await told()
      return unsaved === 'yes' || saved === 'saved'
    })
    await frame.locator('#close').click()
    await page.waitForURL(`${tandem.publicUrl}/`)
    await until('it is saved', async () => (await alice.versions(file.id)).length > 1)
    const text = Buffer.from(unzipSync(await alice.downloads(file.id))['word/document.xml'] ?? []).toString()
    expect(text).toContain('Said in its own dialect')
  })
})
