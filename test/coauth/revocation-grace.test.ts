import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import type { Person } from '../kit/people.js'
import { execute } from '../kit/postgres.js'
import { Tandem } from '../kit/tandem.js'
import type { Editor } from '../kit/wopi.js'
import { expectStatus, join, LOCK, seat, statusOf } from './stage.js'

describe('REVOCATION_SAVE_GRACE_SECONDS (RELIABILITY-SECURITY.md §3.4)', () => {
  let tandem: Tandem

  beforeAll(async () => {
    tandem = await Tandem.start(inject('postgres'), { env: { REVOCATION_SAVE_GRACE_SECONDS: '2' } })
  })
  afterAll(() => tandem.stop())

  async function session(...users: string[]): Promise<{ fileId: string; editors: Record<string, Editor> }> {
    const file = await tandem.sharedFile('content', { bob: 'editor' }, `${Math.random()}.xlsx`)
    const editors: Record<string, Editor> = {}
    for (const user of users) {
      const one = await tandem.editor(await tandem.person(user), file.id)
      await join(one)
      await statusOf(tandem, file.id)
      editors[user] = one
    }
    return { fileId: file.id, editors }
  }
  const alice = (): Promise<Person> => tandem.person('alice')

  it('accepts the save of somebody just revoked while another edits, and marks the version', async () => {
    const { fileId, editors } = await session('alice', 'bob')
    await (await alice()).revokes(fileId, 'user:bob')
    expectStatus(await seat(editors, 'bob').putFile('the edits of both', LOCK), 200)
    expect((await (await alice()).downloads(fileId)).toString()).toBe('the edits of both')
    const versions = await (await alice()).calls('GET', `/files/${fileId}/versions`)
    expect(versions.json<{ items: object[] }>().items).toContainEqual(
      expect.objectContaining({ version: '2', author: 'bob', flag: 'edits-by-revoked-user' }),
    )
    const root = await tandem.person('root', 'admin')
    const audit = await root.calls('GET', `/admin/audit?object=${fileId}&action=save`)
    expect(audit.json<{ items: object[] }>().items).toMatchObject([
      { actor: 'bob', outcome: 'done-in-grace' },
    ])
    // One click back.
    expectStatus(await seat(editors, 'alice').unlock(LOCK), 200)
    expect((await (await alice()).calls('POST', `/files/${fileId}/versions/1/restore`)).status).toBe(200)
  })

  it('covers no wrong lock, nobody who edits alone, and no token that was revoked itself', async () => {
    const wrong = await session('alice', 'bob')
    await (await alice()).revokes(wrong.fileId, 'user:bob')
    expectStatus(await seat(wrong.editors, 'bob').putFile('x', 'another lock'), 409)

    const alone = await session('bob')
    await (await alice()).revokes(alone.fileId, 'user:bob')
    expectStatus(await seat(alone.editors, 'bob').putFile('x', LOCK), 404)
    expect(await (await alice()).recoveryItems(alone.fileId)).toMatchObject([
      { reason: 'permission-revoked' },
    ])
  })

  it('is opened by nothing but the loss of the right, and not by anybody’s gain', async () => {
    const { fileId, editors } = await session('alice', 'bob')
    await (await alice()).revokes(fileId, 'user:bob')
    await execute(tandem.databaseUrl, `select pg_sleep(2.1)`)
    await (await alice()).grants(fileId, 'everyone', 'viewer')
    await (await alice()).grants(fileId, 'user:bob', 'viewer')
    expectStatus(await seat(editors, 'bob').putFile('too late', LOCK), 404)
  })

  it('covers a right that is lost while the body is on its way, and ends while it is', async () => {
    const lostMeanwhile = await session('alice', 'bob')
    const body = async function* (wait: () => Promise<unknown>): AsyncGenerator<Buffer> {
      yield Buffer.from('half ')
      await wait()
      yield Buffer.from('and half')
    }
    const revoke = async (): Promise<void> => (await alice()).revokes(lostMeanwhile.fileId, 'user:bob')
    const upload = Readable.from(body(revoke))
    expectStatus(await seat(lostMeanwhile.editors, 'bob').putFile(upload, LOCK), 200)

    const slow = await session('alice', 'bob')
    await (await alice()).revokes(slow.fileId, 'user:bob')
    const tooLong = Readable.from(body(() => execute(tandem.databaseUrl, 'select pg_sleep(2.5)')))
    expectStatus(await seat(slow.editors, 'bob').putFile(tooLong, LOCK), 404)
    expect(await (await alice()).recoveryItems(slow.fileId)).toMatchObject([{ reason: 'permission-revoked' }])
  })

  it('ends', async () => {
    const { fileId, editors } = await session('alice', 'bob')
    await (await alice()).revokes(fileId, 'user:bob')
    const end = Date.now() + 2000
    while (Date.now() < end) expectStatus(await seat(editors, 'alice').checkFileInfo(), 200)
    expectStatus(await seat(editors, 'bob').putFile('too late', LOCK), 404)
  })
})
