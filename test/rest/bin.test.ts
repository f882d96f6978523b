import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { migrate } from '../../src/database/migrate.js'
import type { FileView, Person, RestAnswer } from '../kit/people.js'
import { execute } from '../kit/postgres.js'
import { Housekeeping } from '../kit/storage.js'
import { Tandem } from '../kit/tandem.js'
import { Place } from '../kit/wopi.js'
import { expectProblem } from './problem.js'

interface Binned {
  readonly id: string
  readonly name: string
  readonly purgeAfter: string
  readonly deletedAt: string
}

const DAY_MS = 24 * 3600_000

describe('REST: the bin', () => {
  let tandem: Tandem
  let alice: Person
  let bob: Person
  let root: Person

  beforeAll(async () => {
    tandem = await Tandem.start(inject('postgres'))
    alice = await tandem.person('alice')
    bob = await tandem.person('bob')
    root = await tandem.person('root', 'admin')
  })
  afterAll(() => tandem.stop())

  const sql = async (statement: string, values: unknown[] = []): Promise<Record<string, unknown>[]> =>
    (await execute(tandem.databaseUrl, statement, values)).rows as Record<string, unknown>[]

  /** alice's, deleted by her. */
  async function deleted(name?: string, content = 'content'): Promise<FileView> {
    const file = await tandem.sharedFile(content, { bob: 'editor' }, name)
    expect((await alice.calls('DELETE', `/files/${file.id}`)).status).toBe(204)
    return file
  }
  const restore = (who: Person, id: string, body: object = {}): Promise<RestAnswer> =>
    who.calls('POST', `/bin/${id}/restore`, body)
  const binOf = async (who: Person, query = 'limit=1000'): Promise<Binned[]> =>
    (await who.calls('GET', `/bin?${query}`)).json<{ items: Binned[] }>().items
  const idsOf = async (who: Person): Promise<string[]> => (await binOf(who)).map(({ id }) => id)

  it('a deleted file is in its owner’s bin and an administrator’s, and unknown everywhere else', async () => {
    const file = await deleted()
    const [item] = (await binOf(alice)).filter(({ id }) => id === file.id)
    expect(item).toEqual({
      id: file.id,
      name: file.name,
      size: 7,
      version: '1',
      ownerId: 'alice',
      containerId: file.containerId,
      containerName: 'alice',
      deletedAt: expect.any(String) as string,
      deletedBy: 'alice',
      purgeAfter: expect.any(String) as string,
      recoveryItems: 0,
    })
    expect(Date.parse(item?.purgeAfter ?? '') - Date.parse(item?.deletedAt ?? '')).toBe(30 * DAY_MS)
    expect(await idsOf(root)).toContain(file.id)
    expect(await idsOf(bob)).not.toContain(file.id)
    for (const path of ['', '/content', '/versions', '/grants', '/recovery-items']) {
      expectProblem(await alice.calls('GET', `/files/${file.id}${path}`), 404, 'not-found')
    }
    expectProblem(await bob.calls('GET', `/bin/${file.id}`), 404, 'not-found')
    expectProblem(await restore(bob, file.id), 404, 'not-found')
  })

  it('pages through the bin, latest first, undisturbed by what is deleted meanwhile', async () => {
    const files = [await deleted(), await deleted(), await deleted()]
    const first = (await alice.calls('GET', '/bin?limit=2')).json<{ items: Binned[]; nextCursor: string }>()
    await deleted()
    const next = await binOf(alice, `limit=1&cursor=${first.nextCursor}`)
    expect([...first.items, ...next].map(({ id }) => id)).toEqual(files.map(({ id }) => id).toReversed())
    expectProblem(await alice.calls('GET', '/bin?cursor=nonsense'), 400, 'invalid-request')
    expect((await binOf(root, 'owner=nobody')).length).toBe(0)
  })

  it('comes back whole: id, versions, grants, name, and a lock row that goes on counting', async () => {
    const file = await tandem.sharedFile('one', { bob: 'editor' })
    const editor = await tandem.editor(bob, file.id)
    await editor.lock('before')
    await editor.putFile('two', 'before')
    await editor.unlock('before')
    const [{ epoch = 0 } = {}] = await sql('select epoch::int from file_lock where file_id = $1', [file.id])
    await alice.calls('DELETE', `/files/${file.id}`)
    expect((await editor.checkFileInfo()).status).toBe(404)
    expect((await editor.lock('after')).status).toBe(404)

    const back = await restore(alice, file.id)
    expect(back.status).toBe(200)
    expect(back.json<FileView>()).toMatchObject({ id: file.id, name: file.name, version: '2' })
    expect((await alice.versions(file.id)).map(({ version }) => version)).toEqual(['2', '1'])
    expect(await idsOf(alice)).not.toContain(file.id)
    // The token that was issued before is as good as its right.
    expect((await editor.checkFileInfo()).json()).toMatchObject({ Version: '2', UserCanWrite: true })
    expect((await editor.lock('after')).version).toBe('2')
    expect((await editor.putFile('three', 'after')).version).toBe('3')
    const [{ epoch: now } = {}] = await sql('select epoch::int from file_lock where file_id = $1', [file.id])
    expect(Number(now)).toBeGreaterThan(Number(epoch))
  })

  it('a lock of before the deletion is not there after it, nor does its save overwrite anything', async () => {
    const file = await tandem.sharedFile('content', { bob: 'editor' })
    const editor = await tandem.editor(bob, file.id)
    await editor.lock('old')
    expectProblem(await alice.calls('DELETE', `/files/${file.id}`), 409, 'being-edited')
    expect((await alice.calls('DELETE', `/files/${file.id}?force=true`)).status).toBe(204)
    expect((await restore(alice, file.id)).status).toBe(200)
    expect((await editor.getLock()).lock).toBe('')
    expect((await editor.putFile('late', 'old')).status).toBe(409)
    expect((await alice.recoveryItems(file.id)).map(({ reason }) => reason)).toEqual(['not-locked'])
  })

  it('numbers a name that is taken by now, and lets the name be taken meanwhile', async () => {
    const file = await deleted('Plan.docx')
    const other = await tandem.sharedFile('another', {}, 'plan.docx')
    expect((await restore(alice, file.id)).json()).toMatchObject({ name: 'Plan (2).docx' })
    expect(await alice.seesFile(other.id)).toMatchObject({ name: 'plan.docx' })
  })

  it('many are restored at once under one name, each under its own', async () => {
    const files: FileView[] = []
    for (let n = 0; n < 6; n++) files.push(await deleted('Crowd.docx'))
    const answers = await Promise.all(files.map(({ id }) => restore(alice, id)))
    expect(answers.map(({ status }) => status)).toEqual(files.map(() => 200))
    expect(new Set(answers.map((answer) => answer.json<FileView>().name)).size).toBe(files.length)
  })

  it('is restored once, however many ask', async () => {
    const file = await deleted()
    const answers = await Promise.all([1, 2, 3, 4].map(() => restore(alice, file.id)))
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 404, 404, 404])
    const rows = await sql('select 1 from file_lock where file_id = $1', [file.id])
    expect(rows).toHaveLength(1)
  })

  it('goes to its owner’s own files when its container is gone, or where the caller says', async () => {
    const home = (await tandem.sharedFile('x')).containerId
    const folder = async (name: string): Promise<string> =>
      (await alice.calls('POST', `/containers?name=${name}`)).json<{ id: string }>().id
    const [gone, kept] = [await folder('gone'), await folder('kept')]
    const files = [await alice.createsFile('a.docx', 'a', gone), await alice.createsFile('b.docx', 'b', gone)]
    for (const { id } of files) await alice.calls('DELETE', `/files/${id}`)
    const opened = (await alice.calls('POST', `/containers/${gone}/access-tokens`, { mode: 'edit' })).json<{
      accessToken: string
    }>()
    const place = new Place(`${tandem.url}/wopi/containers/${gone}?access_token=${opened.accessToken}`)
    expect((await place.operation('DELETE_CONTAINER')).status).toBe(200)
    expect((await alice.calls('GET', `/bin/${files[0]?.id}`)).json()).toMatchObject({
      containerId: gone,
      containerName: null,
    })
    expect((await restore(alice, files[0]?.id ?? '')).json()).toMatchObject({ containerId: home })
    expect((await restore(root, files[1]?.id ?? '', { container: kept })).json()).toMatchObject({
      containerId: kept,
    })
  })

  it('needs the right to fill the container that it is to go to', async () => {
    const file = await deleted()
    const bobs = (await bob.createsFile(`${file.id}.docx`, 'x')).containerId
    expectProblem(await restore(alice, file.id, { container: bobs }), 404, 'not-found')
    expectProblem(await restore(alice, file.id, { container: 'root' }), 403, 'not-allowed')
    expectProblem(await restore(alice, file.id, { container: 'f'.repeat(32) }), 404, 'not-found')
    expectProblem(await restore(alice, file.id, { folder: bobs }), 400, 'invalid-request')
    expect((await alice.calls('POST', `/bin/${file.id}/restore`)).status).toBe(200)
  })

  it('DELETE ends it for good, with everything that is of it, and nothing refers to it any more', async () => {
    const file = await tandem.sharedFile('content', { bob: 'editor' })
    await (await tandem.editor(bob, file.id)).putFile('refused')
    await alice.calls('DELETE', `/files/${file.id}`)
    const path = `/bin/${file.id}`
    expectProblem(await bob.calls('DELETE', path), 404, 'not-found')
    expect((await alice.calls('DELETE', path)).status).toBe(204)
    expectProblem(await alice.calls('DELETE', path), 404, 'not-found')
    expectProblem(await restore(root, file.id), 404, 'not-found')
    for (const { table } of await tablesOfFiles()) {
      expect(await sql(`select 1 from ${String(table)} where file_id = $1`, [file.id])).toEqual([])
    }
    const audited = await sql(
      `select action, detail->>'name' as name from audit_event where object_id = $1 order by id`,
      [file.id],
    )
    expect(audited).toContainEqual({ action: 'file-purged', name: file.name })
  })

  const tablesOfFiles = (): Promise<Record<string, unknown>[]> =>
    sql(
      `select conrelid::regclass::text as table from pg_constraint
       where contype = 'f' and confrelid = 'file'::regclass order by 1`,
    )

  it('a table that refers to files is emptied of a purged one, or it could never be purged', async () => {
    const tables = (await tablesOfFiles()).map(({ table }) => String(table))
    expect(tables).toContain('file_version')
    const { PURGE } = await import('../../src/storage/files/bin.statements.js')
    for (const table of tables) expect(PURGE.text).toContain(`delete from ${table} `)
  })

  it('DELETE /bin empties what the caller owns, however much, and nothing of anybody else', async () => {
    const carol = await tandem.person('carol')
    const { containerId } = await carol.createsFile('kept.docx', 'kept')
    await execute(
      tandem.databaseUrl,
      `insert into file (id, container_id, name, name_key, owner_id, version, sequence_number, size, sha256, blob,
         modified_at, modified_by, deleted_at)
       select 'carol' || n, $1, 'n' || n, 'n' || n, 'carol', 1, 1, 0, '', '', now(), 'carol', now()
       from generate_series(1, 250) n`,
      [containerId],
    )
    const file = await deleted()
    expect((await carol.calls('DELETE', '/bin')).status).toBe(204)
    expect(await idsOf(carol)).toEqual([])
    expect(await idsOf(alice)).toContain(file.id)
    expect(await sql(`select 1 from file where owner_id = 'carol'`)).toHaveLength(1)
    expect(await sql(`select detail from audit_event where action = 'bin-emptied' order by id`)).toEqual([
      { detail: { files: 250 } },
    ])
  })

  it('is purged when its time is over, once however many servers look, audited, and not a moment before', async () => {
    const [old, young] = [await deleted(), await deleted()]
    await sql(`update file set deleted_at = deleted_at - interval '30 days 1 minute' where id = $1`, [old.id])
    await sql(`update file set deleted_at = deleted_at - interval '29 days 23 hours' where id = $1`, [
      young.id,
    ])
    await using one = await Housekeeping.of(tandem)
    await using two = await Housekeeping.of(tandem)
    const purged = await Promise.all([one.bin.purge(), two.bin.purge()])
    expect(purged.reduce((sum, n) => sum + n)).toBe(1)
    expect(await idsOf(root)).not.toContain(old.id)
    expect(await idsOf(root)).toContain(young.id)
    const [audited] = await sql(
      `select actor, detail from audit_event where object_id = $1 and action = 'file-purged' order by id`,
      [old.id],
    )
    expect(audited).toMatchObject({ actor: '(retention)', detail: { name: old.name, ownerId: 'alice' } })
  })

  it('recovery items of a deleted file are kept as long as it is', async () => {
    const file = await tandem.sharedFile('content', { bob: 'editor' })
    await (await tandem.editor(bob, file.id)).putFile('refused long ago')
    await sql(`update recovery_item set at = at - interval '40 days' where file_id = $1`, [file.id])
    await alice.calls('DELETE', `/files/${file.id}`)
    await using housekeeping = await Housekeeping.of(tandem)
    await housekeeping.recovery.purge()
    expect((await alice.calls('GET', `/bin/${file.id}`)).json()).toMatchObject({ recoveryItems: 1 })
  })

  it('what was deleted before the upgrade turns up with all of its time, and works when restored', async () => {
    const file = await deleted()
    await execute(
      tandem.databaseUrl,
      `alter table file drop column deleted_by, drop column deleted_from, drop column kept_from,
         drop column last_lock_epoch, drop column last_coauth_table_version`,
    )
    await execute(tandem.databaseUrl, `drop index file_in_bin`)
    await execute(tandem.databaseUrl, `delete from migration where name like 'Bin%'`)
    await sql(`update file set deleted_at = deleted_at - interval '300 days' where id = $1`, [file.id])
    await migrate(tandem.databaseUrl)

    const [item] = (await binOf(alice)).filter(({ id }) => id === file.id)
    expect(item).toMatchObject({ deletedBy: null, containerId: file.containerId })
    expect(Date.parse(item?.purgeAfter ?? '')).toBeGreaterThan(Date.now() + 29.9 * DAY_MS)
    await using housekeeping = await Housekeeping.of(tandem)
    await housekeeping.bin.purge()
    expect((await restore(alice, file.id)).status).toBe(200)
    const editor = await tandem.editor(bob, file.id)
    expect((await editor.lock('L')).status).toBe(200)
    expect((await editor.putFile('again', 'L')).version).toBe('2')
  })
})
