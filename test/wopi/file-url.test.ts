import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { EditorService } from '../discovery/editor-service.js'
import { Tandem } from '../kit/tandem.js'
import type { Editor, WopiAnswer } from '../kit/wopi.js'
import { callWopi } from '../kit/wopi.js'
import { encoded, jtiOf, openToken } from '../permission/forge.js'
import { useFixture } from './fixture.js'

describe('FileUrl (WOPI.md §6.3, S-05)', () => {
  const fixture = useFixture({ FILE_URL: 'on' })

  const fileUrl = async (editor: Editor): Promise<URL> => {
    const url = new URL((await editor.checkFileInfo()).json<{ FileUrl: string }>().FileUrl)
    fixture.secrets.add(url.searchParams.get('ticket') ?? '')
    return url
  }
  const fetched = (url: URL | string): Promise<WopiAnswer> => callWopi('GET', String(url))
  const status = async (url: URL | string): Promise<number> => (await fetched(url)).status

  it('is on the configured origin, opens by itself, and hands out a download', async () => {
    const editor = await fixture.open('the bytes', { name: 'Отчёт.docx' })
    const url = await fileUrl(editor)
    expect(url.origin).toBe(fixture.tandem.publicUrl)
    expect(url.pathname).toBe(`/wopi/file-contents/${editor.fileId}`)
    const answer = await fetched(url)
    expect([answer.status, answer.body.toString(), answer.version]).toEqual([200, 'the bytes', '1'])
    expect(answer.headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-disposition': expect.stringContaining('attachment') as string,
      'content-security-policy': expect.stringMatching(/^sandbox;/) as string,
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    })
  })

  it('answers what was saved after it was issued, also to somebody who may only read', async () => {
    const editor = await fixture.open('before')
    const viewer = await fixture.join(editor, { who: 'bob', role: 'viewer', mode: 'view' })
    const [url, viewers] = [await fileUrl(editor), await fileUrl(viewer)]
    await editor.lock('L')
    expect((await editor.putFile('after', 'L')).status).toBe(200)
    for (const one of [url, viewers]) expect((await fetched(one)).body.toString()).toBe('after')
  })

  it('has nothing of the access token in it, ends with it, and after an hour at the latest', async () => {
    const editor = await fixture.open('bytes')
    const url = await fileUrl(editor)
    for (const part of editor.token.split('.').slice(1)) expect(url.href).not.toContain(part)
    const { payload } = openToken(url.searchParams.get('ticket') ?? '')
    expect(payload).toMatchObject({ aud: 'tandem-file-url', fid: editor.fileId })
    expect(Number(payload['exp']) - Number(payload['iat'])).toBe(3600)
    const soon = `update access_token set expires_at = now() + interval '5 min' where jti = $1`
    await fixture.sql(soon, [jtiOf(editor.token)])
    const short = openToken((await fileUrl(editor)).searchParams.get('ticket') ?? '').payload
    expect(Number(short['exp']) - Number(short['iat'])).toBeLessThanOrEqual(300)
  })

  it('401: forged, for another purpose, for another file, twice, missing', async () => {
    const editor = await fixture.open('bytes')
    const other = await fixture.open('other')
    const url = await fileUrl(editor)
    const ticket = url.searchParams.get('ticket') ?? ''
    const { header, payload } = openToken(ticket)
    const [head = '', , mac = ''] = ticket.split('.')
    const address = url.origin + url.pathname
    const longer = `${head}.${encoded({ ...payload, exp: Number(payload['exp']) + 1 })}.${mac}`
    const unsigned = `${encoded({ ...header, alg: 'none' })}.${encoded(payload)}.`
    for (const wrong of [
      address,
      `${address}?ticket=`,
      `${address}?ticket=x.y.z`,
      `${address}?ticket=${longer}`,
      `${address}?ticket=${unsigned}`,
      `${address}?ticket=${editor.token}`,
      `${address}?access_token=${editor.token}`,
      `${address}?ticket=${ticket}&ticket=${ticket}`,
      url.href.replace(editor.fileId, other.fileId),
    ]) {
      const answer = await fetched(wrong)
      expect([answer.status, answer.body.length], wrong).toEqual([401, 0])
    }
    // Nor does the ticket open anything else.
    const asToken = `${fixture.tandem.url}/wopi/files/${editor.fileId}?access_token=${ticket}`
    expect(await status(asToken)).toBe(401)
    expect((await callWopi('POST', url.href, { 'X-WOPI-Override': 'PUT' }, 'x')).status).toBe(404)
  })

  it.each([
    ['the token was revoked', 401, `update access_token set revoked_at = now() where jti = $1`],
    ['the token has expired', 401, `update access_token set expires_at = now() where jti = $1`],
    [
      'its user was disabled',
      401,
      `update user_account u set disabled_at = now() from access_token t where t.jti = $1 and u.id = t.user_id`,
    ],
    [
      'the right is gone',
      404,
      `delete from access_grant g using access_token t where t.jti = $1 and g.object_id = t.resource_id`,
    ],
    [
      'the file was deleted',
      404,
      `update file f set deleted_at = now() from access_token t where t.jti = $1 and f.id = t.resource_id`,
    ],
  ])('is judged live: when %s it answers %i', async (_what, expected, statement) => {
    const editor = await fixture.join(await fixture.open('bytes'), {
      who: 'carol',
      role: 'viewer',
      mode: 'view',
    })
    const url = await fileUrl(editor)
    expect(await status(url)).toBe(200)
    await fixture.sql(statement, [jtiOf(editor.token)])
    expect(await status(url)).toBe(expected)
    await fixture.sql(`update user_account set disabled_at = null where id = 'carol'`)
  })

  it('says at start that these requests carry no proof', async () => {
    const line = await fixture.logged(({ event }) => event === 'file-url-on')
    expect(line.level).toBe(40)
  })

  fixture.leavesNoTokenInTheLog()
})

describe('FileUrl and the settings', () => {
  let office: EditorService
  beforeAll(async () => {
    office = await EditorService.start()
  })
  afterAll(() => office[Symbol.asyncDispose]())

  it('an address that was given out while FILE_URL was on is 404 once it is off; on, no proof is asked there', async () => {
    await using on = await Tandem.start(inject('postgres'), { env: { FILE_URL: 'on' } })
    const file = await on.sharedFile('bytes')
    const editor = await on.editor(await on.person('alice'), file.id)
    const { FileUrl } = (await editor.checkFileInfo()).json<{ FileUrl: string }>()
    expect((await callWopi('GET', FileUrl)).status).toBe(200)
    await using asking = await Tandem.start(inject('postgres'), {
      sharing: on,
      env: { EDITORS: `office=${office.discoveryUrl}`, FILE_URL: 'on' },
    })
    expect((await callWopi('GET', FileUrl.replace(on.url, asking.url))).status).toBe(200)
    await using off = await Tandem.start(inject('postgres'), { sharing: on })
    expect((await callWopi('GET', FileUrl.replace(on.url, off.url))).status).toBe(404)
  })
})
