import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import type { Person } from '../kit/people.js'
import { execute } from '../kit/postgres.js'
import { Tandem } from '../kit/tandem.js'
import type { Editor } from '../kit/wopi.js'
import { jtiOf } from './forge.js'

const EDITED = 'content with everybody’s edits'

describe('a save refused for its token or right', () => {
  let tandem: Tandem
  let alice: Person
  let bob: Person
  let carol: Person
  let admin: Person

  beforeAll(async () => {
    tandem = await Tandem.start(inject('postgres'))
    alice = await tandem.person('alice')
    bob = await tandem.person('bob')
    carol = await tandem.person('carol')
    admin = await tandem.person('root', 'admin')
  })
  afterAll(() => tandem.stop())

  /** bob's editing session on alice's file, which carol edits too. */
  async function session(): Promise<{ id: string; editor: Editor; version: string }> {
    const { id, version } = await tandem.sharedFile('content', { bob: 'editor', carol: 'editor' })
    const editor = await tandem.editor(bob, id)
    expect((await editor.lock('session')).status).toBe(200)
    return { id, editor, version }
  }

  async function expire(editor: Editor, ago: string): Promise<void> {
    const past = `update access_token set expires_at = now() - $2::interval where jti = $1`
    await execute(tandem.databaseUrl, past, [jtiOf(editor.token), ago])
  }

  const causes: readonly {
    readonly what: string
    readonly status: number
    readonly reason: string
    readonly happen: (id: string, editor: Editor) => Promise<unknown>
  }[] = [
    {
      what: 'right removed',
      status: 404,
      reason: 'permission-revoked',
      happen: (id) => alice.revokes(id, 'user:bob'),
    },
    {
      what: 'right lowered to viewer',
      status: 404,
      reason: 'permission-revoked',
      happen: (id) => alice.grants(id, 'user:bob', 'viewer'),
    },
    {
      what: 'token revoked',
      status: 401,
      reason: 'token-revoked',
      happen: (_, editor) => admin.calls('DELETE', `/admin/access-tokens/${jtiOf(editor.token)}`),
    },
    {
      what: 'token expired 59 minutes ago',
      status: 401,
      reason: 'token-expired',
      happen: (_, editor) => expire(editor, '59 minutes'),
    },
    {
      what: 'user disabled',
      status: 401,
      reason: 'token-revoked',
      happen: () =>
        execute(tandem.databaseUrl, `update user_account set disabled_at = now() where id = 'bob'`),
    },
  ]
  for (const { what, status, reason, happen } of causes) {
    it(`A-04: ${what}: PutFile is ${status}, changes nothing, and its bytes are kept for those who may edit`, async () => {
      const { id, editor, version } = await session()
      await happen(id, editor)
      const answer = await editor.putFile(EDITED, 'session', { 'X-WOPI-Editors': 'alice,bob,carol' })
      expect([answer.status, answer.body.length, answer.lock]).toEqual([status, 0, undefined])
      expect((await alice.downloads(id)).toString()).toBe('content')
      expect((await alice.seesFile(id)).version).toBe(version)
      const kept = {
        reason,
        userId: 'bob',
        editors: ['alice', 'bob', 'carol'],
        size: Buffer.byteLength(EDITED),
        sha256: createHash('sha256').update(EDITED).digest('hex'),
      }
      for (const person of [alice, carol, admin]) {
        const items = await person.recoveryItems(id)
        expect(items).toHaveLength(1)
        expect(items[0]).toMatchObject(kept)
        const bytes = await person.calls('GET', `/files/${id}/recovery-items/${items[0]?.id}/content`)
        expect([bytes.status, bytes.body.toString()]).toEqual([200, EDITED])
      }
      await execute(tandem.databaseUrl, `update user_account set disabled_at = null where id = 'bob'`)
    })
  }

  it('A-04: the one who lost the right sees neither the items nor their bytes', async () => {
    for (const { change, status } of [
      { change: (id: string) => alice.revokes(id, 'user:bob'), status: 404 },
      { change: (id: string) => alice.grants(id, 'user:bob', 'viewer'), status: 403 },
    ]) {
      const { id, editor } = await session()
      await change(id)
      await editor.putFile(EDITED, 'session')
      const [item] = await alice.recoveryItems(id)
      const path = `/files/${id}/recovery-items`
      const calls = [
        bob.calls('GET', path),
        bob.calls('GET', `${path}/${item?.id}/content`),
        bob.calls('POST', `${path}/${item?.id}/restore`),
        bob.calls('POST', `${path}/${item?.id}/save-copy`),
        bob.calls('DELETE', `${path}/${item?.id}`),
      ]
      for (const answer of await Promise.all(calls)) {
        expect(answer.status).toBe(status)
        expect(answer.body.toString()).not.toContain(EDITED)
      }
      expect(await alice.recoveryItems(id)).toHaveLength(1)
    }
  })

  it('A-03: a view token’s PutFile is 404 and nothing of it is kept', async () => {
    const { id } = await session()
    const viewer = await tandem.editor(carol, id, 'view')
    expect((await viewer.putFile(EDITED, 'session')).status).toBe(404)
    await alice.revokes(id, 'user:carol')
    expect((await viewer.putFile(EDITED, 'session')).status).toBe(404)
    expect(await alice.recoveryItems(id)).toEqual([])
  })

  it('A-04: a token that died more than a day ago keeps nothing', async () => {
    const { id, editor } = await session()
    await expire(editor, '24 hours 1 second')
    expect((await editor.putFile(EDITED, 'session')).status).toBe(401)
    expect(await alice.recoveryItems(id)).toEqual([])
    await expire(editor, '23 hours 59 minutes')
    expect((await editor.putFile(EDITED, 'session')).status).toBe(401)
    expect(await alice.recoveryItems(id)).toHaveLength(1)
  })

  it('A-04: 20 repetitions of the same refused bytes, ten at once, make one item; other bytes another', async () => {
    const { id, editor } = await session()
    await alice.revokes(id, 'user:bob')
    const first = await Promise.all(Array.from({ length: 10 }, () => editor.putFile(EDITED, 'session')))
    const second = await Promise.all(Array.from({ length: 10 }, () => editor.putFile(EDITED, 'session')))
    expect(new Set([...first, ...second].map(({ status }) => status))).toEqual(new Set([404]))
    expect(await alice.recoveryItems(id)).toHaveLength(1)
    await editor.putFile(`${EDITED}, and more`, 'session')
    expect(await alice.recoveryItems(id)).toHaveLength(2)
  })

  it('A-04: refused bytes that equal the head make no item', async () => {
    const { id, editor } = await session()
    await alice.revokes(id, 'user:bob')
    expect((await editor.putFile('content', 'session')).status).toBe(404)
    expect(await alice.recoveryItems(id)).toEqual([])
  })

  it('A-04: a size that contradicts the body, which came whole, costs nobody the bytes', async () => {
    const { id, editor } = await session()
    await alice.revokes(id, 'user:bob')
    expect((await editor.putFile(EDITED, 'session', { 'X-WOPI-Size': '5' })).status).toBe(404)
    expect(await alice.recoveryItems(id)).toHaveLength(1)
  })

  it('T-04: a refused save, like every refusal, leaves its reason in the log and never a token', async () => {
    const { id, editor } = await session()
    await alice.revokes(id, 'user:bob')
    const from = tandem.log.length
    await editor.putFile(EDITED, 'session', { 'X-WOPI-CorrelationId': `log-${id}` })
    const lines = tandem.log.slice(from).filter((line) => line.includes(`log-${id}`))
    const events = lines.map((line) => (JSON.parse(line) as { event: string }).event)
    expect(events).toEqual(['save-refused', 'wopi-refused'])
    const [, , signature = 'none'] = editor.token.split('.')
    for (const line of tandem.log) expect(line).not.toContain(signature)
  })
})
