import { afterEach, beforeEach, expect, it } from 'vitest'
import { StandInEditor } from '../../simulator/stand-in/stand-in-editor.js'
import { word } from '../../simulator/word.js'
import { PretendHost } from './pretend-host.js'
import { postForm, StandInPage } from './stand-in-page.js'

let host: PretendHost
let standIn: StandInEditor

beforeEach(async () => {
  host = await PretendHost.start(word.blank('Report'))
  standIn = await StandInEditor.start({ speed: 100, hosts: [host.access('alice').wopiSrc] })
})
afterEach(async () => {
  await standIn.close()
  host.stop()
})

function address(family = 'microsoft'): string {
  const { wopiSrc } = host.access('alice')
  return `${standIn.origin}/editor/${family}/edit/frame.aspx?WOPISrc=${encodeURIComponent(wopiSrc)}`
}

function savedLines(): string[] {
  return word.open(host.content).lines()
}

it('keeps what is typed while the host is away, says so, and saves it afterwards', async () => {
  const page = await StandInPage.open(address(), 'alice')
  host.outOfOrder = 503
  await page.types('one')
  const waiting = await page.until(({ status }) => status.startsWith('save put off'))
  expect(waiting).toMatchObject({ unsaved: true, text: ['Report', 'one'] })
  host.outOfOrder = undefined
  await page.until(({ unsaved }) => !unsaved)
  expect(savedLines()).toEqual(['Report', 'one'])
})

it('puts everybody out, in words, when their saves are refused', async () => {
  const [hers, his] = [await StandInPage.open(address(), 'alice'), await StandInPage.open(address(), 'bob')]
  host.mayNotEdit.add('alice').add('bob')
  await hers.types('one')
  for (const page of [hers, his]) {
    const { ended } = await page.until((view) => view.ended !== undefined)
    expect(ended).toContain('You are out of the document')
  }
})

it('saves what is open and unlocks when it is stopped', async () => {
  const page = await StandInPage.open(address(), 'alice')
  await page.types('just typed')
  await standIn.close()
  expect(savedLines()).toEqual(['Report', 'just typed'])
  expect(host.lock).toBe('')
})

it('opens with words while the host is away, and takes no document of a kind that it does not know', async () => {
  host.outOfOrder = 500
  const away = await postForm(address(), { access_token: 'alice' })
  expect(away.status).toBe(502)
  expect(away.text).toContain('it takes no proof of this editor')
  host.outOfOrder = undefined
  host.properties = { BaseFileName: 'Plan <draft>.odt' }
  const strange = await postForm(address(), { access_token: 'alice' })
  expect(strange.status).toBe(415)
  expect(strange.text).toContain('not “Plan &lt;draft&gt;.odt”')
})

it('tells its page what the page around it wants to hear, and lets that one frame it (WOPI.md §15.4)', async () => {
  host.properties = {
    UserFriendlyName: 'Alice "<A>"',
    PostMessageOrigin: 'https://portal.test',
    ClosePostMessage: true,
    EditNotificationPostMessage: true,
    CloseUrl: 'https://portal.test/files',
  }
  const answer = await postForm(address('collabora'), { access_token: 'alice' })
  expect(answer.headers['content-security-policy']).toMatch(/frame-ancestors .* https:\/\/portal\.test$/)
  const page = new StandInPage(address(), answer.text)
  expect(page.settings).toMatchObject({
    family: 'collabora',
    readOnly: false,
    postMessageOrigin: 'https://portal.test',
    closePostMessage: true,
    editNotificationPostMessage: true,
    closeUrl: 'https://portal.test/files',
  })
  const second = await StandInPage.open(address(), 'alice')
  const { people } = await second.until(() => true)
  expect(people.map(({ name }) => name)).toEqual(['Alice "<A>"', 'Alice "<A>" (2)'])
})

it('lets no strange text into the policy of its page', async () => {
  host.properties = { PostMessageOrigin: "https://x.test; script-src 'unsafe-inline'" }
  const answer = await postForm(address(), { access_token: 'alice' })
  expect(answer.headers['content-security-policy']).not.toContain('unsafe-inline')
})
