import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { EditorService } from '../discovery/editor-service.js'
import type { Person } from '../kit/people.js'
import { Tandem } from '../kit/tandem.js'
import { Visitor } from './visitor.js'
import { discoveryRead } from '../discovery/discovery-read.js'

const policyOf = (headers: Readonly<Record<string, unknown>>): Record<string, string> =>
  Object.fromEntries(
    String(headers['content-security-policy'])
      .split('; ')
      .map((directive) => [directive.split(' ')[0] ?? '', directive.split(' ').slice(1).join(' ')]),
  )

/** What the page's script is told. */
const openingIn = (body: string): Record<string, unknown> => {
  const [, json = ''] = /<script type="application\/json" id="opening">(.*?)<\/script>/s.exec(body) ?? []
  return JSON.parse(json) as Record<string, unknown>
}

describe('the host page', () => {
  let office: EditorService
  let tandem: Tandem
  let alice: Person
  let visitor: Visitor

  beforeAll(async () => {
    office = await EditorService.start()
    const env = { EDITORS: `office=${office.discoveryUrl}`, FRAME_ANCESTORS: 'https://portal.example' }
    tandem = await Tandem.start(inject('postgres'), { env })
    alice = await tandem.person('alice')
    visitor = await Visitor.signedIn(tandem, 'alice')
    await discoveryRead(tandem)
  })
  afterAll(async () => {
    await tandem.stop()
    await office[Symbol.asyncDispose]()
  })

  it('forbids everything that it does not need (W-01, W-04, W-05)', async () => {
    const { id } = await alice.createsFile('Plan.docx', 'x')
    const { status, headers, body } = await visitor.gets(`/edit/${id}`)
    expect(status).toBe(200)
    const [, nonce = ''] =
      /<script type="module" nonce="([\w+/=]{24})" src="\/web\/host-page.js">/.exec(body) ?? []
    expect(policyOf(headers)).toEqual({
      'default-src': "'none'",
      'script-src': `'nonce-${nonce}'`,
      'style-src': "'self'",
      'img-src': "'self'",
      'connect-src': "'self'",
      'base-uri': "'none'",
      'object-src': "'none'",
      'form-action': office.origin,
      'frame-src': office.origin,
      'frame-ancestors': "'self' https://portal.example",
    })
    expect(headers).toMatchObject({
      'cache-control': 'no-cache, no-store',
      expires: '-1',
      pragma: 'no-cache',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    })
    expect(body).not.toMatch(/eyJ|access_token=/)
    expect((await visitor.gets(`/edit/${id}`)).body).not.toContain(nonce)
  })

  it('cannot be framed, nor anything of ours, by anybody who is not named (W-04)', async () => {
    const { id } = await alice.createsFile('Framed.docx', 'x')
    for (const path of ['/', '/sign-in', `/view/${id}`, '/edit/none'])
      expect(policyOf((await visitor.gets(path)).headers)['frame-ancestors']).toBe(
        "'self' https://portal.example",
      )
    const elsewhere = [
      `/api/v1/files/${id}`,
      `/api/v1/files/${id}/content`,
      `/wopi/files/${id}`,
      '/web/style.css',
      '/api/docs',
      '/no',
    ]
    for (const path of elsewhere)
      expect(policyOf((await visitor.gets(path)).headers)['frame-ancestors'], path).toBe("'none'")
  })

  it('encodes names wherever they stand (W-01)', async () => {
    // What a file name may have; display names and reasons may have more.
    const name = `' onload='alert(1)' {{7-7}} &lt;script&gt; ${'x'.repeat(20)}.docx`
    const { id } = await alice.createsFile(name, 'x')
    const { body } = await visitor.gets(`/edit/${id}`)
    expect(body).toContain('<title>&#39; onload=&#39;alert(1)&#39; {{7-7}} &amp;lt;script&amp;gt;')
    expect(openingIn(body)).toMatchObject({ fileId: id, name })
    const client = await tandem.person('alice')
    await client.calls('POST', `/files/${id}/exclusive-lock`, {
      reason: '</script><script>alert(1)</script>"\'',
      ttlSeconds: 60,
    })
    const locked = await visitor.gets(`/edit/${id}`)
    expect(locked.body.match(/<script/g)).toHaveLength(2)
    expect(openingIn(locked.body)['readOnly']).toMatchObject({
      text: expect.stringContaining('</script><script>alert(1)') as string,
    })
  })

  it('takes the editor from discovery, whatever the address says (W-02)', async () => {
    const { id } = await alice.createsFile('Where.docx', 'x')
    const evil =
      'actionUrl=https://evil.example/&action=https://evil.example&origin=https://evil.example&editor=evil'
    const { headers, body } = await visitor.gets(`/edit/${id}?${evil}`)
    expect(policyOf(headers)['form-action']).toBe(office.origin)
    expect(body).not.toContain('evil')
    expect(openingIn(body)).toMatchObject({ editor: 'office', origin: office.origin, mode: 'edit' })
  })

  it('goes on from signing in only to pages of its own (W-07)', async () => {
    const nobody = new Visitor(tandem)
    for (const path of ['/edit/a?next=//evil', '/view/a?share=a&share=//evil'])
      expect((await nobody.gets(path)).headers['location']).toBe('/sign-in?to=%2F')
  })

  it('says it in words when there is no such document, and no editor for it', async () => {
    const { id } = await alice.createsFile('Picture.png', 'x')
    const none = await visitor.gets(`/edit/${id}`)
    expect(none.status).toBe(200)
    expect(none.body).toContain('cannot be opened in the browser: office does not edit .png files.')
    expect(none.body).toContain(`href="/api/v1/files/${id}/content"`)
    const bob = await Visitor.signedIn(tandem, 'bob')
    for (const path of [`/edit/${id}`, '/edit/none', '/view/%00', `/view/${'x'.repeat(300)}`]) {
      const { status, body } = await bob.gets(path)
      expect(status).toBe(404)
      expect(body).toContain('There is no such document, or it is not shared with you.')
    }
  })
})
