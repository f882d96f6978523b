import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import pg from 'pg'
import { request } from 'undici'
import { describe, expect, it } from 'vitest'
import { waiting } from '../kit/gate.js'
import type { FileView } from '../kit/people.js'
import { useFixture } from '../wopi/fixture.js'

/** What an upload by REST found when it began has ended by the time its last byte is there. */
describe('a change by REST that was let in', () => {
  const fixture = useFixture()
  let people = 0

  /** alice's file, with a version to go back to, and somebody who may edit it. */
  async function shared(): Promise<{ file: FileView; who: string }> {
    const who = `person${++people}`
    const { id } = await fixture.newFile('first')
    const alice = await fixture.person('alice')
    await alice.grants(id, `user:${who}`, 'owner')
    const upload = await alice.calls('PUT', `/files/${id}/content`, 'content', { 'if-match': '"1"' })
    return { file: upload.json<FileView>(), who }
  }

  /** The second half of an upload comes when `meanwhile` has happened. */
  async function uploads({ id }: FileView, who: string, meanwhile: () => Promise<unknown>): Promise<number> {
    const { baseUrl, bearer } = await fixture.person(who)
    const isWritten = await fixture.nextUpload()
    async function* halves(): AsyncGenerator<Buffer> {
      yield randomBytes(50_000)
      await isWritten()
      await meanwhile()
      yield randomBytes(50_000)
    }
    const { statusCode, body } = await request(`${baseUrl}/api/v1/files/${id}/content`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${bearer}`, 'if-match': '"2"' },
      body: Readable.from(halves(), { objectMode: false }),
    })
    await body.dump()
    return statusCode
  }

  const alices = async (
    path: string,
    method: 'PUT' | 'DELETE',
    body?: unknown,
    headers = {},
  ): Promise<void> => {
    const answer = await (await fixture.person('alice')).calls(method, path, body, headers)
    expect(answer.status).toBeLessThan(300)
  }
  const MEANWHILE: Record<
    string,
    { readonly happens: (file: FileView, who: string) => Promise<unknown>; readonly status: number }
  > = {
    'somebody begins to edit': {
      happens: async (file) => expect((await (await fixture.join(file)).lock('L')).status).toBe(200),
      status: 409,
    },
    'somebody uploads another content': {
      happens: ({ id }) => alices(`/files/${id}/content`, 'PUT', 'of alice', { 'if-match': '"2"' }),
      status: 412,
    },
    'the right is taken away': {
      happens: ({ id }, who) => alices(`/files/${id}/grants/user:${who}`, 'DELETE'),
      status: 404,
    },
    'the right is lowered': {
      happens: ({ id }, who) => alices(`/files/${id}/grants/user:${who}`, 'PUT', { role: 'viewer' }),
      status: 403,
    },
    'the account is disabled': {
      happens: (_file, who) =>
        fixture.sql('update user_account set disabled_at = clock_timestamp() where id = $1', [who]),
      status: 401,
    },
    'the file is deleted': { happens: ({ id }) => alices(`/files/${id}`, 'DELETE'), status: 404 },
  }

  it.each(Object.entries(MEANWHILE))(
    'an upload, and %s: refused, and nothing is left of it',
    async (_, what) => {
      const { file, who } = await shared()
      let blobs = 0
      const status = await uploads(file, who, async () => {
        await what.happens(file, who)
        // That of the upload itself is among them.
        blobs = (await fixture.blobs()) - 1
      })
      expect(status).toBe(what.status)
      expect(await fixture.blobs()).toBe(blobs)
      const theirs = await fixture.sql('select from file_version where file_id = $1 and author = $2', [
        file.id,
        who,
      ])
      expect(theirs).toEqual([])
    },
  )

  it('an upload, and nothing of this: done', async () => {
    const { file, who } = await shared()
    expect(await uploads(file, who, () => Promise.resolve())).toBe(200)
  })

  const OTHERS: Record<string, (file: FileView, item: string) => [method: 'POST' | 'DELETE', path: string]> =
    {
      'the restore of a version': ({ id }) => ['POST', `/files/${id}/versions/1/restore`],
      'the restore of a refused save': ({ id }, item) => [
        'POST',
        `/files/${id}/recovery-items/${item}/restore`,
      ],
      'the deletion': ({ id }) => ['DELETE', `/files/${id}`],
    }

  it.each(Object.entries(OTHERS))(
    '%s waits for the file, and somebody begins to edit: 409',
    async (_, callOf) => {
      const { file, who } = await shared()
      const editor = await fixture.join(file)
      expect((await editor.putFile('refused', 'none')).status).toBe(409)
      const [item] = await (await fixture.person('alice')).recoveryItems(file.id)
      const person = await fixture.person(who)
      const [method, path] = callOf(file, item?.id ?? '')
      const holder = new pg.Client({ connectionString: fixture.tandem.databaseUrl })
      await holder.connect()
      await holder.query('begin')
      await holder.query('select from file where id = $1 for no key update', [file.id])
      const answer = person.calls(method, path)
      await waiting(fixture.tandem.databaseUrl, 1)
      expect((await editor.lock('L')).status).toBe(200)
      await holder.query('rollback')
      await holder.end()
      expect((await answer).status).toBe(409)
      expect((await editor.getFile()).version).toBe('2')
      expect((await editor.putFile('of the editor', 'L')).status).toBe(200)
    },
  )

  fixture.leavesNoTokenInTheLog()
})
