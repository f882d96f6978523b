import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import type { Person } from '../kit/people.js'
import { execute } from '../kit/postgres.js'
import { Tandem } from '../kit/tandem.js'
import { jtiOf } from '../permission/forge.js'
import { expectProblem } from './problem.js'

type Item = Readonly<Record<string, unknown>>

interface Page {
  readonly items: readonly Item[]
  readonly nextCursor: string | null
}

describe('REST: what administrators and auditors page through', () => {
  let tandem: Tandem
  let alice: Person
  let root: Person
  let auditor: Person

  beforeAll(async () => {
    tandem = await Tandem.start(inject('postgres'))
    alice = await tandem.person('alice')
    root = await tandem.person('root', 'admin')
    auditor = await tandem.person('ada', 'auditor')
  })
  afterAll(() => tandem.stop())

  const list = async (path: string): Promise<readonly Item[]> => {
    const answer = await auditor.calls('GET', `/admin/${path}`)
    expect(answer.status, answer.body.toString()).toBe(200)
    return answer.json<Page>().items
  }
  const values = async (path: string, field: string): Promise<unknown[]> =>
    (await list(path)).map((item) => item[field])

  describe('access tokens', () => {
    it('shows the record of a token, newest first, and never the token', async () => {
      const { id } = await tandem.sharedFile('content', { bob: 'viewer' })
      const first = jtiOf(await alice.opens(id, 'edit'))
      const second = await (await tandem.person('bob')).opens(id, 'view')
      const items = await list(`access-tokens?file=${id}`)
      expect(items.map(({ jti }) => jti).toSorted()).toEqual([first, jtiOf(second)].toSorted())
      expect(items.find(({ jti }) => jti === first)).toEqual({
        jti: first,
        userId: 'alice',
        resourceKind: 'file',
        resourceId: id,
        mode: 'edit',
        state: 'live',
        issuedAt: expect.stringMatching(/Z$/) as string,
        expiresAt: expect.stringMatching(/Z$/) as string,
        revokedAt: null,
      })
      expect(JSON.stringify(items)).not.toContain(second.split('.')[2])
    })

    it('filters by user, file and state; a disabled user’s tokens are revoked', async () => {
      const { id } = await tandem.sharedFile('content', { carol: 'editor' })
      const carol = await tandem.person('carol')
      const expired = jtiOf(await alice.opens(id, 'edit'))
      await execute(tandem.databaseUrl, 'update access_token set expires_at = now() where jti = $1', [
        expired,
      ])
      const revoked = jtiOf(await alice.opens(id, 'edit'))
      expect((await root.calls('DELETE', `/admin/access-tokens/${revoked}`)).status).toBe(204)
      const live = jtiOf(await alice.opens(id, 'edit'))
      const carols = jtiOf(await carol.opens(id, 'edit'))
      const jtis = (query: string): Promise<unknown[]> => values(`access-tokens?file=${id}&${query}`, 'jti')
      expect(await jtis('state=expired')).toEqual([expired])
      expect(await jtis('state=revoked')).toEqual([revoked])
      expect((await jtis('state=live')).toSorted()).toEqual([live, carols].toSorted())
      expect(await jtis('user=carol')).toEqual([carols])
      await execute(tandem.databaseUrl, `update user_account set disabled_at = now() where id = 'carol'`)
      expect(await jtis('user=carol&state=revoked')).toEqual([carols])
      expect(await jtis('state=live')).toEqual([live])
      expect(await values(`access-tokens?user=carol`, 'jti')).toEqual([carols])
    })
  })

  describe('audit', () => {
    it('shows who did what, newest first, with the correlation id of the call', async () => {
      const file = await tandem.sharedFile('content')
      const traced = { 'x-request-id': `trace-${file.id}` }
      await alice.calls('PUT', `/files/${file.id}/grants/user:bob`, { role: 'editor' }, traced)
      const items = await list(`audit?object=${file.id}`)
      expect(items.map(({ action }) => action)).toEqual(['grant', 'file-created'])
      expect(items[0]).toEqual({
        id: expect.stringMatching(/^\d+$/) as string,
        at: expect.stringMatching(/Z$/) as string,
        actor: 'alice',
        action: 'grant',
        objectId: file.id,
        outcome: 'done',
        correlationId: `trace-${file.id}`,
        detail: { subject: 'user:bob', role: 'editor' },
      })
      expect(await values(`audit?correlationId=trace-${file.id}`, 'action')).toEqual(['grant'])
    })

    it('filters by actor, action, object, outcome and time', async () => {
      const { id } = await tandem.sharedFile('content', { dave: 'editor' })
      const editor = await tandem.editor(await tandem.person('dave'), id)
      await editor.putFile('refused')
      const all = await list(`audit?object=${id}`)
      const actions = (query: string): Promise<unknown[]> => values(`audit?object=${id}&${query}`, 'action')
      expect(await actions('actor=dave')).toEqual(['save', 'access-token-issued'])
      expect(await actions('action=grant')).toEqual(['grant'])
      expect(await actions('outcome=not-locked')).toEqual(['save'])
      expect(await actions('outcome=done&actor=alice')).toEqual(['grant', 'file-created'])
      const [, grant] = all.toReversed()
      const at = new Date(String(grant?.['at'])).getTime()
      const from = new Date(at).toISOString()
      const after = new Date(at + 1).toISOString()
      expect(await actions(`from=${from}`)).toEqual(['save', 'access-token-issued', 'grant'])
      expect((await actions(`to=${after}`)).slice(-1)).toEqual(['file-created'])
      expect(await actions(`from=${after}&to=${from}`)).toEqual([])
      expect(await actions('from=2200-01-01T00:00:00%2B15:00')).toEqual([])
      expect(await actions('to=1999-12-31T23:59:59.999999Z')).toEqual([])
      expect(await actions('action=no-such-action')).toEqual([])
    })
  })

  describe('recovery items', () => {
    it('shows refused saves of all files, filtered by file, user, reason and whether somebody dealt with them', async () => {
      const { id, name } = await tandem.sharedFile('content', { erin: 'editor' })
      const editor = await tandem.editor(await tandem.person('erin'), id)
      await editor.putFile('refused 1')
      await editor.lock('session')
      await editor.putFile('refused 2', 'wrong')
      await editor.unlock('session')
      const [second, first] = await list(`recovery-items?file=${id}`)
      expect([first?.['reason'], second?.['reason']]).toEqual(['not-locked', 'lock-mismatch'])
      expect(first).toEqual({
        id: expect.any(String) as string,
        fileId: id,
        fileName: name,
        reason: 'not-locked',
        userId: 'erin',
        editors: [],
        baseVersion: '1',
        size: 9,
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
        at: expect.stringMatching(/Z$/) as string,
        correlationId: expect.any(String) as string,
        differsFromHead: true,
        resolvedAt: null,
        resolution: null,
      })
      const path = `/files/${id}/recovery-items/${String(first?.['id'])}`
      expect((await alice.calls('POST', `${path}/restore`)).status).toBe(200)
      const reasons = (query: string): Promise<unknown[]> => values(`recovery-items?${query}`, 'reason')
      expect(await reasons(`file=${id}&open=true`)).toEqual(['lock-mismatch'])
      expect(await reasons(`file=${id}&open=false`)).toEqual(['not-locked'])
      expect(await reasons(`user=erin`)).toEqual(['lock-mismatch', 'not-locked'])
      expect(await reasons(`user=erin&reason=not-locked`)).toEqual(['not-locked'])
      expect(await reasons(`user=nobody`)).toEqual([])
      const [restored] = await list(`recovery-items?file=${id}&open=false`)
      expect(restored).toMatchObject({ resolution: 'restored', differsFromHead: false })
    })
  })

  describe('every list', () => {
    const grow: Readonly<Record<string, (id: string, i: number) => Promise<unknown>>> = {
      [`access-tokens?`]: (id) => alice.opens(id, 'edit'),
      [`audit?`]: (id, i) => alice.grants(id, `user:reader${i}`, 'viewer'),
      [`recovery-items?`]: async (id, i) =>
        (await tandem.editor(alice, id)).putFile(`refused ${i} ${Math.random()}`),
    }

    it.each(Object.keys(grow))(
      '%s pages newest first, each item once, while new ones arrive',
      async (path) => {
        const { id } = await tandem.sharedFile('content')
        for (let i = 0; i < 7; i++) await grow[path]?.(id, i)
        const filter = path === 'audit?' ? `object=${id}&action=grant` : `file=${id}`
        const before = await list(`${path}${filter}`)
        expect(before).toHaveLength(7)
        const seen: Item[] = []
        let cursor: string | null = ''
        for (let i = 7; cursor !== null; i++) {
          const query: string = `/admin/${path}${filter}&limit=3${cursor === '' ? '' : `&cursor=${cursor}`}`
          const page: Page = (await root.calls('GET', query)).json<Page>()
          seen.push(...page.items)
          cursor = page.nextCursor
          await grow[path]?.(id, i)
        }
        // Tokens of the same second have no order but that of their ids: a new one may show up among them.
        const keyOf = ({ id, jti }: Item): unknown => id ?? jti
        expect(new Set(seen.map(keyOf)).size).toBe(seen.length)
        const known = new Set(before.map(keyOf))
        expect(seen.filter((item) => known.has(keyOf(item)))).toEqual(before)
      },
    )

    const LISTS = ['locks', 'access-tokens', 'audit', 'recovery-items']
    it.each(LISTS)(
      'A-10: %s refuses unknown parameters, repeated ones, limits and cursors that are none',
      async (name) => {
        const wrong = [
          'x=1',
          'Limit=5',
          'limit=0',
          'limit=1001',
          'limit=-1',
          'limit=1&limit=2',
          'cursor=x',
          `cursor=${Buffer.from('{}').toString('base64url')}`,
          `cursor=${Buffer.from('{"id":"1","at":"2026-02-30 00:00:00+00"}').toString('base64url')}`,
          `cursor=${Buffer.from('99999999999999999999').toString('base64url')}`,
          'cursor=%00',
          '__proto__=1',
          'constructor=1',
          'file[]=1',
          'file=',
        ]
        for (const query of wrong) {
          const answer = await root.calls('GET', `/admin/${name}?${query}`)
          expectProblem(answer, 400, 'invalid-request')
        }
      },
    )

    it('A-10: refuses filters of the wrong kind', async () => {
      for (const path of [
        'locks?kind=none',
        'locks?holder=%00',
        'access-tokens?state=dead',
        'access-tokens?user=',
        'recovery-items?open=1',
        'recovery-items?reason=',
        'recovery-items?reason=quota',
        'audit?from=yesterday',
        'audit?from=2026-02-30T00:00:00Z',
        'audit?from=0001-01-01T00:00:00Z',
        'audit?to=2026-01-01T00:00:00',
        `audit?actor=${'x'.repeat(129)}`,
      ]) {
        expectProblem(await root.calls('GET', `/admin/${path}`), 400, 'invalid-request')
      }
    })
  })
})
