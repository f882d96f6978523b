import { request } from 'undici'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { excel } from '../../simulator/excel.js'
import { powerpoint } from '../../simulator/powerpoint.js'
import { StandInEditor } from '../../simulator/stand-in/stand-in-editor.js'
import { word } from '../../simulator/word.js'
import type { FileView, Person } from '../kit/people.js'
import { Tandem } from '../kit/tandem.js'
import { until } from '../reliability/until.js'
import { StandInPage, postForm } from './stand-in-page.js'

interface Opening {
  readonly accessToken: string
  readonly actionUrl: string
  readonly wopiSrc: string
  readonly jti: string
}

let standIn: StandInEditor
let tandem: Tandem
let alice: Person
let bob: Person
let files = 0

beforeAll(async () => {
  standIn = await StandInEditor.start({ speed: 100 })
  const EDITORS = [
    `office=${standIn.discoveryUrl()}`,
    `collabora=${standIn.discoveryUrl('collabora')}`,
    `onlyoffice=${standIn.discoveryUrl('onlyoffice')}`,
  ].join(',')
  tandem = await Tandem.start(inject('postgres'), { env: { EDITORS } })
  standIn.allow(tandem.url)
  alice = await tandem.person('alice')
  bob = await tandem.person('bob')
  await bob.calls('GET', '/files')
  await until('discovery is read', async () => (await editors()).every(({ state }) => state === 'ok'))
})
afterAll(async () => {
  await standIn.close()
  await tandem.stop()
})

async function editors(): Promise<{ name: string; state: string; family: string | null }[]> {
  const ada = await tandem.person('ada', 'auditor')
  const answer = await ada.calls('GET', '/admin/editors')
  return answer.json<{ items: { name: string; state: string; family: string | null }[] }>().items
}

async function shared(application = word, role: 'editor' | 'viewer' = 'editor'): Promise<FileView> {
  const name = `Shared ${++files}.${application.extension}`
  const file = await alice.createsFile(name, Buffer.from(application.blank('Shared')))
  await alice.grants(file.id, 'user:bob', role)
  return file
}

async function opening(person: Person, fileId: string, wish: object = {}): Promise<Opening> {
  const answer = await person.calls('POST', `/files/${fileId}/access-tokens`, { mode: 'edit', ...wish })
  expect(answer.status, answer.body.toString()).toBe(201)
  return answer.json<Opening>()
}

async function open(person: Person, fileId: string, wish: object = {}): Promise<StandInPage> {
  const { actionUrl, accessToken } = await opening(person, fileId, wish)
  return StandInPage.open(actionUrl, accessToken)
}

async function linesOf(file: FileView, application = word): Promise<string[]> {
  return application.open(await alice.downloads(file.id)).lines()
}

describe('what it publishes', () => {
  it('is read by Tandem, which tells each family by it (docs/clients.md)', async () => {
    expect(await editors()).toMatchObject([
      { name: 'office', state: 'ok', family: 'microsoft' },
      { name: 'collabora', state: 'ok', family: 'collabora' },
      { name: 'onlyoffice', state: 'ok', family: 'onlyoffice' },
    ])
  })

  it.each(['office', 'collabora', 'onlyoffice'])('leads to a page of %s that opens', async (editor) => {
    for (const application of [word, excel('last-joined'), powerpoint]) {
      const file = await shared(application)
      const { actionUrl, accessToken, wopiSrc } = await opening(alice, file.id, { editor })
      expect(actionUrl.startsWith(`${standIn.origin}/editor/`)).toBe(true)
      expect(actionUrl.toLowerCase()).toContain(`wopisrc=${encodeURIComponent(wopiSrc).toLowerCase()}`)
      const page = await StandInPage.open(actionUrl, accessToken)
      expect(await page.until(() => true)).toMatchObject({ text: ['Shared'], unsaved: false })
      await page.types('typed here')
      expect(await page.leaves('and this while closing')).toEqual({ left: true })
      expect(await linesOf(file, application)).toEqual(['Shared', 'typed here', 'and this while closing'])
    }
  })
})

describe('co-authoring', () => {
  it('two people who open the same document see and save what both type', async () => {
    const file = await shared()
    const [hers, his] = [await open(alice, file.id), await open(bob, file.id, { editor: 'collabora' })]
    await hers.until(({ people }) => people.map(({ userId }) => userId).join() === 'alice,bob')
    await hers.types('from Alice <&>')
    await his.types('from Bob')
    const seen = await hers.until(({ text }) => text.includes('from Bob'))
    expect(seen.text).toEqual(['Shared', 'from Alice <&>', 'from Bob'])
    await hers.until(({ unsaved }) => !unsaved)
    await hers.leaves()
    await his.types('Bob again')
    await his.leaves()
    expect(await linesOf(file)).toEqual(['Shared', 'from Alice <&>', 'from Bob', 'Bob again'])
    const versions = await alice.versions(file.id)
    const together = versions.find(({ editors: by }) => by.length === 2)
    expect(together).toMatchObject({
      author: 'bob',
      editors: expect.arrayContaining(['alice', 'bob']) as unknown,
    })
    expect(versions.map(({ author, editors: by }) => [author, by])).toContainEqual(['bob', ['bob']])
    const status = await alice.calls('GET', `/files/${file.id}/coauth-status`)
    expect(status.json()).toMatchObject({ lock: null })
  })

  it('saves when the page asks for it, before it is due', async () => {
    const file = await shared()
    const page = await open(alice, file.id, { editor: 'collabora' })
    await page.types('now, please')
    expect(await page.calls('save')).toEqual({ status: 200, body: { saved: true } })
    expect(await linesOf(file)).toContain('now, please')
    await page.leaves()
  })

  it('opens an empty file as a new document', async () => {
    const file = await alice.createsFile('Empty.xlsx', Buffer.alloc(0))
    const page = await open(alice, file.id)
    await page.types('first row')
    await page.leaves()
    expect(await linesOf(file, excel('last-joined'))).toContain('first row')
  })
})

describe('rights', () => {
  it('shows a viewer what is saved, takes nothing from them, and takes no lock', async () => {
    const file = await shared(word, 'viewer')
    const his = await open(bob, file.id, { mode: 'view' })
    expect(his.settings['readOnly']).toBe(true)
    expect(his.html).not.toContain('<textarea')
    const status = await alice.calls('GET', `/files/${file.id}/coauth-status`)
    expect(status.json()).toMatchObject({ lock: null })
    expect(await his.types('I may not')).toBe(409)
    const hers = await open(alice, file.id)
    await hers.types('for you to read')
    const seen = await his.until(({ text }) => text.includes('for you to read'))
    expect(seen.people).toMatchObject([
      { userId: 'bob', readOnly: true },
      { userId: 'alice', readOnly: false },
    ])
    await alice.revokes(file.id, 'user:bob')
    await hers.types('not for you')
    const ended = await his.until((view) => view.ended !== undefined)
    expect(ended.text).not.toContain('not for you')
    await hers.leaves()
  })

  it('puts out whom the host lets edit no more, and the others go on', async () => {
    const file = await shared()
    const [hers, his] = [await open(alice, file.id), await open(bob, file.id)]
    await alice.revokes(file.id, 'user:bob')
    const { ended } = await his.until((view) => view.ended !== undefined)
    expect(ended).toContain('You are out of the document')
    expect(await his.types('too late')).toBe(409)
    await hers.types('still here')
    await hers.leaves()
    expect(await linesOf(file)).toEqual(['Shared', 'still here'])
  })

  it('says in words why it does not open', async () => {
    const file = await shared()
    const { actionUrl, accessToken } = await opening(bob, file.id)
    await alice.revokes(file.id, 'user:bob')
    const answer = await postForm(actionUrl, { access_token: accessToken })
    expect(answer.status).toBe(403)
    expect(answer.text).toContain('The host knows no such document, or you have no right to it.')
  })

  it('goes on with a new token of the same person, and with no other', async () => {
    const file = await shared()
    const first = await opening(alice, file.id, { editor: 'collabora' })
    const page = await StandInPage.open(first.actionUrl, first.accessToken)
    const others = await opening(bob, file.id)
    expect((await page.calls('token', { token: others.accessToken })).status).toBe(403)
    const renewed = await opening(alice, file.id)
    expect((await page.calls('token', { token: renewed.accessToken })).status).toBe(200)
    const root = await tandem.person('root', 'admin')
    expect((await root.calls('DELETE', `/admin/access-tokens/${first.jti}`)).status).toBeLessThan(300)
    await page.types('with the new one')
    await page.leaves()
    expect(await linesOf(file)).toContain('with the new one')
  })
})

describe('what it refuses', () => {
  it('does not call hosts that its operator did not name, nor anything but a file there', async () => {
    const { actionUrl } = await opening(alice, (await shared()).id)
    const [page = ''] = actionUrl.split('?')
    for (const source of [
      'http://169.254.169.254/wopi/files/x',
      `${tandem.url}/api/v1/files`,
      `${tandem.url}/wopi/files/x?access_token=y`,
      tandem.url.replace('//', '//alice@'),
      'file:///etc/passwd',
      '',
    ]) {
      const answer = await postForm(`${page}?wopisrc=${encodeURIComponent(source)}`, { access_token: 'x' })
      expect(answer.status, source).toBe(400)
    }
  })

  it('takes no more than a form and a call can hold', async () => {
    const file = await shared()
    const { actionUrl, accessToken } = await opening(alice, file.id)
    expect((await postForm(actionUrl, { access_token: 'x'.repeat(20_000) })).status).toBe(413)
    expect((await postForm(actionUrl, {})).status).toBe(400)
    const page = await StandInPage.open(actionUrl, accessToken)
    expect((await page.calls('changes', { lines: ['x'.repeat(70_000)] })).status).toBe(413)
    expect((await page.calls('changes', 'no JSON')).status).toBe(400)
    await page.leaves()
  })

  it('knows only pages that it opened, and those no more once they are left', async () => {
    const page = await open(alice, (await shared()).id)
    await page.leaves()
    expect(await page.types('too late')).toBe(404)
    const answer = await request(`${standIn.origin}/sittings/AAAA/events`)
    expect(answer.statusCode).toBe(404)
    await answer.body.dump()
  })

  it('a document that it cannot read, without leaving a lock', async () => {
    const file = await alice.createsFile('Broken.docx', 'this is no package')
    const { actionUrl, accessToken } = await opening(alice, file.id)
    const answer = await postForm(actionUrl, { access_token: accessToken })
    expect(answer.status).toBe(403)
    expect(answer.text).toContain('it is no document of Word that can be read here')
    const status = await alice.calls('GET', `/files/${file.id}/coauth-status`)
    expect(status.json()).toMatchObject({ lock: null })
  })
})

describe('its page', () => {
  it('has the token neither in itself nor in an address, and lets only hosts frame it', async () => {
    const { actionUrl, accessToken } = await opening(alice, (await shared()).id)
    const answer = await postForm(actionUrl, { access_token: accessToken })
    expect(answer.text).not.toContain(accessToken)
    expect(answer.headers['content-security-policy']).toContain(`frame-ancestors 'self' ${tandem.url}`)
    expect(answer.headers['referrer-policy']).toBe('no-referrer')
    await new StandInPage(actionUrl, answer.text).leaves()
  })

  it('finds all its files', async () => {
    const page = await open(alice, (await shared()).id)
    const wanted = new Set(
      Array.from(page.html.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g), ([, path]) => path ?? ''),
    )
    for (const path of wanted) {
      const answer = await request(standIn.origin + path)
      expect(answer.statusCode, path).toBe(200)
      const text = await answer.body.text()
      for (const [, name] of text.matchAll(/from '\.\/([\w-]+\.js)'/g)) wanted.add(`/assets/${name ?? ''}`)
    }
    expect(wanted.size).toBe(6)
    await page.leaves()
  })
})
