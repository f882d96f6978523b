import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import type { SessionDetail, SessionView } from '../../src/coauth-status/coauth-status.service.js'
import type { Forecast } from '../../src/coauth-status/forecast.js'
import type { Person, RestAnswer } from '../kit/people.js'
import { Tandem } from '../kit/tandem.js'
import type { Editor } from '../kit/wopi.js'
import { age, expectStatus, join, LOCK, seat, statusOf, tells } from './fixture.js'

interface Page<T> {
  readonly items: readonly T[]
  readonly nextCursor: string | null
}

describe('editing sessions (admin REST)', () => {
  let tandem: Tandem
  let root: Person

  beforeAll(async () => {
    tandem = await Tandem.start(inject('postgres'))
    root = await tandem.person('root', 'admin')
  })
  afterAll(() => tandem.stop())

  const editor = async (user: string, fileId: string): Promise<Editor> =>
    tandem.editor(await tandem.person(user), fileId)

  async function session(
    extension: string,
    ...users: string[]
  ): Promise<{ fileId: string; id: string; editors: Record<string, Editor> }> {
    const others = Object.fromEntries(['bob', 'carol', 'dave'].map((user) => [user, 'editor' as const]))
    const file = await tandem.sharedFile('content', others, `${Math.random()}.${extension}`)
    const editors: Record<string, Editor> = {}
    for (const user of users) {
      const one = await editor(user, file.id)
      await join(one)
      // Whose turn it is must not depend on two calls in one millisecond.
      await statusOf(tandem, file.id)
      editors[user] = one
    }
    const { sessionId } = await statusOf(tandem, file.id)
    return { fileId: file.id, id: sessionId ?? '', editors }
  }

  const view = async (id: string): Promise<SessionDetail> =>
    (await root.calls('GET', `/admin/sessions/${id}`)).json<SessionDetail>()
  const kinds = async (id: string): Promise<string[]> =>
    (await root.calls('GET', `/admin/sessions/${id}/events`))
      .json<Page<{ kind: string }>>()
      .items.map(({ kind }) => kind)
  const foretold = async (id: string, user: string): Promise<Forecast> =>
    (await root.calls('GET', `/admin/sessions/${id}/revocation-forecast?user=${user}`)).json<Forecast>()
  const effects = ({ people }: Forecast): Record<string, string> =>
    Object.fromEntries(people.map(({ userId, outcome }) => [userId, outcome]))

  it('are listed newest first, page by page, by file, person, application and openness', async () => {
    const made = [
      await session('docx', 'alice'),
      await session('xlsx', 'alice', 'bob'),
      await session('pptx', 'carol'),
    ]
    const seen: string[] = []
    let cursor = ''
    do {
      const page = (await root.calls('GET', `/admin/sessions?limit=1${cursor}`)).json<Page<SessionView>>()
      seen.push(...page.items.map(({ id }) => id))
      cursor = page.nextCursor === null ? '' : `&cursor=${page.nextCursor}`
    } while (cursor !== '')
    expect(seen.slice(0, 3)).toEqual(made.map(({ id }) => id).reverse())
    expect(new Set(seen).size).toBe(seen.length)

    const found = async (query: string): Promise<string[]> =>
      (await root.calls('GET', `/admin/sessions?${query}`))
        .json<Page<SessionView>>()
        .items.map(({ id }) => id)
    expect(await found(`file=${made[0]?.fileId ?? ''}`)).toEqual([made[0]?.id])
    expect(await found('user=bob')).toEqual([made[1]?.id])
    expect(await found('application=powerpoint')).toEqual([made[2]?.id])
    await made[2]?.editors['carol']?.unlock(LOCK)
    expect(await found('open=false')).toEqual([made[2]?.id])
    expect((await root.calls('GET', '/admin/sessions?colour=red')).status).toBe(400)
    expect((await root.calls('GET', '/admin/sessions/none')).status).toBe(404)
  })

  it('tell what happened, in order', async () => {
    const { id, fileId, editors } = await session('xlsx', 'alice', 'bob')
    expectStatus(await seat(editors, 'bob').putFile('one', LOCK), 200)
    await statusOf(tandem, fileId)
    await (await tandem.person('alice')).revokes(fileId, 'user:bob')
    expectStatus(await seat(editors, 'bob').putFile('two', LOCK), 404)
    expectStatus(await seat(editors, 'alice').unlock(LOCK), 200)
    await statusOf(tandem, fileId)
    expect(await kinds(id)).toEqual([
      'session-started',
      'participant-joined',
      'principal-changed',
      'participant-joined',
      'principal-changed',
      'saved',
      'save-refused',
      'recovery-item',
      'save-failing',
      'participant-left',
      'participant-left',
      'session-ended',
    ])
    const ended = await view(id)
    expect(ended).toMatchObject({ endReason: 'closed', state: 'idle' })
    expect(ended.participants).toHaveLength(2)
  })

  it('believe what Excel does against the rule, and learn the rule that explains it', async () => {
    const { fileId, id, editors } = await session('xlsx', 'alice', 'bob', 'carol')
    const principal = async (): Promise<object> => (await statusOf(tandem, fileId)).principal
    expect(await principal()).toEqual({ userId: 'carol', rule: 'last-joined', confirmedBySave: false })
    await age(tandem, fileId, 300)
    expectStatus(await seat(editors, 'alice').putFile('one', LOCK), 200)
    // Bob and Carol may have left without a word: that would explain it.
    expect(await principal()).toEqual({ userId: 'alice', rule: 'last-joined', confirmedBySave: true })
    expect(await kinds(id)).not.toContain('principal-relearned')
    // But Carol is there, and yet Alice saves.
    expectStatus(await seat(editors, 'carol').refreshLock(LOCK), 200)
    expect(await principal()).toEqual({ userId: 'alice', rule: 'first-joined', confirmedBySave: true })
    await join(await editor('dave', fileId))
    expect(await principal()).toEqual({ userId: 'alice', rule: 'first-joined', confirmedBySave: true })
    expectStatus(await seat(editors, 'bob').putFile('two', LOCK), 200)
    expect(await principal()).toEqual({ userId: 'bob', rule: 'first-joined', confirmedBySave: true })
    expect((await kinds(id)).filter((kind) => kind === 'principal-relearned')).toHaveLength(1)
  })

  describe('revocation forecast', () => {
    it('ends an Excel session when its saving user is revoked, and removes anybody else alone', async () => {
      const { id, editors } = await session('xlsx', 'alice', 'bob')
      expectStatus(await seat(editors, 'bob').putFile('one', LOCK), 200)
      const saver = await foretold(id, 'bob')
      expect(saver).toMatchObject({ effect: 'ends-session', refusedSaveIsKept: true })
      expect(effects(saver)).toEqual({ alice: 'removed-with-everybody', bob: 'removed-with-everybody' })
      expect(saver.inWords.join(' ')).toMatch(
        /bob is the saving user.*ends for 2 people.*kept as a recovery item.*last save was \d+ s ago/s,
      )
      // The next save within 2 minutes, everybody out 3 minutes after it.
      const by = Date.parse(saver.people[0]?.by ?? '') - Date.now()
      expect(by).toBeGreaterThan(290_000)
      expect(by).toBeLessThanOrEqual(301_000)

      const other = await foretold(id, 'alice')
      expect(other.effect).toBe('removes-user')
      expect(effects(other)).toEqual({ alice: 'removed', bob: 'continues' })
      const checked = Date.parse(other.people.find(({ userId }) => userId === 'alice')?.by ?? '') - Date.now()
      expect(checked).toBeLessThanOrEqual(15 * 60_000)
      expect(checked).toBeGreaterThan(14 * 60_000)
    })

    it('depends on who changed something last in Word', async () => {
      const { id, fileId, editors } = await session('docx', 'alice', 'bob')
      expect((await foretold(id, 'bob')).effect).toBe('may-end-session')
      expectStatus(await tells(seat(editors, 'alice'), 'edited'), 204)
      await statusOf(tandem, fileId)
      expect((await foretold(id, 'alice')).effect).toBe('ends-session')
      const idle = await foretold(id, 'bob')
      expect(idle.effect).toBe('removes-user')
      expect(effects(idle)).toEqual({ alice: 'continues', bob: 'removed' })
    })

    it('is nothing for who is not there', async () => {
      const { id } = await session('docx', 'alice')
      expect(await foretold(id, 'dave')).toMatchObject({ effect: 'none' })
      expect((await root.calls('GET', `/admin/sessions/${id}/revocation-forecast`)).status).toBe(400)
      expect((await root.calls('GET', '/admin/sessions/none/revocation-forecast?user=bob')).status).toBe(404)
    })
  })

  describe('are ended by an administrator', () => {
    const end = (id: string, query = ''): Promise<RestAnswer> =>
      root.calls('POST', `/admin/sessions/${id}/end${query}`, { reason: 'ghost of last night' })

    it('not while somebody works, unless forced; then the lock is gone and a later save is kept', async () => {
      const { id, fileId, editors } = await session('docx', 'alice', 'bob')
      expect((await end(id)).status).toBe(409)
      expect((await end(id, '?force=true')).status).toBe(204)
      expect(await statusOf(tandem, fileId)).toMatchObject({ state: 'idle', safeToModify: true, lock: null })
      expect(await view(id)).toMatchObject({ endReason: 'ended-by-admin' })
      expectStatus(await seat(editors, 'bob').putFile('too late', LOCK), 409)
      expect(await (await tandem.person('alice')).recoveryItems(fileId)).toMatchObject([
        { reason: 'not-locked', userId: 'bob' },
      ])
      const audit = (await root.calls('GET', `/admin/audit?object=${fileId}&action=session-ended`)).json<
        Page<{ actor: string; detail: object }>
      >()
      expect(audit.items).toMatchObject([
        { actor: 'root', detail: { sessionId: id, reason: 'ghost of last night', forced: true } },
      ])
      expect((await end(id)).status).toBe(404)
    })

    it('and an exclusive lock stays, which is none of the session’s', async () => {
      const file = await tandem.sharedFile('content', { vera: 'viewer' }, `${Math.random()}.docx`)
      const vera = await tandem.editor(await tandem.person('vera'), file.id, 'view')
      expectStatus(await vera.checkFileInfo(), 200)
      const { sessionId } = await statusOf(tandem, file.id)
      const owner = await tandem.person('alice')
      const body = { reason: 'nightly export', ttlSeconds: 600 }
      expect((await owner.calls('POST', `/files/${file.id}/exclusive-lock`, body)).status).toBe(201)
      expect((await end(sessionId ?? '', '?force=true')).status).toBe(204)
      expect((await statusOf(tandem, file.id)).lock).toMatchObject({ kind: 'exclusive' })
    })

    it('freely when it has been quiet', async () => {
      const { id, fileId } = await session('xlsx', 'alice')
      await age(tandem, fileId, 300)
      expect((await end(id)).status).toBe(204)
      expect(await statusOf(tandem, fileId)).toMatchObject({ state: 'idle', lock: null })
    })

    it('with a reason', async () => {
      const { id } = await session('docx', 'alice')
      expect((await root.calls('POST', `/admin/sessions/${id}/end`, {})).status).toBe(400)
      expect((await root.calls('POST', `/admin/sessions/${id}/end`, { reason: 'x', extra: 1 })).status).toBe(
        400,
      )
    })
  })
})

describe('PRINCIPAL_RULE=first-joined', () => {
  it('names the first who joined, then the next', async () => {
    await using tandem = await Tandem.start(inject('postgres'), { env: { PRINCIPAL_RULE: 'first-joined' } })
    const file = await tandem.sharedFile('content', { bob: 'editor' }, 'Budget.xlsx')
    const alice = await tandem.editor(await tandem.person('alice'), file.id)
    await join(alice)
    await statusOf(tandem, file.id)
    await join(await tandem.editor(await tandem.person('bob'), file.id))
    expect((await statusOf(tandem, file.id)).principal).toEqual({
      userId: 'alice',
      rule: 'first-joined',
      confirmedBySave: false,
    })
    expectStatus(await tells(alice, 'left'), 204)
    expect((await statusOf(tandem, file.id)).principal).toMatchObject({ userId: 'bob', rule: 'first-joined' })
  })
})
