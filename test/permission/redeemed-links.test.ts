import { describe, expect, it, beforeAll, afterAll, inject } from 'vitest'
import { createHmac, randomBytes } from 'node:crypto'
import { readConfig } from '../../src/config/config.js'
import { loadTokenSecrets } from '../../src/config/token-secrets.js'
import { deriveKeys } from '../../src/auth/signing-keys.js'
import { join } from '../coauth/fixture.js'
import { Person, type RestAnswer } from '../kit/people.js'
import { Tandem } from '../kit/tandem.js'
import type { Editor, Place } from '../kit/wopi.js'
import { expectProblem } from '../rest/problem.js'
import { useFixture } from '../wopi/fixture.js'

describe('opening share links', () => {
  const fixture = useFixture({ REVOCATION_SAVE_GRACE_SECONDS: '30' })
  let second: Tandem
  beforeAll(async () => {
    second = await Tandem.start(inject('postgres'), { sharing: fixture.tandem })
  })
  afterAll(() => second.stop())

  const linkTo = async (shared: Editor | Place, type = 'ReadWrite'): Promise<string> => {
    const answer = await shared.operation('GET_SHARE_URL', { 'X-WOPI-UrlType': type })
    return new URL(answer.json<{ ShareUrl: string }>().ShareUrl).searchParams.get('share') ?? ''
  }
  const redeem = (person: Person, link: string): Promise<RestAnswer> =>
    person.calls('POST', '/share-links/redeem', { link })
  const idOf = (link: string): string => link.split('.')[0] ?? ''
  let people = 0
  const somebody = (): Promise<Person> => fixture.person(`guest${++people}`)
  const seen = async (person: Person, fileId: string): Promise<number> =>
    (await person.calls('GET', `/files/${fileId}`)).status
  const listed = async (person: Person): Promise<string[]> => {
    const answer = await person.calls('GET', '/files?limit=1000')
    return answer.json<{ items: { id: string }[] }>().items.map(({ id }) => id)
  }

  it('gives the role of the link, lists the file among the person’s, and is one row and one deed however often', async () => {
    const editor = await fixture.open('content', { name: 'Linked.docx' })
    const link = await linkTo(editor)
    const bob = await somebody()
    expect(await seen(bob, editor.fileId)).toBe(404)
    for (let again = 0; again < 2; again++) {
      const answer = await redeem(bob, link)
      expect(answer.status).toBe(200)
      const expected = { kind: 'file', id: editor.fileId, role: 'editor', name: 'Linked.docx' }
      expect(answer.json()).toEqual(expected)
    }
    expect(await listed(bob)).toEqual([editor.fileId])
    expect(await fixture.sql('select link_id from share_link_holder where user_id = $1', [bob.id])).toEqual([
      { link_id: idOf(link) },
    ])
    const deeds = await fixture.sql(
      `select actor, object_id, detail from audit_event where action = 'share-link-redeemed' and actor = $1 order by id`,
      [bob.id],
    )
    const detail = { link: idOf(link), role: 'editor' }
    expect(deeds).toEqual([{ actor: bob.id, object_id: editor.fileId, detail }])
    const bobs = await fixture.join(editor, { who: bob.id })
    expect((await bobs.checkFileInfo()).json()).toMatchObject({ UserCanWrite: true })
  })

  it('of a viewer lets nobody edit, and takes nothing from whoever may do more', async () => {
    const editor = await fixture.open('content')
    const link = await linkTo(editor, 'ReadOnly')
    const bob = await somebody()
    await redeem(bob, link)
    const edit = await bob.calls('POST', `/files/${editor.fileId}/access-tokens`, { mode: 'edit' })
    expectProblem(edit, 403, 'not-allowed')
    await (await fixture.person('alice')).grants(editor.fileId, `user:${bob.id}`, 'editor')
    expect((await bob.calls('POST', `/files/${editor.fileId}/access-tokens`, { mode: 'edit' })).status).toBe(
      201,
    )
    expect((await redeem(await fixture.person('alice'), link)).status).toBe(200)
  })

  it('of a container counts for all below it, also for what comes later, and for nothing beside it', async () => {
    const alice = await fixture.person('alice')
    const folder = await fixture.folder()
    const bob = await somebody()
    const link = await linkTo(folder)
    expect((await redeem(bob, link)).json()).toMatchObject({ kind: 'container', id: folder.id })
    const inner = await alice.calls('POST', `/containers?name=inner&parent=${folder.id}`)
    const inside = await alice.createsFile('later.docx', 'x', inner.json<{ id: string }>().id)
    const beside = await alice.createsFile(`${Math.random()}.docx`, 'x')
    expect([await seen(bob, inside.id), await seen(bob, beside.id)]).toEqual([200, 404])
    expect((await bob.calls('GET', `/containers/${folder.id}`)).status).toBe(200)
    expect((await bob.calls('GET', `/containers/${folder.id}/grants`)).status).toBe(403)
    // Even for a file of somebody else's in it: it is the folder that the maker owns.
    const carols = await fixture.person('carol')
    await alice.calls('PUT', `/containers/${folder.id}/grants/user:carol`, { role: 'editor' })
    const others = await carols.createsFile('carols.docx', 'x', folder.id)
    expect(await seen(bob, others.id)).toBe(200)
    const bobs = await fixture.join(others, { who: bob.id })
    expect((await bobs.lock('L')).status).toBe(200)
  })

  const ENDS: Record<string, (link: string, object: Editor | Place) => Promise<unknown>> = {
    revoked: async (link, object) => {
      const kind = 'fileId' in object ? `files/${object.fileId}` : `containers/${object.id}`
      await (await fixture.person('alice')).calls('DELETE', `/${kind}/share-links/${idOf(link)}`)
    },
    expired: (link) =>
      fixture.sql(`update share_link set expires_at = clock_timestamp() where id = $1`, [idOf(link)]),
    'of somebody who is disabled': (link) =>
      fixture.sql(
        `update user_account u set disabled_at = now() from share_link l where l.id = $1 and u.id = l.created_by`,
        [idOf(link)],
      ),
    'of somebody who is no owner any more': async (link, object) => {
      const id = 'fileId' in object ? object.fileId : object.id
      const [{ created_by: maker } = {}] = await fixture.sql(
        'select created_by from share_link where id = $1',
        [idOf(link)],
      )
      await fixture.sql(`update access_grant set role = 'editor' where object_id = $1 and subject = $2`, [
        id,
        `user:${String(maker)}`,
      ])
    },
  }
  for (const [how, end] of Object.entries(ENDS)) {
    it(`gives nothing any more once it is ${how}: at the very next call, on every instance`, async () => {
      const maker = (await somebody()).id
      const bob = await somebody()
      const elsewhere = new Person(second.url, bob.id, bob.bearer)
      const file = await fixture.open('content', { who: maker, role: 'owner' })
      const folder = await fixture.folder({ who: maker, role: 'owner' })
      const links = [await linkTo(file), await linkTo(folder)] as const
      for (const link of links) await redeem(bob, link)
      const statuses = async (): Promise<number[]> => {
        const paths = [`/files/${file.fileId}`, `/containers/${folder.id}`]
        const calls = paths.flatMap((path) => [bob.calls('GET', path), elsewhere.calls('GET', path)])
        return (await Promise.all(calls)).map(({ status }) => status)
      }
      expect(await statuses()).toEqual([200, 200, 200, 200])
      await end(links[0], file)
      await end(links[1], folder)
      expect(await statuses()).toEqual([404, 404, 404, 404])
      for (const link of links) expectProblem(await redeem(bob, link), 404, 'no-such-link')
      expect(await listed(bob)).toEqual([])
    })
  }

  it('a link that is no good is refused in the same words, whatever is wrong with it', async () => {
    const editor = await fixture.open('content')
    const link = await linkTo(editor)
    const [id = '', mac = ''] = link.split('.')
    const bob = await somebody()
    const gone = await fixture.open('content')
    const ofDeleted = await linkTo(gone)
    await gone.deleteFile()
    const other = await linkTo(editor, 'ReadOnly')
    const wrong = [
      '',
      'x',
      id,
      `${id}.`,
      `${id}.${'A'.repeat(43)}`,
      `${id}.${mac.slice(0, -1)}`,
      `${id}.${mac}=`,
      `${id.toUpperCase()}.${mac}`,
      `${idOf(other)}.${mac}`,
      `${'0'.repeat(32)}.${mac}`,
      ` ${link}`,
      ofDeleted,
    ]
    const problems = []
    for (const one of wrong) {
      const { type, title, detail } = expectProblem(await redeem(bob, one), 404, 'no-such-link')
      problems.push(JSON.stringify({ type, title, detail }))
    }
    expect(new Set(problems).size).toBe(1)
    expectProblem(await bob.calls('POST', '/share-links/redeem', { link: 7 }), 400, 'invalid-request')
    expect(await fixture.sql('select from share_link_holder where user_id = $1', [bob.id])).toEqual([])
  })

  it('a save after the revocation is refused and kept, or accepted within the grace, as with a grant', async () => {
    const editor = await fixture.open('content')
    const bob = await somebody()
    const link = await linkTo(editor)
    await redeem(bob, link)
    const bobs = await fixture.join(editor, { who: bob.id })
    await join(bobs)
    const revoke = `/files/${editor.fileId}/share-links/${idOf(link)}`
    const alice = await fixture.person('alice')
    expect((await alice.calls('DELETE', revoke)).status).toBe(204)
    expect((await bobs.checkFileInfo()).status).toBe(404)
    // Alone: nobody is left whose work would be lost with theirs.
    expect((await bobs.putFile('alone', '{"S":"other"}')).status).toBe(404)
    expect(await alice.recoveryItems(editor.fileId)).toMatchObject([
      { reason: 'permission-revoked', userId: bob.id },
    ])
  })

  it('within the grace the save of a link’s holder counts like that of anybody whose grant was taken', async () => {
    const editor = await fixture.open('content', { name: 'Numbers.xlsx' })
    const [link, viewing] = [await linkTo(editor), await linkTo(editor, 'ReadOnly')]
    const bob = await somebody()
    await redeem(bob, link)
    const bobs = await fixture.join(editor, { who: bob.id })
    for (const one of [editor, bobs]) {
      await join(one)
      await (await fixture.person('alice')).calls('GET', `/files/${editor.fileId}/coauth-status`)
    }
    const alice = await fixture.person('alice')
    const end = (one: string): Promise<RestAnswer> =>
      alice.calls('DELETE', `/files/${editor.fileId}/share-links/${idOf(one)}`)
    await end(viewing)
    await end(link)
    const lock = (await editor.getLock()).lock ?? ''
    expect((await bobs.putFile('the edits of both', lock)).status).toBe(200)
    expect((await alice.downloads(editor.fileId)).toString()).toBe('the edits of both')
  })

  // Last: passport knows one set of strategies in a process, the latest.
  it('a link that was signed with an earlier secret of TOKEN_SECRETS is good, one signed for another purpose is not', async () => {
    const { dataDir } = fixture.tandem
    const [old] = await loadTokenSecrets(readConfig({ DATA_DIR: dataDir }))
    if (!old) throw new Error('the server has no secret')
    const secrets = `new:${randomBytes(32).toString('hex')},${old.kid}:${old.secret.toString()}`
    await using rotated = await Tandem.start(inject('postgres'), {
      sharing: fixture.tandem,
      env: { TOKEN_SECRETS: secrets },
    })
    const link = await linkTo(await fixture.open('content'))
    const bob = await rotated.person((await somebody()).id)
    const forged = createHmac('sha256', deriveKeys([old], 'wopi').current.key).update(idOf(link))
    expect((await redeem(bob, `${idOf(link)}.${forged.digest('base64url')}`)).status).toBe(404)
    expect((await redeem(bob, link)).status).toBe(200)
  })

  fixture.leavesNoTokenInTheLog()
})
