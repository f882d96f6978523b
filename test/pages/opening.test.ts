import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { EditorService } from '../discovery/editor-service.js'
import type { Person } from '../kit/people.js'
import { Tandem } from '../kit/tandem.js'
import type { Editor } from '../kit/wopi.js'
import { expectProblem } from '../rest/problem.js'
import { discoveryRead } from '../discovery/discovery-read.js'

interface Opening {
  readonly mode: 'edit' | 'view'
  readonly readOnly: { readonly code: string; readonly text: string } | null
  readonly editor: string | null
  readonly application: string | null
  readonly unavailable: string | null
}

const ZONES =
  '<net-zone name="external-http"><app name="Word">' +
  ['view:docx', 'edit:docx', 'view:doc', 'view:pdf']
    .map((action) => action.split(':'))
    .map(
      ([name = '', ext = '']) =>
        `<action name="${name}" ext="${ext}" urlsrc="ORIGIN/we/wordeditorframe.aspx?${name}=1&amp;&lt;wopisrc=WOPI_SOURCE&amp;&gt;"/>`,
    )
    .join('') +
  '</app></net-zone>'

describe('how a document opens (RELIABILITY-SECURITY.md §3.12)', () => {
  let office: EditorService
  let tandem: Tandem
  let alice: Person
  let bob: Person

  beforeAll(async () => {
    office = await EditorService.start(ZONES)
    const env = { EDITORS: `office=${office.discoveryUrl}`, PROOF: 'off' }
    tandem = await Tandem.start(inject('postgres'), { env })
    alice = await tandem.person('alice')
    bob = await tandem.person('bob')
    await discoveryRead(tandem)
  })
  afterAll(async () => {
    await tandem.stop()
    await office[Symbol.asyncDispose]()
  })

  async function opening(person: Person, fileId: string, query = ''): Promise<Opening> {
    const answer = await person.calls('GET', `/files/${fileId}/opening${query}`)
    expect(answer.status, answer.body.toString()).toBe(200)
    return answer.json<Opening>()
  }

  /** What CheckFileInfo says to a token of the mode that the person gets. */
  async function info(
    person: Person,
    fileId: string,
    mode: 'edit' | 'view',
  ): Promise<Record<string, unknown>> {
    return (await (await tandem.editor(person, fileId, mode)).checkFileInfo()).json()
  }

  async function shareLink(owner: Editor, type: string): Promise<string> {
    const answer = await owner.call('POST', '', {
      'X-WOPI-Override': 'GET_SHARE_URL',
      'X-WOPI-UrlType': type,
    })
    return new URL(answer.json<{ ShareUrl: string }>().ShareUrl).searchParams.get('share') ?? ''
  }

  it('opens for editing whoever may edit', async () => {
    const { id } = await tandem.sharedFile('x', { bob: 'editor' })
    expect(await opening(bob, id)).toEqual({
      mode: 'edit',
      readOnly: null,
      editor: 'office',
      application: 'Word',
      unavailable: null,
    })
    expect(await info(bob, id, 'edit')).toMatchObject({ UserCanWrite: true, ReadOnly: false })
    expect(await opening(bob, id, '?mode=view')).toMatchObject({ mode: 'view', readOnly: null })
  })

  it('no-permission: for whoever may only read', async () => {
    const { id } = await tandem.sharedFile('x', { bob: 'viewer' })
    const { mode, readOnly } = await opening(bob, id)
    expect({ mode, code: readOnly?.code }).toEqual({ mode: 'view', code: 'no-permission' })
    expect(await info(bob, id, mode)).toMatchObject({ UserCanWrite: false, ReadOnly: true })
  })

  it('revoked: when the right was taken away, and when', async () => {
    const { id } = await tandem.sharedFile('x', { bob: 'editor' })
    await alice.grants(id, 'user:bob', 'viewer')
    const { mode, readOnly } = await opening(bob, id)
    expect({ mode, code: readOnly?.code }).toEqual({ mode: 'view', code: 'revoked' })
    const today = new Date().toISOString().slice(0, 10)
    expect(readOnly?.text).toMatch(new RegExp(`^Your right to edit .* on ${today} at \\d\\d:\\d\\d UTC\\.$`))
    expect(await info(bob, id, mode)).toMatchObject({ UserCanWrite: false, ReadOnly: true })
    await alice.grants(id, 'user:bob', 'editor')
    expect((await opening(bob, id)).mode).toBe('edit')
  })

  it('link-view-only: for whoever has the document by a link for reading', async () => {
    const { id } = await tandem.sharedFile('x')
    const link = await shareLink(await tandem.editor(alice, id), 'ReadOnly')
    expect((await bob.calls('POST', '/share-links/redeem', { link })).status).toBe(200)
    const { mode, readOnly } = await opening(bob, id)
    expect({ mode, code: readOnly?.code }).toEqual({ mode: 'view', code: 'link-view-only' })
    expect(await info(bob, id, mode)).toMatchObject({ UserCanWrite: false, ReadOnly: true })
  })

  it('maintenance: while somebody keeps editors out, and who and why', async () => {
    const { id } = await tandem.sharedFile('x', { bob: 'editor' })
    await alice.calls('POST', `/files/${id}/exclusive-lock`, { reason: 'year-end close', ttlSeconds: 60 })
    const { mode, readOnly } = await opening(bob, id)
    expect({ mode, code: readOnly?.code }).toEqual({ mode: 'view', code: 'maintenance' })
    expect(readOnly?.text).toBe('alice keeps everybody from editing this document for now: year-end close')
    expect(await info(bob, id, 'edit')).toMatchObject({ ReadOnly: true, TemporarilyNotWritable: true })
    await alice.calls('DELETE', `/files/${id}/exclusive-lock`)
    expect((await opening(bob, id)).mode).toBe('edit')
  })

  it('file-type-not-editable, client-has-no-edit-action: when the editor only shows it', async () => {
    const old = await tandem.sharedFile('x', {}, 'Letter of 1997.DOC')
    expect(await opening(alice, old.id)).toMatchObject({
      mode: 'view',
      readOnly: { code: 'file-type-not-editable', text: expect.stringContaining('.doc ') as string },
    })
    const pdf = await tandem.sharedFile('x', {}, 'Scan.pdf')
    expect(await opening(alice, pdf.id)).toMatchObject({
      mode: 'view',
      readOnly: { code: 'client-has-no-edit-action', text: 'office can show .pdf files, not edit them.' },
    })
    const token = await alice.calls('POST', `/files/${pdf.id}/access-tokens`, { mode: 'view' })
    expect(token.json<{ actionUrl: string }>().actionUrl).toContain('view=1')
  })

  it('says it when there is no editor at all, and that is no read-only', async () => {
    const { id } = await tandem.sharedFile('x', {}, 'Photo.png')
    expect(await opening(alice, id)).toEqual({
      mode: 'edit',
      readOnly: null,
      editor: null,
      application: null,
      unavailable: 'office does not edit .png files',
    })
    const known = await tandem.sharedFile('x')
    expect((await opening(alice, known.id, '?editor=other')).unavailable).toBe(
      'there is no editor of that name',
    )
  })

  it('tells a stranger no more than that there is nothing', async () => {
    const { id } = await tandem.sharedFile('x')
    expectProblem(await bob.calls('GET', `/files/${id}/opening`), 404, 'not-found')
    expectProblem(await bob.calls('GET', '/files/none/opening'), 404, 'not-found')
    expectProblem(await alice.calls('GET', `/files/${id}/opening?mode=own`), 400, 'invalid-request')
  })

  it('lists documents with what the person may, and who is editing where they may edit, too', async () => {
    const mine = await tandem.sharedFile('x', { bob: 'editor', vera: 'viewer' })
    const editor = await tandem.editor(bob, mine.id)
    await editor.checkFileInfo()
    await editor.lock('session')
    const listed = async (who: string, query: string): Promise<Record<string, unknown> | undefined> => {
      const person = await tandem.person(who)
      const answer = await person.calls('GET', `/files${query}`)
      return answer.json<{ items: Record<string, unknown>[] }>().items.find(({ id }) => id === mine.id)
    }
    expect(await listed('alice', '?status=true')).toMatchObject({
      role: 'owner',
      coauthStatus: { state: 'editing', editorCount: 1, editors: [{ userId: 'bob' }] },
    })
    expect(await listed('bob', '?status=true')).toMatchObject({
      role: 'editor',
      coauthStatus: { fileId: mine.id },
    })
    expect(await listed('vera', '?status=true')).toMatchObject({ role: 'viewer', coauthStatus: null })
    expect(await listed('bob', '')).not.toHaveProperty('coauthStatus')
  })
})
