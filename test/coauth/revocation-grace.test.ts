import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { putBody } from '../incremental/plus-client.js'
import { jtiOf } from '../kit/editor-tokens.js'
import type { Person } from '../kit/people.js'
import { execute } from '../kit/postgres.js'
import { Tandem } from '../kit/tandem.js'
import type { Editor, WopiAnswer } from '../kit/wopi.js'
import { expectStatus, join, LOCK, seat, statusOf } from './fixture.js'

describe('REVOCATION_SAVE_GRACE_SECONDS (RELIABILITY-SECURITY.md §3.4)', () => {
  let tandem: Tandem

  beforeAll(async () => {
    tandem = await Tandem.start(inject('postgres'), {
      env: { REVOCATION_SAVE_GRACE_SECONDS: '2', COAUTH_PROFILE: 'plus' },
    })
  })
  afterAll(() => tandem.stop())

  async function session(...users: string[]): Promise<{ fileId: string; editors: Record<string, Editor> }> {
    const file = await tandem.sharedFile(
      'content',
      { bob: 'editor', carol: 'editor' },
      `${Math.random()}.xlsx`,
    )
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

    // The right goes as well, so that all else is as it is where the grace covers.
    const root = await tandem.person('root', 'admin')
    const revoked = await session('alice', 'bob')
    const tokenOf = jtiOf(seat(revoked.editors, 'bob').token)
    expect((await root.calls('DELETE', `/admin/access-tokens/${tokenOf}`)).status).toBe(204)
    await (await alice()).revokes(revoked.fileId, 'user:bob')
    expectStatus(await seat(revoked.editors, 'bob').putFile('x', LOCK), 401)
    expect(await (await alice()).recoveryItems(revoked.fileId)).toMatchObject([{ reason: 'token-revoked' }])
  })

  const SAVES: Record<string, (editor: Editor, body: (whole: Buffer) => Readable) => Promise<WopiAnswer>> = {
    PutFile: (editor, body) => editor.putFile(body(Buffer.alloc(60_000, 'x')), LOCK),
    PutChunkedFile: async (editor, body) =>
      editor.call(
        'POST',
        '/contents',
        { 'X-WOPI-Override': 'PUT_CHUNKED_FILE', 'X-WOPI-SequenceNumber': '1', 'X-WOPI-Lock': LOCK },
        body(await putBody({ streams: [{ bytes: Buffer.alloc(60_000, 'x') }] })),
      ),
  }

  it.each(Object.entries(SAVES))(
    'covers the right alone that is lost while the body of a %s comes, not the token',
    async (_name, save) => {
      const root = await tandem.person('root', 'admin')
      for (const also of ['nothing', 'the token'] as const) {
        const { fileId, editors } = await session('alice', 'bob')
        const bob = seat(editors, 'bob')
        const { status } = await save(bob, (whole) =>
          Readable.from(
            (async function* (): AsyncGenerator<Buffer> {
              yield whole.subarray(0, 40_000)
              await (await alice()).revokes(fileId, 'user:bob')
              if (also === 'the token')
                expect((await root.calls('DELETE', `/admin/access-tokens/${jtiOf(bob.token)}`)).status).toBe(
                  204,
                )
              yield whole.subarray(40_000)
            })(),
            { objectMode: false },
          ),
        )
        expect([also, status]).toEqual([also, also === 'nothing' ? 200 : 401])
        expect(await (await alice()).recoveryItems(fileId)).toMatchObject(
          also === 'nothing' ? [] : [{ reason: 'token-revoked' }],
        )
      }
    },
  )

  it('is covered by nobody who may not write either: not by who lost the right, too, nor by a disabled account', async () => {
    const ends: readonly ((fileId: string) => Promise<unknown>)[] = [
      async (fileId) => (await alice()).grants(fileId, 'user:carol', 'viewer'),
      async (fileId) => (await alice()).revokes(fileId, 'user:carol'),
      () => execute(tandem.databaseUrl, `update user_account set disabled_at = now() where id = 'carol'`),
    ]
    for (const end of ends) {
      const { fileId, editors } = await session('carol', 'bob')
      await end(fileId)
      await (await alice()).revokes(fileId, 'user:bob')
      expectStatus(await seat(editors, 'bob').putFile('x', LOCK), 404)
      expect(await (await alice()).recoveryItems(fileId)).toMatchObject([{ reason: 'permission-revoked' }])
    }
    await execute(tandem.databaseUrl, `update user_account set disabled_at = null where id = 'carol'`)
    const { fileId, editors } = await session('carol', 'bob')
    await (await alice()).revokes(fileId, 'user:bob')
    expectStatus(await seat(editors, 'bob').putFile('x', LOCK), 200)
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
