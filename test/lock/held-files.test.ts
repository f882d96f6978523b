import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import type { CoauthStatus } from '../../src/coauth-status/status.js'
import type { Person } from '../kit/people.js'
import { execute } from '../kit/postgres.js'
import { Tandem } from '../kit/tandem.js'
import type { Editor } from '../kit/wopi.js'
import { NativeClient } from '../wopi/native-client.js'

type Held = 'wopi' | 'exclusive' | 'coauth' | 'none'

interface Scene {
  readonly what: string
  /** What everybody must say of the file. */
  readonly held: Held
  readonly arrange: (fileId: string) => Promise<void>
}

/** Within the grace, and past it. */
const GRACE_SECONDS = 60
const [IN_GRACE, PAST_GRACE] = [1, GRACE_SECONDS + 1]

describe('every face says the same of what holds a file: locks of all kinds and ages', () => {
  let tandem: Tandem
  let alice: Person
  let root: Person
  const files = new Map<string, { readonly id: string; readonly editor: Editor; readonly held: Held }>()

  beforeAll(async () => {
    const env = { COAUTH_PROFILE: 'plus', LOCK_GRACE_SECONDS: String(GRACE_SECONDS) }
    tandem = await Tandem.start(inject('postgres'), { env })
    alice = await tandem.person('alice')
    root = await tandem.person('root', 'admin')
    for (const { what, held, arrange } of SCENES) {
      const { id } = await tandem.sharedFile('content')
      await arrange(id)
      files.set(what, { id, editor: await tandem.editor(alice, id), held })
    }
  })
  afterAll(() => tandem.stop())

  async function locks(fileId: string): Promise<void> {
    expect((await (await tandem.editor(alice, fileId)).lock('L')).status).toBe(200)
  }
  async function locksExclusively(fileId: string): Promise<void> {
    const taken = await alice.calls('POST', `/files/${fileId}/exclusive-lock`, {
      reason: 'x',
      ttlSeconds: 60,
    })
    expect(taken.status).toBe(201)
  }
  async function coauthLocks(fileId: string, lockId = 'A'): Promise<void> {
    expect((await new NativeClient(await tandem.editor(alice, fileId), lockId).get()).status).toBe(200)
  }
  /** The file's lock, of whatever kind, has expired so many seconds ago. */
  async function expires(fileId: string, secondsAgo: number): Promise<void> {
    await execute(
      tandem.databaseUrl,
      `update file_lock set
         expires_at = case when kind <> 'none' then clock_timestamp() - $2 * interval '1 s' end,
         coauth_until = case when coauth_until is not null then clock_timestamp() - $2 * interval '1 s' end
       where file_id = $1`,
      [fileId, secondsAgo],
    )
    await execute(
      tandem.databaseUrl,
      `update coauth_lock set expires_at = clock_timestamp() - $2 * interval '1 s' where file_id = $1`,
      [fileId, secondsAgo],
    )
  }

  const SCENES: readonly Scene[] = [
    { what: 'no lock', held: 'none', arrange: () => Promise.resolve() },
    { what: 'a WOPI lock', held: 'wopi', arrange: locks },
    {
      what: 'a WOPI lock in its grace',
      held: 'wopi',
      arrange: async (id) => {
        await locks(id)
        await expires(id, IN_GRACE)
      },
    },
    {
      what: 'a WOPI lock past its grace, not swept up',
      held: 'none',
      arrange: async (id) => {
        await locks(id)
        await expires(id, PAST_GRACE)
      },
    },
    {
      what: 'a WOPI lock whose client chose the time, expired',
      held: 'none',
      arrange: async (id) => {
        const editor = await tandem.editor(alice, id)
        expect((await editor.lock('L', { 'X-WOPI-LockExpirationTimeout': '60' })).status).toBe(200)
        await expires(id, IN_GRACE)
      },
    },
    { what: 'an exclusive lock', held: 'exclusive', arrange: locksExclusively },
    {
      what: 'an exclusive lock, expired',
      held: 'none',
      arrange: async (id) => {
        await locksExclusively(id)
        await expires(id, IN_GRACE)
      },
    },
    { what: 'a coauth lock', held: 'coauth', arrange: coauthLocks },
    {
      what: 'a coauth lock, expired',
      held: 'none',
      arrange: async (id) => {
        await coauthLocks(id)
        await expires(id, IN_GRACE)
      },
    },
    {
      what: 'a coauth lock beside an expired one',
      held: 'coauth',
      arrange: async (id) => {
        await coauthLocks(id, 'A')
        await expires(id, IN_GRACE)
        await coauthLocks(id, 'B')
      },
    },
    {
      what: 'a coauth lock after a WOPI lock that ended',
      held: 'coauth',
      arrange: async (id) => {
        await locks(id)
        await expires(id, PAST_GRACE)
        await coauthLocks(id)
      },
    },
  ]

  const heldFiles = (): { id: string; kind: Held }[] =>
    [...files.values()].filter(({ held }) => held !== 'none').map(({ id, held }) => ({ id, kind: held }))

  async function metric(): Promise<number> {
    const text = await (await fetch(`${tandem.url}/metrics`)).text()
    return Number(/^tandem_locks (.+)$/m.exec(text)?.[1])
  }

  async function listed(): Promise<{ id: string; kind: Held }[]> {
    const answer = await root.calls('GET', '/admin/locks')
    const { items } = answer.json<{ items: { fileId: string; kind: Held }[] }>()
    return items.map(({ fileId: id, kind }) => ({ id, kind }))
  }

  it('as many are counted in /metrics as are listed for administrators', async () => {
    const byId = (a: { id: string }, b: { id: string }): number => (a.id < b.id ? -1 : 1)
    expect((await listed()).sort(byId)).toEqual(heldFiles().sort(byId))
    expect(await metric()).toBe(heldFiles().length)
  })

  it.each(SCENES.map(({ what }) => what))('%s', async (what) => {
    const file = files.get(what)
    if (!file) throw new Error(`${what} was not arranged`)
    const { id, editor, held } = file

    const one = await root.calls('GET', `/admin/locks/${id}`)
    expect(one.status === 404 ? 'none' : one.json<{ kind: Held }>().kind).toBe(held)

    const status = (await alice.calls('GET', `/files/${id}/coauth-status`)).json<CoauthStatus>()
    const told = status.lock?.['kind'] ?? (status.coauthLocks.length > 0 ? 'coauth' : 'none')
    expect(told).toBe(held)

    const getLock = await editor.getLock()
    expect([getLock.status, getLock.lock]).toEqual(
      { wopi: [200, 'L'], none: [200, ''], exclusive: [409, ''], coauth: [409, undefined] }[held],
    )

    const refused = await editor.lock('another')
    expect(refused.status).toBe(held === 'none' ? 200 : 409)
    if (held !== 'none') return
    expect((await editor.unlock('another')).status).toBe(200)
  })
})
