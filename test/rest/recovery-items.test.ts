import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import type { FileView, Person, RestAnswer } from '../kit/people.js'
import { Tandem } from '../kit/tandem.js'
import { expectProblem } from './problem.js'

describe('REST: recovery items', () => {
  let tandem: Tandem
  let alice: Person
  let bob: Person
  let viewer: Person
  let stranger: Person

  beforeAll(async () => {
    tandem = await Tandem.start(inject('postgres'))
    alice = await tandem.person('alice')
    bob = await tandem.person('bob')
    viewer = await tandem.person('viewer')
    stranger = await tandem.person('stranger')
  })
  afterAll(() => tandem.stop())

  /** alice's file, on which a save of bob's without the lock was refused. */
  async function refusedSave(content = 'refused'): Promise<{ file: FileView; item: string; path: string }> {
    const file = await tandem.sharedFile('content', { bob: 'editor', viewer: 'viewer' })
    const editor = await tandem.editor(bob, file.id)
    expect((await editor.putFile(content)).status).toBe(409)
    const [item] = await alice.recoveryItems(file.id)
    if (!item) throw new Error('nothing was kept')
    return { file, item: item.id, path: `/files/${file.id}/recovery-items/${item.id}` }
  }

  it('lists what was refused, why, whose it is, and whether it differs from the head', async () => {
    const { file, item } = await refusedSave()
    const list = (await bob.calls('GET', `/files/${file.id}/recovery-items`)).json<object>()
    expect(list).toEqual({
      items: [
        {
          id: item,
          fileId: file.id,
          reason: 'not-locked',
          userId: 'bob',
          editors: [],
          baseVersion: '1',
          size: 7,
          sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
          at: expect.stringMatching(/^\d{4}-.*Z$/) as string,
          correlationId: expect.any(String) as string,
          differsFromHead: true,
        },
      ],
      nextCursor: null,
    })
    await alice.calls('PUT', `/files/${file.id}/content`, 'refused', { 'if-match': '"1"' })
    const after = await bob.calls('GET', `/files/${file.id}/recovery-items`)
    expect(after.json<{ items: object[] }>().items).toMatchObject([{ differsFromHead: false }])
  })

  it('N-08: hands the bytes out as a download only', async () => {
    const { file, path } = await refusedSave('<script>')
    const answer = await alice.calls('GET', `${path}/content`)
    expect(answer.body.toString()).toBe('<script>')
    expect(answer.headers).toMatchObject({
      'content-disposition': `attachment; filename="${file.name}"; filename*=UTF-8''${encodeURIComponent(file.name)}`,
      'content-type': 'application/octet-stream',
      'content-security-policy': "sandbox; default-src 'none'; frame-ancestors 'none'",
      'x-content-type-options': 'nosniff',
    })
  })

  it('restores as a new version, once, and not while somebody edits', async () => {
    const { file, item, path } = await refusedSave()
    const editor = await tandem.editor(bob, file.id)
    await editor.lock('session')
    expectProblem(await bob.calls('POST', `${path}/restore`), 409, 'being-edited')
    expect(await alice.recoveryItems(file.id)).toMatchObject([{ id: item }])
    await editor.unlock('session')
    const answers = await Promise.all(Array.from({ length: 5 }, () => bob.calls('POST', `${path}/restore`)))
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 404, 404, 404, 404])
    const head = answers.find(({ status }) => status === 200)?.json<FileView>()
    expect(head).toMatchObject({ id: file.id, version: '2', size: 7, modifiedBy: 'bob' })
    expect((await alice.downloads(file.id)).toString()).toBe('refused')
    expect(await alice.versions(file.id)).toMatchObject([
      { cause: 'restore', author: 'bob' },
      { version: '1' },
    ])
    expect(await alice.recoveryItems(file.id)).toEqual([])
  })

  it('saves a copy beside the file for its owner, among their own files for an editor who may not write there', async () => {
    for (const person of [alice, bob]) {
      const { file, path } = await refusedSave()
      const answer = await person.calls('POST', `${path}/save-copy`)
      expect(answer.status).toBe(201)
      const copy = answer.json<FileView & { ownerId: string }>()
      expect(copy).toMatchObject({
        name: file.name.replace('.docx', ' (recovered).docx'),
        ownerId: person.id,
      })
      expect(copy.containerId === file.containerId).toBe(person === alice)
      // The bytes hold edits of both, so both find them in the copy.
      for (const each of [alice, bob]) expect((await each.downloads(copy.id)).toString()).toBe('refused')
      expect(await alice.seesFile(file.id)).toEqual(file)
      expect(await alice.recoveryItems(file.id)).toEqual([])
      expectProblem(await person.calls('POST', `${path}/save-copy`), 404, 'not-found')
    }
  })

  it('discards for the owner only, for good', async () => {
    const { file, path } = await refusedSave()
    expectProblem(await bob.calls('DELETE', path), 403, 'not-allowed')
    expect((await alice.calls('DELETE', path)).status).toBe(204)
    expectProblem(await alice.calls('DELETE', path), 404, 'not-found')
    expectProblem(await alice.calls('GET', `${path}/content`), 404, 'not-found')
    expectProblem(await alice.calls('POST', `${path}/restore`), 404, 'not-found')
    expect(await alice.seesFile(file.id)).toEqual(file)
    // The same bytes are worth keeping again when they are refused again.
    const editor = await tandem.editor(bob, file.id)
    await editor.putFile('refused')
    expect(await alice.recoveryItems(file.id)).toHaveLength(1)
  })

  it('is closed to viewers (403) and strangers (404), and to an item of another file', async () => {
    const { file, item, path } = await refusedSave()
    const other = await refusedSave('of another file')
    const calls = (person: Person, at: string): Promise<RestAnswer>[] => [
      person.calls('GET', `${at}/content`),
      person.calls('POST', `${at}/restore`),
      person.calls('POST', `${at}/save-copy`),
      person.calls('DELETE', at),
    ]
    const list = `/files/${file.id}/recovery-items`
    expectProblem(await viewer.calls('GET', list), 403, 'not-allowed')
    expectProblem(await stranger.calls('GET', list), 404, 'not-found')
    for (const answer of await Promise.all(calls(viewer, path))) expectProblem(answer, 403, 'not-allowed')
    for (const answer of await Promise.all(calls(stranger, path))) expectProblem(answer, 404, 'not-found')
    for (const strange of [other.item, 'f'.repeat(32), '%00', 'x'.repeat(3000)]) {
      for (const answer of await Promise.all(calls(alice, `${list}/${strange}`))) {
        expectProblem(answer, 404, 'not-found')
      }
    }
    expect(await alice.recoveryItems(file.id)).toMatchObject([{ id: item }])
    expect(await alice.recoveryItems(other.file.id)).toMatchObject([{ id: other.item }])
  })
})
