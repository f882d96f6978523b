import pg from 'pg'
import { describe, expect, it, vi } from 'vitest'
import { nameKey, numberedName } from '../../src/storage/files/file-name.js'
import { decodeUtf7, encodeUtf7 } from '../../src/wopi/protocol/utf7.js'
import type { Place, WopiAnswer } from '../kit/wopi.js'
import { useFixture } from './fixture.js'

const MANY = 5000
/** What works in the background meanwhile makes some of them dearer, and none cheaper. */
const TIMES = 5

describe('the number of a name', () => {
  const fixture = useFixture()

  /** Names of files that are there already; fewer words than as many saves. */
  async function fill(folder: Place, names: readonly string[]): Promise<void> {
    await fixture.sql(
      `insert into file (id, container_id, name, name_key, owner_id, version, sequence_number, size, sha256, blob,
         modified_at, modified_by)
       select md5(random()::text), $1, n.name, n.key, 'alice', 1, 1, 0, '', '', clock_timestamp(), 'alice'
       from unnest($2::text[], $3::text[]) as n (name, key)`,
      [folder.id, names, names.map(nameKey)],
    )
  }

  const named = (answer: WopiAnswer): string => {
    expect(answer.status).toBe(200)
    return answer.json<{ Name: string }>().Name
  }
  const create = async (folder: Place, name: string): Promise<string> =>
    named(await folder.operation('CREATE_CHILD_FILE', { 'X-WOPI-SuggestedTarget': encodeUtf7(name) }))
  /** "Document.docx" to "Document (last).docx". */
  const documents = (last: number): string[] =>
    Array.from({ length: last }, (_, i) => (i === 0 ? 'Document.docx' : numberedName('Document.docx', i + 1)))

  /** The fewest messages to PostgreSQL that one of several such calls needed. */
  async function fewestRoundTrips(call: (time: number) => Promise<unknown>): Promise<number> {
    const prepared = vi.spyOn(pg.Connection.prototype, 'sync')
    const plain = vi.spyOn(pg.Connection.prototype, 'query')
    const counts: number[] = []
    try {
      for (let time = 0; time < TIMES; time++) {
        const before = prepared.mock.calls.length + plain.mock.calls.length
        await call(time)
        counts.push(prepared.mock.calls.length + plain.mock.calls.length - before)
      }
    } finally {
      prepared.mockRestore()
      plain.mockRestore()
    }
    return Math.min(...counts)
  }

  it(`the ${MANY}th of one name costs as many round trips to the database as the first`, async () => {
    const folder = await fixture.folder()
    const first = await fewestRoundTrips((time) => create(folder, `First ${time}.docx`))
    await fill(folder, documents(MANY - 1))
    const made: string[] = []
    const last = await fewestRoundTrips(async () => made.push(await create(folder, 'Document.docx')))
    expect(made).toEqual(Array.from({ length: TIMES }, (_, i) => `Document (${MANY + i}).docx`))
    expect(first).toBeGreaterThan(2)
    expect(last).toBe(first)
  })

  it('PutRelativeFile, beside so many, names the same; and so does its answer to an exact name', async () => {
    const source = await fixture.open('bytes', { name: 'Document.docx' })
    const { containerId } = await (await fixture.person('alice')).seesFile(source.fileId)
    const home = await fixture.enter(containerId)
    await fill(home, documents(MANY - 1).slice(1))
    const suggested = { 'X-WOPI-SuggestedTarget': encodeUtf7('Document.docx') }
    const trips = await fewestRoundTrips(() => source.putRelativeFile('copy', suggested))
    const fresh = (time: number): Record<string, string> => ({
      'X-WOPI-SuggestedTarget': `Fresh ${time}.docx`,
    })
    expect(await fewestRoundTrips((time) => source.putRelativeFile('copy', fresh(time)))).toBe(trips)
    expect(named(await source.putRelativeFile('copy', suggested))).toBe(`Document (${MANY + TIMES}).docx`)
    const exact = await source.putRelativeFile('copy', { 'X-WOPI-RelativeTarget': 'Document.docx' })
    expect(exact.status).toBe(409)
    expect(decodeUtf7(String(exact.headers['x-wopi-validrelativetarget']))).toBe(
      `Document (${MANY + TIMES + 1}).docx`,
    )
  })

  it('the lowest free number is taken: gaps are filled, the name itself first', async () => {
    const folder = await fixture.folder()
    await fill(folder, documents(30))
    await fixture.sql(`delete from file where container_id = $1 and name_key = any ($2)`, [
      folder.id,
      ['document (7).docx', 'document (20).docx', 'document.docx'],
    ])
    const made = [await create(folder, 'Document.docx'), await create(folder, 'Document.docx')]
    made.push(await create(folder, 'Document.docx'), await create(folder, 'Document.docx'))
    expect(made).toEqual(['Document.docx', 'Document (7).docx', 'Document (20).docx', 'Document (31).docx'])
  })

  it('what only looks like a numbered form of it is none', async () => {
    const folder = await fixture.folder()
    await fill(folder, [
      'Document.docx',
      'Document (02).docx',
      'Document (0).docx',
      'Document (1).docx',
      'Document (x).docx',
      'Document (2) (3).docx',
      'Document (2).doc',
      'Document (2).docx.docx',
      'Document(2).docx',
      'Document (99999999).docx',
      'Document (2',
      'Document (2).',
      'My Document (2).docx',
      'Document 2.docx',
      'Document (%).docx',
    ])
    expect([await create(folder, 'Document.docx'), await create(folder, 'Document.docx')]).toEqual([
      'Document (2).docx',
      'Document (3).docx',
    ])
  })

  it('case, Unicode form and invisible marks make no other name; wildcards are letters', async () => {
    const folder = await fixture.folder()
    await fill(folder, [
      'PLAN.docx',
      'plan (2).DOCX',
      'Ρ\u200dlan.docx',
      '100%_a.docx',
      '100xya (2).docx',
      'ΠΛΑΣ.docx',
    ])
    expect(await create(folder, 'Plan.docx')).toBe('Plan (3).docx')
    expect(await create(folder, '100%_A.docx')).toBe('100%_A (2).docx')
    const greek = [await create(folder, 'ΠΛΑΣ.docx'), await create(folder, 'ΠΛΑΣ.docx')]
    expect(greek).toEqual(['ΠΛΑΣ (2).docx', 'ΠΛΑΣ (3).docx'])
  })

  it('at the limit of its length a longer number takes a letter of the name', async () => {
    const folder = await fixture.folder()
    const long = 'x'.repeat(199)
    await fill(folder, [
      `${long}.docx`,
      ...Array.from({ length: 7 }, (_, i) => numberedName(`${long}.docx`, i + 2)),
    ])
    const made = [await create(folder, `${long}.docx`), await create(folder, `${long}.docx`)]
    expect(made).toEqual([`${'x'.repeat(196)} (9).docx`, `${'x'.repeat(195)} (10).docx`])
    await fill(
      folder,
      Array.from({ length: 89 }, (_, i) => numberedName(`${long}.docx`, i + 11)),
    )
    expect(await create(folder, `${long}.docx`)).toBe(`${'x'.repeat(194)} (100).docx`)
  })

  it('whoever renames something has their own number', async () => {
    const [alice, folder] = [await fixture.person('alice'), await fixture.folder()]
    await fill(folder, documents(2))
    const made = await alice.calls('POST', `/files?name=Mine.docx&container=${folder.id}`, 'bytes')
    const mine = await fixture.join(made.json<{ id: string }>())
    const rename = async (name: string): Promise<string> => named(await mine.renameFile(name))
    expect(await rename('Document')).toBe('Document (3)')
    expect(await rename('Document')).toBe('Document (3)')
    expect(await rename('Document (3)')).toBe('Document (3)')
    await fixture.sql(`delete from file where container_id = $1 and name_key = 'document (2).docx'`, [
      folder.id,
    ])
    expect(await rename('DOCUMENT')).toBe('DOCUMENT (2)')
  })

  it('comes back from the bin, and as a copy of a refused save, under the next one', async () => {
    const alice = await fixture.person('alice')
    const source = await fixture.open('bytes', { name: 'Back.docx' })
    const { containerId } = await alice.seesFile(source.fileId)
    expect((await alice.calls('DELETE', `/files/${source.fileId}`)).status).toBe(204)
    const home = await fixture.enter(containerId)
    const backs = Array.from({ length: 1200 }, (_, i) =>
      i === 0 ? 'Back.docx' : numberedName('Back.docx', i + 1),
    )
    await fill(home, backs)
    const restored = await alice.calls('POST', `/bin/${source.fileId}/restore`, {})
    expect(restored.json<{ name: string }>().name).toBe('Back (1201).docx')

    const refused = await fixture.open('bytes', { name: 'Kept.docx' })
    await refused.putFile('refused')
    const [item] = await alice.recoveryItems(refused.fileId)
    await fill(home, ['Kept (recovered).docx', 'Kept (recovered) (2).docx'])
    const copy = await alice.calls('POST', `/files/${refused.fileId}/recovery-items/${item?.id}/save-copy`)
    expect(copy.json<{ name: string }>().name).toBe('Kept (recovered) (3).docx')
  })

  it('of a container is behind all of its name, made or renamed', async () => {
    const folder = await fixture.folder()
    await fixture.sql(
      `insert into container (id, parent_id, name, name_key, owner_id, ancestors)
       select md5(random()::text), id, 'v1.2' || suffix, 'v1.2' || suffix, 'alice', ancestors || md5(random()::text)
       from container, lateral (select case when n = 1 then '' else ' (' || n || ')' end as suffix
         from generate_series(1, 1500) n) numbers where id = $1`,
      [folder.id],
    )
    const make = async (name: string): Promise<WopiAnswer> =>
      folder.operation('CREATE_CHILD_CONTAINER', { 'X-WOPI-SuggestedTarget': name })
    const made = (await make('v1.2')).json<{ ContainerPointer: { Name: string; Url: string } }>()
      .ContainerPointer
    expect(made.Name).toBe('v1.2 (1501)')
    const other = (await make('Other')).json<{ ContainerPointer: { Url: string } }>().ContainerPointer
    const renamed = await fixture
      .goTo(other.Url)
      .operation('RENAME_CONTAINER', { 'X-WOPI-RequestedName': 'V1.2' })
    expect(named(renamed)).toBe('V1.2 (1502)')
    const taken = await folder.operation('CREATE_CHILD_CONTAINER', { 'X-WOPI-RelativeTarget': 'v1.2' })
    expect([taken.status, decodeUtf7(String(taken.headers['x-wopi-validrelativetarget']))]).toEqual([
      409,
      'v1.2 (1503)',
    ])
  })
})
