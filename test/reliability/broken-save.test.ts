import { zipSync } from 'fflate'
import { randomBytes } from 'node:crypto'
import { request } from 'undici'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import type { Person } from '../kit/people.js'
import { execute } from '../kit/postgres.js'
import { Housekeeping } from '../kit/storage.js'
import { Tandem } from '../kit/tandem.js'
import type { Editor } from '../kit/wopi.js'

interface Version {
  readonly version: string
  readonly kind: string | null
  readonly formerKind: string | null
}

/** A document of 100 KB that is never the same twice. */
function document(): Buffer {
  return Buffer.from(zipSync({ 'word/document.xml': randomBytes(100_000) }, { level: 0 }))
}

describe('an editor that crashes, or runs out of disk, saves a broken document over a good one', () => {
  let tandem: Tandem
  let alice: Person
  let keeping: Housekeeping

  beforeAll(async () => {
    tandem = await Tandem.start(inject('postgres'), { env: { COAUTH_PROFILE: 'plus' } })
    alice = await tandem.person('alice')
    keeping = await Housekeeping.of(tandem)
  })
  afterAll(async () => {
    await keeping[Symbol.asyncDispose]()
    await tandem.stop()
  })

  async function edited(first: Buffer | string = document()): Promise<Editor> {
    const editor = await tandem.editor(alice, (await tandem.sharedFile(first)).id)
    await editor.lock('L')
    return editor
  }
  async function saves(editor: Editor, ...contents: (Buffer | string)[]): Promise<string[]> {
    const versions: string[] = []
    for (const content of contents) {
      const answer = await editor.putFile(content, 'L')
      expect(answer.status).toBe(200)
      versions.push(answer.version ?? '')
    }
    return versions
  }
  async function listed({ fileId }: Editor, query = ''): Promise<Version[]> {
    const answer = await alice.calls('GET', `/files/${fileId}/versions?limit=1000${query}`)
    return answer.json<{ items: Version[] }>().items
  }
  const numbers = (versions: readonly Version[]): string[] => versions.map(({ version }) => version)
  const sql = (text: string, values: unknown[]): Promise<unknown> => execute(tandem.databaseUrl, text, values)
  const grow25HoursOld = ({ fileId }: Editor): Promise<unknown> =>
    sql(
      `update file_version set at = at - interval '25 hours', modified_at = modified_at - interval '25 hours' where file_id = $1`,
      [fileId],
    )

  const broken: [string, Buffer | string, string][] = [
    ['nothing', '', 'empty'],
    ['an error page', '<html><h1>502 Bad Gateway</h1></html>', 'html'],
    ['a message', 'No space left on device', 'other'],
    ['the beginning of the document', document().subarray(0, 50_000), 'broken-zip'],
  ]
  for (const [what, bytes, kind] of broken) {
    it(`${what}: the last good save stays in the list, and is there the day after`, async () => {
      const editor = await edited()
      const good = document()
      const [, last = ''] = await saves(editor, document(), good)
      await saves(editor, bytes, bytes)
      const [, more = ''] = await saves(editor, document(), document())
      // 1: the upload; 3: the last good one; 5: the broken one, of which two came; 6: good again; 7: the head.
      expect(numbers(await listed(editor))).toEqual([more, '6', '5', last, '1'])
      await grow25HoursOld(editor)
      await keeping.versions.purge()
      expect(numbers(await listed(editor, '&all=true'))).toEqual([more, '6', '5', last, '1'])
      const kept = await alice.calls('GET', `/files/${editor.fileId}/versions/${last}/content`)
      expect(kept.body.equals(good)).toBe(true)
    })

    it(`${what}: the owner is told, and which version is the good one`, async () => {
      const editor = await edited()
      await saves(editor, document(), bytes)
      const [head, before] = await listed(editor)
      expect(head).toMatchObject({ version: '3', kind, formerKind: 'zip' })
      expect(before).toMatchObject({ version: '2', kind: 'zip', formerKind: null })
      const { body } = await request(`${tandem.url}/api/v1/events?file=${editor.fileId}&after=0`, {
        headers: { authorization: `Bearer ${alice.bearer}` },
      })
      let told = ''
      for await (const piece of body) {
        told += String(piece)
        if (told.includes('"kind":"kind-changed"')) break
      }
      expect(told).toMatch(/"formerVersion":"2"/)
      expect(told).toContain(`"kind":"${kind}"`)
      expect(told).toContain('"ownerId":"alice"')
    })
  }

  it('a new document that gets its first content is no accident: nobody is told', async () => {
    const editor = await edited('')
    await saves(editor, document(), document())
    expect((await listed(editor)).map(({ formerKind }) => formerKind)).toEqual([null, null, null])
    const { rows } = await execute(
      tandem.databaseUrl,
      `select from session_event where file_id = $1 and kind = $2`,
      [editor.fileId, 'kind-changed'],
    )
    expect(rows).toHaveLength(0)
  })

  it('a text that stays text folds as ever', async () => {
    const editor = await edited('one')
    await saves(editor, 'two', 'three', 'four')
    expect(numbers(await listed(editor))).toEqual(['4', '1'])
  })

  it('what nobody looked at, before the upgrade, is the kind of nothing that came later, and stays', async () => {
    const editor = await edited()
    await saves(editor, document(), document())
    await sql('update file_version set kind = null where file_id = $1', [editor.fileId])
    await saves(editor, document(), document())
    expect(numbers(await listed(editor))).toEqual(['5', '4', '3', '1'])
    // But no bytes are no bytes, whoever looked.
    const other = await edited()
    await saves(other, document(), '', document())
    await sql('update file_version set kind = null where file_id = $1', [other.fileId])
    expect(numbers(await listed(other))).toEqual(['4', '3', '2', '1'])
  })

  it('a restored version is of the kind that its bytes are', async () => {
    const editor = await edited()
    await saves(editor, 'broken')
    await editor.unlock('L')
    await sql('update file_version set kind = null where file_id = $1', [editor.fileId])
    expect((await alice.calls('POST', `/files/${editor.fileId}/versions/1/restore`)).status).toBe(200)
    expect((await listed(editor))[0]).toMatchObject({ version: '3', kind: 'zip' })
  })
})

describe('saves of the same bytes (R-18)', () => {
  let tandem: Tandem
  let alice: Person
  let keeping: Housekeeping

  beforeAll(async () => {
    tandem = await Tandem.start(inject('postgres'))
    alice = await tandem.person('alice')
    keeping = await Housekeeping.of(tandem)
  })
  afterAll(async () => {
    await keeping[Symbol.asyncDispose]()
    await tandem.stop()
  })

  const listed = async (fileId: string, query = ''): Promise<string[]> => {
    const answer = await alice.calls('GET', `/files/${fileId}/versions?limit=1000${query}`)
    return answer.json<{ items: Version[] }>().items.map(({ version }) => version)
  }
  const moved = (fileId: string, version: number, minutes: number): Promise<unknown> =>
    execute(
      tandem.databaseUrl,
      `update file_version set at = at - $3::float8 * interval '1 minute',
         modified_at = modified_at - $3::float8 * interval '1 minute' where file_id = $1 and version = $2`,
      [fileId, version, minutes],
    )

  it('are one line of the history, the newest, whoever made them and how; every one is there with ?all=true', async () => {
    const file = await tandem.sharedFile('one', { bob: 'editor' })
    const editor = await tandem.editor(await tandem.person('bob'), file.id)
    await editor.lock('L')
    for (let i = 0; i < 3; i++) expect((await editor.putFile('one', 'L')).status).toBe(200)
    expect(await listed(file.id)).toEqual(['4'])
    await editor.putFile('two', 'L')
    await editor.putFile('one', 'L')
    expect(await listed(file.id)).toEqual(['6', '4'])
    expect(await listed(file.id, '&all=true')).toEqual(['6', '5', '4', '3', '2', '1'])
  })

  it('stand for their bytes as of when those came first, before and after the others are deleted', async () => {
    const file = await tandem.sharedFile('one')
    const editor = await tandem.editor(alice, file.id)
    await editor.lock('L')
    // Two contents of two spans; the first came again in the second's span.
    for (const text of ['first', 'first', 'second']) await editor.putFile(text, 'L')
    const day = 24 * 60
    await moved(file.id, 1, day + 120)
    await moved(file.id, 2, day + 60)
    await execute(
      tandem.databaseUrl,
      `update file_version v set modified_at = f.modified_at from file_version f
       where v.file_id = $1 and v.version = 3 and f.file_id = $1 and f.version = 2`,
      [file.id],
    )
    await execute(
      tandem.databaseUrl,
      `update file_version set at = at - interval '25 hours' where file_id = $1`,
      [file.id],
    )
    const before = await listed(file.id)
    expect(before).toEqual(['4', '3', '1'])
    await keeping.versions.purge()
    expect(await listed(file.id)).toEqual(before)
    expect(await listed(file.id, '&all=true')).toEqual(before)
  })

  it('never take the upload with them that they repeat', async () => {
    const file = await tandem.sharedFile('one')
    const editor = await tandem.editor(alice, file.id)
    await editor.lock('L')
    for (const text of ['one', 'two']) await editor.putFile(text, 'L')
    await execute(
      tandem.databaseUrl,
      `update file_version set at = at - interval '25 hours' where file_id = $1`,
      [file.id],
    )
    await keeping.versions.purge()
    expect(await listed(file.id)).toEqual(['3', '2'])
    expect(await listed(file.id, '&all=true')).toEqual(['3', '2', '1'])
  })
})
