import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { messageFrame } from '../../src/incremental/frame-writer.js'
import { written } from '../incremental/frame-kit.js'
import type { Person } from '../kit/people.js'
import { execute } from '../kit/postgres.js'
import { Housekeeping } from '../kit/storage.js'
import { Tandem } from '../kit/tandem.js'
import { callWopi, type Editor } from '../kit/wopi.js'
import { expectProblem } from '../rest/problem.js'
import { until } from '../reliability/until.js'

interface Row {
  readonly actor: string
  readonly action: string
  readonly object: string
  readonly outcome: string
  readonly detail: Record<string, unknown>
}

describe('the audit of reads and refusals', () => {
  let tandem: Tandem
  let alice: Person
  let bob: Person
  let root: Person

  beforeAll(async () => {
    tandem = await Tandem.start(inject('postgres'), { env: { COAUTH_PROFILE: 'plus', FILE_URL: 'on' } })
    alice = await tandem.person('alice')
    bob = await tandem.person('bob')
    root = await tandem.person('root', 'admin')
  })
  afterAll(() => tandem.stop())

  async function rows(objectId: string, ...actions: string[]): Promise<Row[]> {
    const { rows: found } = await execute(
      tandem.databaseUrl,
      `select actor, action, object_id as object, outcome, detail from audit_event
       where object_id = $1 and action = any ($2) order by id`,
      [objectId, actions],
    )
    return found as Row[]
  }
  /** As soon as there are so many; more than that would be found by whoever asks again. */
  async function untilRows(count: number, objectId: string, ...actions: string[]): Promise<Row[]> {
    let found: Row[] = []
    await until(`${count} rows of ${actions.join()}`, async () => {
      found = await rows(objectId, ...actions)
      return found.length >= count
    })
    expect(found).toHaveLength(count)
    return found
  }
  const bobs = async (mode: 'edit' | 'view' = 'edit'): Promise<Editor> => {
    const file = await tandem.sharedFile('content', { bob: 'editor' })
    return tandem.editor(bob, file.id, mode)
  }
  /** Something else that is noted after everything before it: when it is there, so is that. */
  async function afterwards(): Promise<void> {
    const editor = await bobs('view')
    await editor.getFile()
    await untilRows(1, editor.fileId, 'file-read')
  }

  it('GetFile: one row for each access token and document, however often an editor reads', async () => {
    const editor = await bobs()
    for (let n = 0; n < 5; n++) expect((await editor.getFile()).status).toBe(200)
    const [row] = await untilRows(1, editor.fileId, 'file-read')
    expect(row).toMatchObject({
      actor: 'bob',
      outcome: 'done',
      detail: { operation: 'GetFile', version: '1' },
    })
    await editor.getFile()
    await afterwards()
    expect(await rows(editor.fileId, 'file-read')).toHaveLength(1)
    const again = await tandem.editor(bob, editor.fileId)
    await again.getFile()
    await untilRows(2, editor.fileId, 'file-read')
  })

  it('FileUrl, GetChunkedFile and GetChunks are reads as well', async () => {
    const [url, chunked, chunks] = [await bobs('view'), await bobs('view'), await bobs('view')]
    const info = (await url.checkFileInfo()).json<{ FileUrl: string }>()
    expect((await callWopi('GET', info.FileUrl)).status).toBe(200)
    await untilRows(1, url.fileId, 'file-read')
    const filter = {
      StreamId: 'MainContent',
      ChunkingScheme: 'Zip',
      AlreadyKnownChunks: [],
      ChunkRangesToReturn: [],
    }
    const ask = async (editor: Editor, override: string, message: object): Promise<void> => {
      const answer = await editor.operation(override, {}, await written([messageFrame(message)]))
      expect(answer.status).toBe(200)
      const [row] = await untilRows(1, editor.fileId, 'file-read')
      expect(row?.actor).toBe('bob')
    }
    await ask(chunked, 'GET_CHUNKED_FILE', { ContentPropertiesToReturn: [], ContentFilters: [filter] })
    await ask(chunks, 'GET_CHUNKS', { ContentFilters: [filter] })
  })

  it('CheckFileInfo reads no document', async () => {
    const editor = await bobs()
    await editor.checkFileInfo()
    await afterwards()
    expect(await rows(editor.fileId, 'file-read')).toEqual([])
  })

  it('downloads: each one, before its bytes, an administrator’s as anybody’s', async () => {
    const { fileId } = await bobs()
    for (const person of [bob, root, root]) await person.downloads(fileId)
    await root.calls('GET', `/files/${fileId}/versions/1/content`)
    expect(await rows(fileId, 'file-downloaded', 'version-downloaded')).toMatchObject([
      { actor: 'bob', action: 'file-downloaded', detail: { version: '1', role: 'user' } },
      { actor: 'root', action: 'file-downloaded', detail: { role: 'admin' } },
      { actor: 'root', action: 'file-downloaded' },
      { actor: 'root', action: 'version-downloaded', detail: { version: '1' } },
    ])
  })

  it('what cannot be audited is not handed out', async () => {
    const { fileId } = await bobs()
    await execute(tandem.databaseUrl, `revoke insert on audit_event from tandem_app`)
    try {
      for (const path of ['content', 'versions/1/content']) {
        const answer = await root.calls('GET', `/files/${fileId}/${path}`)
        expect(answer.status).toBeGreaterThanOrEqual(500)
        expect(answer.body.includes('content')).toBe(false)
      }
    } finally {
      await execute(tandem.databaseUrl, `grant insert on audit_event to tandem_app`)
    }
  })

  it('a database that is away for a while loses no row', async () => {
    const editor = await bobs('view')
    await execute(tandem.databaseUrl, `revoke insert on audited_once from tandem_app`)
    try {
      expect((await editor.getFile()).status).toBe(200)
      await until('it is logged', () =>
        Promise.resolve(tandem.log.some((line) => line.includes('"audit-late"'))),
      )
    } finally {
      await execute(tandem.databaseUrl, `grant insert on audited_once to tandem_app`)
    }
    await untilRows(1, editor.fileId, 'file-read')
  })

  it('refused rights: known people on documents that exist, once an hour for each reason', async () => {
    const editor = await bobs()
    const mallory = await tandem.person('mallory')
    for (let n = 0; n < 3; n++) {
      expectProblem(await mallory.calls('GET', `/files/${editor.fileId}/content`), 404, 'not-found')
      expectProblem(await bob.calls('DELETE', `/files/${editor.fileId}`), 403, 'not-allowed')
    }
    await alice.revokes(editor.fileId, 'user:bob')
    for (let n = 0; n < 3; n++) expect((await editor.getFile()).status).toBe(404)
    const found = await untilRows(3, editor.fileId, 'access-refused')
    expect(found.map(({ actor, outcome }) => [actor, outcome])).toEqual([
      ['mallory', 'not-found'],
      ['bob', 'not-allowed'],
      ['bob', 'no-right'],
    ])
    await afterwards()
    expect(await rows(editor.fileId, 'access-refused')).toHaveLength(3)
    expect(await rows(editor.fileId, 'file-read')).toEqual([])
  })

  it('refused tokens: whose they are, and not what they were presented for', async () => {
    const editor = await bobs()
    const elsewhere = Object.assign(await bobs(), { fileId: 'f'.repeat(32), token: editor.token })
    expect((await elsewhere.checkFileInfo()).status).toBe(401)
    await execute(
      tandem.databaseUrl,
      `update access_token set revoked_at = clock_timestamp() where resource_id = $1`,
      [editor.fileId],
    )
    expect((await editor.checkFileInfo()).status).toBe(401)
    const found = await untilRows(2, editor.fileId, 'access-refused')
    expect(found).toMatchObject([
      { actor: 'bob', outcome: 'token-of-other-file' },
      { actor: 'bob', outcome: 'token-revoked', detail: { operation: 'CheckFileInfo' } },
    ])
    expect(await rows('f'.repeat(32), 'access-refused')).toEqual([])
  })

  it('what needs a role that the caller has not, by the name of the call', async () => {
    const ada = await tandem.person('ada', 'auditor')
    const { fileId } = await bobs()
    expectProblem(await bob.calls('GET', '/admin/locks'), 403, 'not-allowed')
    expectProblem(await ada.calls('GET', `/files/${fileId}/content`), 403, 'not-allowed')
    await untilRows(1, 'GET /api/v1/admin/locks', 'access-refused')
    const [row] = await untilRows(1, 'GET /api/v1/files/:id/content', 'access-refused')
    expect(row).toMatchObject({ actor: 'ada', outcome: 'not-allowed' })
  })

  it('refused sign-ins, and a flood of forged tokens is one row an hour', async () => {
    for (let n = 0; n < 5; n++) {
      const forged = await fetch(`${tandem.url}/api/v1/files`, { headers: { authorization: `Bearer x${n}` } })
      expect(forged.status).toBe(401)
      expect((await fetch(`${tandem.url}/wopi/files/f${n}?access_token=x${n}`)).status).toBe(401)
      await fetch(`${tandem.url}/api/v1/files`)
    }
    const found = await untilRows(2, '(unknown)', 'sign-in-refused', 'access-refused')
    expect(found.map(({ action, outcome }) => `${action} ${outcome}`).toSorted()).toEqual([
      'access-refused token-invalid',
      'sign-in-refused not-signed-in',
    ])
  })

  it('keys that no token has any more are forgotten; the rows stay', async () => {
    const editor = await bobs('view')
    await editor.getFile()
    await untilRows(1, editor.fileId, 'file-read')
    await execute(
      tandem.databaseUrl,
      `update audited_once set at = at - interval '4 days' where key like $1`,
      [`%${editor.fileId}`],
    )
    await using housekeeping = await Housekeeping.of(tandem)
    await housekeeping.auditKeys.purge()
    const { rows: left } = await execute(tandem.databaseUrl, `select 1 from audited_once where key like $1`, [
      `%${editor.fileId}`,
    ])
    expect(left).toEqual([])
    expect(await rows(editor.fileId, 'file-read')).toHaveLength(1)
  })
})
