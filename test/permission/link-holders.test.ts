import { describe, expect, it } from 'vitest'
import { Housekeeping } from '../kit/storage.js'
import type { Editor } from '../kit/wopi.js'
import { useFixture } from '../wopi/fixture.js'

interface LinkView {
  readonly id: string
  readonly role: string
  readonly holders: readonly string[]
  readonly holderCount: number
}

describe('who holds a share link', () => {
  const fixture = useFixture()

  const linkTo = async (shared: Editor, type: 'ReadWrite' | 'ReadOnly'): Promise<string> => {
    const answer = await shared.operation('GET_SHARE_URL', { 'X-WOPI-UrlType': type })
    return new URL(answer.json<{ ShareUrl: string }>().ShareUrl).searchParams.get('share') ?? ''
  }
  const redeem = async (who: string, link: string): Promise<void> => {
    const answer = await (await fixture.person(who)).calls('POST', '/share-links/redeem', { link })
    expect(answer.status).toBe(200)
  }
  const linksOf = async (fileId: string): Promise<LinkView[]> => {
    const answer = await (await fixture.person('alice')).calls('GET', `/files/${fileId}/share-links`)
    return answer.json<{ items: LinkView[] }>().items
  }

  it('is in the list: so an owner sees who still edits although their grant was removed', async () => {
    const editor = await fixture.open('content')
    const alice = await fixture.person('alice')
    const [editing, viewing] = [await linkTo(editor, 'ReadWrite'), await linkTo(editor, 'ReadOnly')]
    expect(await linksOf(editor.fileId)).toMatchObject([
      { role: 'editor', holders: [], holderCount: 0 },
      { role: 'viewer', holders: [], holderCount: 0 },
    ])
    await alice.grants(editor.fileId, 'user:bob', 'editor')
    for (const who of ['carol', 'bob', 'bob']) await redeem(who, editing)
    await redeem('dave', viewing)
    await alice.revokes(editor.fileId, 'user:bob')
    expect(await linksOf(editor.fileId)).toMatchObject([
      { role: 'editor', holders: ['bob', 'carol'], holderCount: 2 },
      { role: 'viewer', holders: ['dave'], holderCount: 1 },
    ])
    const bobs = await fixture.join(editor, { who: 'bob' })
    expect((await bobs.checkFileInfo()).json()).toMatchObject({ UserCanWrite: true })
    const path = `/files/${editor.fileId}/share-links/${editing.split('.')[0]}`
    expect((await alice.calls('DELETE', path)).status).toBe(204)
    expect((await bobs.checkFileInfo()).status).toBe(404)
    expect(await linksOf(editor.fileId)).toMatchObject([{ holders: ['dave'] }])
  })

  it('is named for the first hundred, and counted for all', async () => {
    const editor = await fixture.open('content')
    const link = await linkTo(editor, 'ReadOnly')
    await fixture.sql(
      `with crowd as (
         insert into user_account (id, display_name) select 'guest' || i, 'x' from generate_series(100, 249) i returning id)
       insert into share_link_holder (user_id, object_id, link_id) select id, $1, $2 from crowd`,
      [editor.fileId, link.split('.')[0]],
    )
    const [view] = await linksOf(editor.fileId)
    expect(view?.holderCount).toBe(150)
    expect(view?.holders).toEqual(Array.from({ length: 100 }, (_, i) => `guest${i + 100}`))
  })

  it('is forgotten 30 days after the link’s end, and no earlier', async () => {
    const ends = {
      live: '',
      'revoked lately': `, revoked_at = now() - interval '29 days'`,
      'revoked long ago': `, revoked_at = now() - interval '31 days'`,
      'expired lately': `, expires_at = now() - interval '29 days'`,
      'expired long ago': `, expires_at = now() - interval '31 days'`,
    }
    const ids = new Map<string, string>()
    for (const [what, end] of Object.entries(ends)) {
      const link = await linkTo(await fixture.open('content'), 'ReadOnly')
      await redeem('erin', link)
      const id = link.split('.')[0] ?? ''
      await fixture.sql(`update share_link set role = role${end} where id = $1`, [id])
      ids.set(id, what)
    }
    await using housekeeping = await Housekeeping.of(fixture.tandem)
    await housekeeping.links.purge()
    const left = await fixture.sql(`select link_id from share_link_holder where user_id = 'erin' order by 1`)
    expect(left.map(({ link_id }) => ids.get(String(link_id))).toSorted()).toEqual([
      'expired lately',
      'live',
      'revoked lately',
    ])
  })
})
