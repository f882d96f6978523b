import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import type { FileView, Person, RestAnswer } from '../kit/people.js'
import { Tandem } from '../kit/tandem.js'
import { expectProblem } from './problem.js'

describe('REST: content and versions', () => {
  let tandem: Tandem
  let alice: Person
  let bob: Person

  beforeAll(async () => {
    tandem = await Tandem.start(inject('postgres'), { env: { MAX_FILE_SIZE: '1M', DATABASE_POOL_SIZE: '2' } })
    alice = await tandem.person('alice')
    bob = await tandem.person('bob')
  })
  afterAll(() => tandem.stop())

  const uploads = (person: Person, id: string, body: string | Buffer, version: string): Promise<RestAnswer> =>
    person.calls('PUT', `/files/${id}/content`, body, { 'if-match': `"${version}"` })

  async function blobs(): Promise<number> {
    const names = await readdir(join(tandem.dataDir, 'blobs'), { recursive: true })
    return names.filter((name) => name.includes('/')).length
  }

  const names: readonly [string, string][] = [
    ['Plain.docx', `attachment; filename="Plain.docx"; filename*=UTF-8''Plain.docx`],
    [
      "Bob's (new) 100%.docx",
      `attachment; filename="Bob's (new) 100_.docx"; filename*=UTF-8''Bob%27s%20%28new%29%20100%25.docx`,
    ],
    ['Bücher 本.docx', `attachment; filename="B_cher _.docx"; filename*=UTF-8''B%C3%BCcher%20%E6%9C%AC.docx`],
    ['🙂;a=b.html', `attachment; filename="__;a=b.html"; filename*=UTF-8''%F0%9F%99%82%3Ba%3Db.html`],
  ]
  for (const [name, disposition] of names) {
    it(`N-08: downloads ${name} as an attachment that no browser shows or runs`, async () => {
      const { id } = await alice.createsFile(name, '<script>alert(1)</script>')
      for (const path of ['content', 'versions/1/content']) {
        const answer = await alice.calls('GET', `/files/${id}/${path}`)
        expect(answer.status).toBe(200)
        expect(answer.headers).toMatchObject({
          'content-disposition': disposition,
          'content-type': 'application/octet-stream',
          'content-length': '25',
          'content-security-policy': "sandbox; default-src 'none'; frame-ancestors 'none'",
          'x-content-type-options': 'nosniff',
          'cache-control': 'no-store',
          'referrer-policy': 'no-referrer',
          etag: '"1"',
        })
      }
      expect((await (await tandem.editor(alice, id)).getFile()).headers).toMatchObject({
        'content-disposition': disposition,
        'content-security-policy': "sandbox; default-src 'none'; frame-ancestors 'none'",
        'x-content-type-options': 'nosniff',
      })
    })
  }

  it('uploads with If-Match as a new version of that author', async () => {
    const file = await tandem.sharedFile('one', { bob: 'editor' })
    const answer = await uploads(bob, file.id, 'two', '1')
    expect(answer.status).toBe(200)
    expect(answer.json<FileView>()).toMatchObject({ version: '2', size: 3, modifiedBy: 'bob' })
    expect((await alice.downloads(file.id)).toString()).toBe('two')
    expect(await alice.versions(file.id)).toMatchObject([
      { version: '2', author: 'bob', cause: 'upload' },
      { version: '1', author: 'alice', cause: 'upload' },
    ])
    expect((await alice.calls('GET', `/files/${file.id}/versions/1/content`)).body.toString()).toBe('one')
  })

  it('makes a version of the same bytes that changes nothing else, and stores them once', async () => {
    const file = await tandem.sharedFile('one', { bob: 'editor' })
    const before = await blobs()
    const answer = await uploads(bob, file.id, 'one', '1')
    expect(answer.json<FileView>()).toEqual({ ...file, version: '2' })
    expect(await alice.versions(file.id)).toMatchObject([
      { version: '2', author: 'bob', cause: 'upload' },
      { version: '1', author: 'alice', cause: 'upload' },
    ])
    expect(await blobs()).toBe(before)
  })

  it('requires If-Match (428), refuses a moved head (412) and one being edited (409); none of them changes anything', async () => {
    const file = await tandem.sharedFile('one', { bob: 'editor' })
    const before = await blobs()
    for (const match of [undefined, '*', '1', '"x"', '"1", "2"', '""', `"${'9'.repeat(19)}"`]) {
      const headers: Record<string, string> = match === undefined ? {} : { 'if-match': match }
      const answer = await alice.calls('PUT', `/files/${file.id}/content`, 'two', headers)
      expectProblem(answer, 428, 'version-required')
    }
    const moved = expectProblem(await uploads(alice, file.id, 'two', '7'), 412, 'version-moved')
    expect(moved['currentVersion']).toBe('1')
    const editor = await tandem.editor(bob, file.id)
    await editor.lock('session')
    expectProblem(await uploads(alice, file.id, 'two', '1'), 409, 'being-edited')
    expect(await alice.seesFile(file.id)).toEqual(file)
    expect(await blobs()).toBe(before)
    await editor.unlock('session')
    expect((await uploads(alice, file.id, 'two', '1')).status).toBe(200)
  })

  it('lets exactly one of 10 uploads on the same version through', async () => {
    const file = await tandem.sharedFile('one')
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, i) => uploads(alice, file.id, `upload ${i}`, '1')),
    )
    const statuses = answers.map(({ status }) => status)
    expect(statuses.toSorted()).toEqual([200, ...Array<number>(9).fill(412)])
    expect((await alice.downloads(file.id)).toString()).toBe(`upload ${statuses.indexOf(200)}`)
  })

  it('takes 40 uploads to 40 files at once over 2 database connections', async () => {
    const files = await Promise.all(Array.from({ length: 40 }, () => tandem.sharedFile('one')))
    const answers = await Promise.all(files.map(({ id }) => uploads(alice, id, 'two', '1')))
    expect(answers.map(({ status }) => status)).toEqual(Array(40).fill(200))
  })

  it('refuses the viewer (403), the stranger (404), and more than MAX_FILE_SIZE (413)', async () => {
    const file = await tandem.sharedFile('one', { bob: 'viewer' })
    expectProblem(await uploads(bob, file.id, 'two', '1'), 403, 'not-allowed')
    expectProblem(await uploads(await tandem.person('mallory'), file.id, 'two', '1'), 404, 'not-found')
    const before = await blobs()
    const fits = await uploads(alice, file.id, Buffer.alloc(1024 ** 2), '1')
    expect(fits.json<FileView>().size).toBe(1024 ** 2)
    expectProblem(await uploads(alice, file.id, Buffer.alloc(1024 ** 2 + 1), '2'), 413, 'body-too-large')
    expect(await blobs()).toBe(before + 1)
  })

  it('pages through the history, newest first', async () => {
    const { id } = await tandem.sharedFile('content 1')
    for (let i = 1; i < 12; i++) await uploads(alice, id, `content ${i + 1}`, String(i))
    const seen: string[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const query = cursor === '' ? '' : `&cursor=${cursor}`
      const page: Page = (await alice.calls('GET', `/files/${id}/versions?limit=5${query}`)).json<Page>()
      seen.push(...page.items.map(({ version }) => version))
      cursor = page.nextCursor
    }
    expect(seen).toEqual(['12', '11', '10', '9', '8', '7', '6', '5', '4', '3', '2', '1'])
    for (const bad of ['"x"', '{}', '-1', '"1e3"', `"${'9'.repeat(19)}"`]) {
      const answer = await alice.calls(
        'GET',
        `/files/${id}/versions?cursor=${Buffer.from(bad).toString('base64url')}`,
      )
      expectProblem(answer, 400, 'invalid-request')
    }
  })

  it('restores an earlier version as a new one, for editors, not while somebody edits', async () => {
    const { id } = await tandem.sharedFile('one', { bob: 'editor', carol: 'viewer' })
    await uploads(alice, id, 'two', '1')
    const restore = (person: Person, version: string): Promise<RestAnswer> =>
      person.calls('POST', `/files/${id}/versions/${version}/restore`)
    expectProblem(await restore(await tandem.person('carol'), '1'), 403, 'not-allowed')
    for (const none of ['9', '0', '-1', 'x', '9'.repeat(19), '%00']) {
      expectProblem(await restore(bob, none), 404, 'not-found')
    }
    const editor = await tandem.editor(bob, id)
    await editor.lock('session')
    expectProblem(await restore(bob, '1'), 409, 'being-edited')
    await editor.unlock('session')
    expect((await restore(bob, '1')).json<FileView>()).toMatchObject({ version: '3', modifiedBy: 'bob' })
    expect((await alice.downloads(id)).toString()).toBe('one')
    expect((await alice.versions(id)).map(({ cause }) => cause)).toEqual(['restore', 'upload', 'upload'])
  })
})

interface Page {
  readonly items: readonly { readonly version: string }[]
  readonly nextCursor: string | null
}
