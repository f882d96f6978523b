import { describe, expect, it } from 'vitest'
import type { Headers, WopiAnswer } from '../kit/wopi.js'
import { useFixture } from './fixture.js'

interface Link {
  readonly id: string
  readonly role: string
  readonly createdBy: string
  readonly createdAt: string
  readonly expiresAt: string
}

const type = (name: string): Headers => ({ 'X-WOPI-UrlType': name })
const urlOf = (answer: WopiAnswer): URL => new URL(answer.json<{ ShareUrl: string }>().ShareUrl)

describe('GetShareUrl and share links (WOPI.md §8.5, §9.8)', () => {
  const fixture = useFixture()

  const links = async (path: string): Promise<Link[]> => {
    const answer = await (await fixture.person('alice')).calls('GET', `${path}/share-links`)
    expect(answer.status).toBe(200)
    return answer.json<{ items: Link[] }>().items
  }

  it.each([
    ['ReadOnly', 'view', 'viewer'],
    ['ReadWrite', 'edit', 'editor'],
  ])(
    '%s is a link to the page /%s, and is listed for 30 days without its secret',
    async (name, page, role) => {
      const editor = await fixture.open('content')
      const answer = await editor.operation('GET_SHARE_URL', type(name))
      expect(answer.status).toBe(200)
      const url = urlOf(answer)
      expect(url.origin).toBe(fixture.tandem.publicUrl)
      expect(url.pathname).toBe(`/${page}/${editor.fileId}`)
      const [id = '', secret = ''] = url.searchParams.get('share')?.split('.') ?? []
      expect(secret).toMatch(/^[\w-]{43}$/)
      const listed = await links(`/files/${editor.fileId}`)
      expect(listed).toMatchObject([{ id, role, createdBy: 'alice' }])
      const { createdAt = '', expiresAt = '' } = listed[0] ?? {}
      expect(Date.parse(expiresAt) - Date.parse(createdAt)).toBe(30 * 86_400_000)
      expect(JSON.stringify(listed)).not.toContain(secret)
      const audit = await fixture.sql(
        `select actor, action, detail from audit_event where object_id = $1 and action like 'share%' order by id`,
        [editor.fileId],
      )
      expect(audit).toEqual([{ actor: 'alice', action: 'share-link-created', detail: { link: id, role } }])
      expect(JSON.stringify(await fixture.sql('select * from share_link order by id'))).not.toContain(secret)
    },
  )

  it('a container has links as well', async () => {
    const folder = await fixture.folder()
    const url = urlOf(await folder.operation('GET_SHARE_URL', type('ReadOnly')))
    expect(url.pathname).toBe(`/view/${folder.id}`)
    expect(await links(`/containers/${folder.id}`)).toHaveLength(1)
    expect((await folder.get()).json()).toMatchObject({ SupportedShareUrlTypes: ['ReadOnly', 'ReadWrite'] })
  })

  it('asked again it is the same link, unless that is revoked, half over, or another’s', async () => {
    const editor = await fixture.open('content')
    const ask = async (): Promise<string> =>
      urlOf(await editor.operation('GET_SHARE_URL', type('ReadWrite'))).href
    const first = await ask()
    expect(await ask()).toBe(first)
    await fixture.sql(`update share_link set expires_at = now() + interval '14 days' where object_id = $1`, [
      editor.fileId,
    ])
    const second = await ask()
    expect(second).not.toBe(first)
    const owner = await fixture.join(editor, { who: 'olga', role: 'owner' })
    expect(urlOf(await owner.operation('GET_SHARE_URL', type('ReadWrite'))).href).not.toBe(second)
    expect(await links(`/files/${editor.fileId}`)).toHaveLength(3)
  })

  it('a link is revoked once, by owners only, and is audited; an expired one is gone by itself', async () => {
    const editor = await fixture.open('content')
    const other = await fixture.newFile('other')
    await editor.operation('GET_SHARE_URL', type('ReadOnly'))
    await editor.operation('GET_SHARE_URL', type('ReadWrite'))
    const path = `/files/${editor.fileId}`
    const [first, second] = await links(path)
    const alice = await fixture.person('alice')
    // Not through another file.
    const elsewhere = await alice.calls('DELETE', `/files/${other.id}/share-links/${first?.id}`)
    expect(elsewhere.status).toBe(404)
    const own = `${path}/share-links/${first?.id}`
    const statuses = [await alice.calls('DELETE', own), await alice.calls('DELETE', own)]
    expect(statuses.map(({ status }) => status)).toEqual([204, 404])
    expect((await links(path)).map(({ id }) => id)).toEqual([second?.id])
    const audit = await fixture.sql(
      `select detail from audit_event where action = 'share-link-revoked' order by id`,
    )
    expect(audit).toEqual([{ detail: { link: first?.id, role: 'viewer' } }])
    await fixture.sql(`update share_link set expires_at = now() - interval '1 s' where id = $1`, [second?.id])
    expect(await links(path)).toEqual([])
    expect((await alice.calls('DELETE', `${path}/share-links/${second?.id}`)).status).toBe(404)
    expect((await alice.calls('GET', `/things/${editor.fileId}/share-links`)).status).toBe(404)
  })

  it('is offered to owners, who may give rights away, and to nobody else', async () => {
    const alice = await fixture.open('content')
    const infoOf = async (editor: typeof alice): Promise<object> => (await editor.checkFileInfo()).json()
    expect(await infoOf(alice)).toMatchObject({ SupportedShareUrlTypes: ['ReadOnly', 'ReadWrite'] })
    const bob = await fixture.join(alice, { who: 'bob', role: 'editor' })
    const viewing = await fixture.join(alice, { mode: 'view' })
    for (const editor of [bob, viewing]) {
      expect(await infoOf(editor)).not.toHaveProperty('SupportedShareUrlTypes')
      expect((await editor.operation('GET_SHARE_URL', type('ReadOnly'))).status).toBe(501)
    }
    expect(await links(`/files/${alice.fileId}`)).toEqual([])
  })

  it.each([
    [{}, 400],
    [type(''), 400],
    [type('Admin'), 501],
    [type('readonly'), 501],
    [type('__proto__'), 501],
    [type('constructor'), 501],
  ] as [Headers, number][])('%j is answered %i', async (headers, status) => {
    for (const call of [await fixture.open('x'), await fixture.folder()]) {
      const answer = await call.operation('GET_SHARE_URL', headers)
      expect([answer.status, answer.body.length]).toEqual([status, 0])
    }
  })

  it('401, 404 and 500 as everywhere', async () => {
    const editor = await fixture.open('x')
    const folder = await fixture.folder()
    const ask = async (): Promise<number[]> => [
      (await editor.operation('GET_SHARE_URL', type('ReadOnly'))).status,
      (await folder.operation('GET_SHARE_URL', type('ReadOnly'))).status,
    ]
    await fixture.sql('alter table share_link rename to out_of_reach')
    expect(await ask()).toEqual([500, 500])
    await fixture.sql('alter table out_of_reach rename to share_link')
    const ids = [[editor.fileId, folder.id]]
    await fixture.sql('update access_token set revoked_at = now() where resource_id = any ($1)', ids)
    expect(await ask()).toEqual([401, 401])
    await fixture.sql('update access_token set revoked_at = null where resource_id = any ($1)', ids)
    await editor.deleteFile()
    await folder.operation('DELETE_CONTAINER')
    expect(await ask()).toEqual([404, 404])
  })

  fixture.leavesNoTokenInTheLog()
})
