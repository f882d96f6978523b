import { describe, expect, it } from 'vitest'
import { decodeUtf7, encodeUtf7 } from '../../src/wopi/protocol/utf7.js'
import type { Headers, Place, WopiAnswer } from '../kit/wopi.js'
import { useFixture } from './fixture.js'

interface Pointer {
  readonly Name: string
  readonly Url: string
}
interface Children {
  readonly ChildContainers: readonly Pointer[]
  readonly ChildFiles: readonly (Pointer & { Version: string; Size: number; LastModifiedTime: string })[]
}
interface MadeContainer {
  readonly ContainerPointer: Pointer
  readonly ContainerInfo: object
}

const suggests = (name: string): Headers => ({ 'X-WOPI-SuggestedTarget': encodeUtf7(name) })
const asks = (name: string): Headers => ({ 'X-WOPI-RelativeTarget': encodeUtf7(name) })
const requests = (name: string): Headers => ({ 'X-WOPI-RequestedName': encodeUtf7(name) })
const namesOf = (list: readonly Pointer[]): string[] => list.map(({ Name }) => Name)

describe('containers', () => {
  const fixture = useFixture()

  const childrenOf = async (place: Place, headers?: Headers): Promise<Children> =>
    (await place.get('/children', headers)).json<Children>()
  const ancestorsOf = async (place: Place): Promise<readonly Pointer[]> =>
    (await place.get('/ancestry')).json<{ AncestorsWithRootFirst: Pointer[] }>().AncestorsWithRootFirst
  const made = (answer: WopiAnswer): Place => {
    expect(answer.status).toBe(200)
    return fixture.goTo(answer.json<MadeContainer>().ContainerPointer.Url)
  }
  const child = async (place: Place, name: string): Promise<Place> =>
    made(await place.operation('CREATE_CHILD_CONTAINER', asks(name)))
  const validTarget = (answer: WopiAnswer): string =>
    decodeUtf7(String(answer.headers['x-wopi-validrelativetarget']))

  describe('CheckContainerInfo (WOPI.md §9.1)', () => {
    const rights = (create: boolean, change: boolean): object => ({
      UserCanCreateChildFile: create,
      UserCanCreateChildContainer: create,
      UserCanDelete: change,
      UserCanRename: change,
    })
    const account = { IsAnonymousUser: false, IsEduUser: false, LicenseCheckForEditIsEnabled: false }

    it('says the name and what its owner can do', async () => {
      const answer = await (await fixture.folder({ name: 'Projekte_Ж' })).get()
      expect(answer.status).toBe(200)
      expect(answer.headers['content-type']).toBe('application/json')
      const SupportedShareUrlTypes = ['ReadOnly', 'ReadWrite']
      const expected = { Name: 'Projekte_Ж', SupportedShareUrlTypes, ...rights(true, true), ...account }
      expect(answer.json()).toEqual(expected)
    })

    it.each([
      ['editor', 'edit', rights(true, false)],
      ['editor', 'view', rights(false, false)],
      ['viewer', 'view', rights(false, false)],
      ['owner', 'edit', rights(true, true)],
      ['owner', 'view', rights(false, false)],
    ] as const)('says what a granted %s with a token to %s can do', async (role, mode, expected) => {
      const folder = await fixture.folder({ who: 'bob', role, mode })
      expect((await folder.get()).json()).toMatchObject(expected)
    })

    it('the root is everybody’s to see, and nobody’s to change', async () => {
      const root = await fixture.enter('root', { mode: 'view' })
      expect((await root.get()).json()).toEqual({ Name: 'Documents', ...rights(false, false), ...account })
    })

    it('what Office compares is the same in a container and in a file in it', async () => {
      const folder = await fixture.folder()
      await folder.operation('CREATE_CHILD_FILE', asks('Compared.docx'))
      const [file] = (await childrenOf(folder)).ChildFiles
      expect((await fixture.follow(file?.Url ?? '').checkFileInfo()).json()).toMatchObject(account)
    })
  })

  describe('EnumerateChildren (WOPI.md §9.2)', () => {
    it('lists folders and files with what they are, each address with a token that opens it', async () => {
      const folder = await fixture.folder()
      await child(folder, 'b')
      await child(folder, 'A')
      const alice = await fixture.person('alice')
      await alice.createsFile('Plan.docx', 'content', folder.id)
      const children = await childrenOf(folder)
      expect(namesOf(children.ChildContainers)).toEqual(['A', 'b'])
      expect(children.ChildFiles).toEqual([
        {
          Name: 'Plan.docx',
          Url: expect.stringContaining('access_token=') as string,
          Version: '1',
          Size: 7,
          LastModifiedTime: expect.stringMatching(/^\d{4}-.*Z$/) as string,
        },
      ])
      const inside = fixture.follow(children.ChildFiles[0]?.Url ?? '')
      expect((await inside.getFile()).body.toString()).toBe('content')
      const below = fixture.goTo(children.ChildContainers[0]?.Url ?? '')
      expect((await below.get()).json()).toMatchObject({ Name: 'A' })
    })

    it('is empty for an empty container', async () => {
      expect(await childrenOf(await fixture.folder())).toEqual({ ChildContainers: [], ChildFiles: [] })
    })

    it('the list of extensions filters files, in any case, and never containers', async () => {
      const folder = await fixture.folder()
      await child(folder, 'Kept.docx')
      const names = ['a.docx', 'b.DOCX', 'c.xlsx', 'd.pptx', 'none', 'e.tar.docx']
      const alice = await fixture.person('alice')
      for (const name of names) await alice.createsFile(name, 'x', folder.id)
      const listed = async (list: string): Promise<string[]> =>
        namesOf((await childrenOf(folder, { 'X-WOPI-FileExtensionFilterList': list })).ChildFiles)
      expect(await listed('.docx')).toEqual(['a.docx', 'b.DOCX', 'e.tar.docx'])
      expect(await listed('.Docx, .XLSX')).toEqual(['a.docx', 'b.DOCX', 'c.xlsx', 'e.tar.docx'])
      expect(await listed('.odt')).toEqual([])
      expect(await listed('')).toHaveLength(names.length)
      const filter = { 'X-WOPI-FileExtensionFilterList': '.odt' }
      expect(namesOf((await childrenOf(folder, filter)).ChildContainers)).toEqual(['Kept.docx'])
      const wrong = await folder.get('/children', { 'X-WOPI-FileExtensionFilterList': '.docx,xlsx' })
      expect(wrong.status).toBe(400)
      expect(wrong.headers['x-wopi-servererror']).toMatch(/with their dots/)
    })

    it('shows nobody what they have no right to, and gives a viewer no token to edit', async () => {
      const home = await fixture.enter((await fixture.newFile('private')).containerId)
      const shared = await fixture.newFile('shared')
      const alice = await fixture.person('alice')
      await alice.calls('PUT', `/containers/${home.id}/grants/user:vic`, { role: 'viewer' })
      const asVic = await fixture.enter(home.id, { who: 'vic', mode: 'view' })
      const file = (await childrenOf(asVic)).ChildFiles.find(({ Name }) => Name === shared.name)
      const editor = fixture.follow(file?.Url ?? '')
      expect((await editor.checkFileInfo()).json()).toMatchObject({ UserId: 'vic', ReadOnly: true })
      expect((await editor.lock('L')).status).toBe(404)
      await alice.calls('DELETE', `/containers/${home.id}/grants/user:vic`)
      expect((await asVic.get('/children')).status).toBe(404)
      const root = await fixture.enter('root', { who: 'vic', mode: 'view' })
      expect(namesOf((await childrenOf(root)).ChildContainers)).not.toContain('alice')
    })

    it('1,000 files are listed in one answer, within two seconds', async () => {
      const folder = await fixture.folder()
      await fixture.sql(
        `insert into file (id, container_id, name, name_key, owner_id, version, sequence_number, size, sha256, blob,
           modified_at, modified_by)
         select md5('many' || n), $1, n || '.docx', n || '.docx', 'alice', 1, 1, 0, '', '', now(), 'alice'
         from generate_series(1, 1000) n`,
        [folder.id],
      )
      const begin = performance.now()
      expect((await childrenOf(folder)).ChildFiles).toHaveLength(1000)
      expect(performance.now() - begin).toBeLessThan(2000)
    })
  })

  describe('EnumerateAncestors (WOPI.md §8.7, §9.3)', () => {
    it('names the containers around, the root first and the parent last', async () => {
      const outer = await fixture.folder({ name: 'Outer' })
      const inner = await child(outer, 'Inner')
      expect(namesOf(await ancestorsOf(inner))).toEqual(['Documents', 'alice', 'Outer'])
      const answer = await inner.operation('CREATE_CHILD_FILE', asks('Deep.docx'))
      const file = fixture.goTo(answer.json<Pointer>().Url)
      const around = await ancestorsOf(file)
      expect(namesOf(around)).toEqual(['Documents', 'alice', 'Outer', 'Inner'])
      expect((await fixture.goTo(around.at(-1)?.Url ?? '').get()).json()).toMatchObject({
        Name: 'Inner',
        UserCanCreateChildFile: true,
      })
    })

    it('is an empty list for the root', async () => {
      expect(await ancestorsOf(await fixture.enter('root', { mode: 'view' }))).toEqual([])
    })

    it('leaves out the names of folders that the user may not see; the root is always there', async () => {
      const alice = await fixture.open('shared')
      const bob = await fixture.join(alice, { who: 'bob', role: 'editor' })
      const answer = await bob.call('GET', '/ancestry')
      expect(answer.body.toString()).not.toContain('alice')
      const around = answer.json<{ AncestorsWithRootFirst: Pointer[] }>().AncestorsWithRootFirst
      expect(namesOf(around)).toEqual(['Documents'])
    })
  })

  describe('CreateChildFile (WOPI.md §9.4)', () => {
    it('makes an empty file of the user’s own, which can be edited at once', async () => {
      const folder = await fixture.folder({ who: 'bob', role: 'editor' })
      const answer = await folder.operation('CREATE_CHILD_FILE', suggests('Neu_Ж.docx'), 'ignored')
      expect(answer.status).toBe(200)
      const { Name, Url, ...pages } = answer.json<Pointer>()
      expect(Object.keys(pages).toSorted()).toEqual(['HostEditUrl', 'HostViewUrl'])
      expect(Name).toBe('Neu_Ж.docx')
      const editor = fixture.follow(Url)
      const info = { OwnerId: 'bob', Size: 0, BaseFileName: Name, UserCanWrite: true }
      expect((await editor.checkFileInfo()).json()).toMatchObject(info)
      expect((await editor.putFile('first')).status).toBe(200)
      const audit = await fixture.sql(
        `select actor, action from audit_event where object_id = $1 order by id`,
        [editor.fileId],
      )
      expect(audit[0]).toEqual({ actor: 'bob', action: 'file-created' })
    })

    it('a suggested name that is taken is numbered; one that cannot be used is altered', async () => {
      const folder = await fixture.folder()
      const name = async (headers: Headers): Promise<string> =>
        (await folder.operation('CREATE_CHILD_FILE', headers)).json<Pointer>().Name
      expect(await name(suggests('Plan.docx'))).toBe('Plan.docx')
      expect(await name(suggests('plan.DOCX'))).toBe('plan (2).DOCX')
      expect(await name(suggests('a<b>.docx'))).toBe('a_b_.docx')
      expect(await name(suggests('.xlsx'))).toBe('New file.xlsx')
      expect(await name(suggests('..'))).toBe('New file')
    })

    it('an exact name that is taken is 409 with a free one; with overwrite the file is emptied and keeps its id', async () => {
      const folder = await fixture.folder()
      const alice = await fixture.person('alice')
      const { id } = await alice.createsFile('Taken.docx', 'content', folder.id)
      const taken = await folder.operation('CREATE_CHILD_FILE', asks('Taken.docx'))
      expect(taken.status).toBe(409)
      expect(taken.body).toHaveLength(0)
      expect(validTarget(taken)).toBe('Taken (2).docx')
      expect((await alice.downloads(id)).toString()).toBe('content')

      const editor = await fixture.join({ id })
      await editor.lock('theirs')
      const overwrite = { ...asks('Taken.docx'), 'X-WOPI-OverwriteRelativeTarget': 'True' }
      expect(await folder.operation('CREATE_CHILD_FILE', overwrite)).toMatchObject({
        status: 409,
        lock: 'theirs',
      })
      expect((await alice.downloads(id)).toString()).toBe('content')
      await editor.unlock('theirs')
      const answer = await folder.operation('CREATE_CHILD_FILE', overwrite)
      expect(fixture.follow(answer.json<Pointer>().Url).fileId).toBe(id)
      expect(await alice.seesFile(id)).toMatchObject({ size: 0, version: '2' })
    })

    it('an exact name that cannot be used is 400, with the reason and one that can', async () => {
      const answer = await (await fixture.folder()).operation('CREATE_CHILD_FILE', asks('a/b?.docx'))
      expect(answer.status).toBe(400)
      expect(answer.headers['x-wopi-invalidfilenameerror']).toMatch(/one of the characters/)
      expect(validTarget(answer)).toBe('b_.docx')
    })

    it('in a folder that is deleted meanwhile makes no file', async () => {
      const folder = await fixture.folder()
      const calls = [
        folder.operation('DELETE_CONTAINER'),
        ...Array.from({ length: 8 }, () => folder.operation('CREATE_CHILD_FILE', suggests('Race.docx'))),
      ]
      const [deleted, ...created] = (await Promise.all(calls)).map(({ status }) => status)
      expect([
        [200, Array(8).fill(404)],
        [409, Array(8).fill(200)],
      ]).toContainEqual([deleted, created])
      const rows = await fixture.sql(`select from file where container_id = $1`, [folder.id])
      expect(rows).toHaveLength(deleted === 200 ? 0 : 8)
    })
  })

  describe('CreateChildContainer (WOPI.md §9.5)', () => {
    it('makes a container of the user’s own, and says all about it', async () => {
      const folder = await fixture.folder({ who: 'bob', role: 'editor' })
      const answer = await folder.operation('CREATE_CHILD_CONTAINER', suggests('Ordner_Ж v1.2'))
      const { ContainerPointer, ContainerInfo } = answer.json<MadeContainer>()
      expect(ContainerPointer.Name).toBe('Ordner_Ж v1.2')
      const place = fixture.goTo(ContainerPointer.Url)
      expect((await place.get()).json()).toEqual(ContainerInfo)
      expect(ContainerInfo).toMatchObject({ UserCanDelete: true, UserCanRename: true })
      const audit = await fixture.sql(
        'select actor, action, detail from audit_event where object_id = $1 order by id',
        [place.id],
      )
      const detail = { name: 'Ordner_Ж v1.2', parentId: folder.id }
      expect(audit).toEqual([{ actor: 'bob', action: 'container-created', detail }])
    })

    it('suggested and taken: another name, a number at its very end; unusable: altered', async () => {
      const folder = await fixture.folder()
      const name = async (text: string): Promise<string> =>
        (await folder.operation('CREATE_CHILD_CONTAINER', suggests(text))).json<MadeContainer>()
          .ContainerPointer.Name
      expect(await name('v1.2')).toBe('v1.2')
      expect(await name('V1.2')).toBe('V1.2 (2)')
      expect(await name('a:b')).toBe('a_b')
      expect(await name('...')).toBe('New folder')
    })

    it('exact and taken: 409 with a free name; 20 at once under one name make one', async () => {
      const folder = await fixture.folder()
      const race = await Promise.all(
        Array.from({ length: 20 }, () => folder.operation('CREATE_CHILD_CONTAINER', asks('Same'))),
      )
      expect(race.map(({ status }) => status).sort()).toEqual([200, ...Array<number>(19).fill(409)])
      const refused = await folder.operation('CREATE_CHILD_CONTAINER', asks('same'))
      expect(refused.body).toHaveLength(0)
      expect(validTarget(refused)).toBe('same (2)')
    })

    it('exact and unusable: 400 with the reason', async () => {
      const answer = await (await fixture.folder()).operation('CREATE_CHILD_CONTAINER', asks('a/b'))
      expect(answer.status).toBe(400)
      expect(answer.headers['x-wopi-invalidcontainernameerror']).toMatch(/one of the characters/)
      expect(answer.headers['x-wopi-invalidfilenameerror']).toBeUndefined()
    })
  })

  describe('RenameContainer (WOPI.md §9.6)', () => {
    it('changes the name, and nothing else: the id, and what is in it, stay', async () => {
      const folder = await fixture.folder()
      await folder.operation('CREATE_CHILD_FILE', asks('Inside.docx'))
      const answer = await folder.operation('RENAME_CONTAINER', requests('Neuer Name_Ж'))
      expect(answer.json()).toEqual({ Name: 'Neuer Name_Ж' })
      expect((await folder.get()).json()).toMatchObject({ Name: 'Neuer Name_Ж' })
      expect(namesOf((await childrenOf(folder)).ChildFiles)).toEqual(['Inside.docx'])
    })

    it('taken or unusable names are altered; its own name in another case is free', async () => {
      const folder = await fixture.folder()
      await child(folder, 'v1.2')
      const second = await child(folder, 'Second')
      const renamed = async (name: string): Promise<string> =>
        (await second.operation('RENAME_CONTAINER', requests(name))).json<Pointer>().Name
      expect(await renamed('V1.2')).toBe('V1.2 (2)')
      expect(await renamed('v1.2 (2)')).toBe('v1.2 (2)')
      expect(await renamed('a|b')).toBe('a_b')
    })

    it('a name of which nothing can be used is 400 with the reason', async () => {
      const folder = await fixture.folder()
      for (const name of ['...', '//', '\u202e']) {
        const answer = await folder.operation('RENAME_CONTAINER', requests(name))
        expect(answer.status).toBe(400)
        expect(answer.headers['x-wopi-invalidcontainernameerror']).toMatch(/nothing of the requested name/)
      }
    })

    it('10 containers that are renamed to one name at once get 10 names', async () => {
      const folder = await fixture.folder()
      const places = await Promise.all(Array.from({ length: 10 }, (_, i) => child(folder, `n${i}`)))
      const answers = await Promise.all(
        places.map((place) => place.operation('RENAME_CONTAINER', requests('One'))),
      )
      expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(200))
      expect(new Set(answers.map((answer) => answer.json<Pointer>().Name)).size).toBe(10)
    })
  })

  describe('DeleteContainer (WOPI.md §9.7)', () => {
    it('deletes an empty one, with its grants; every call to it is 404 from then on', async () => {
      const folder = await fixture.folder({ who: 'bob', role: 'owner' })
      const answer = await folder.operation('DELETE_CONTAINER')
      expect(answer.status).toBe(200)
      expect(answer.body).toHaveLength(0)
      expect((await folder.get()).status).toBe(404)
      expect((await folder.operation('DELETE_CONTAINER')).status).toBe(404)
      expect(await fixture.sql('select from access_grant where object_id = $1', [folder.id])).toEqual([])
    })

    it('one with a file or a container in it stays: 409', async () => {
      const outer = await fixture.folder()
      const inner = await child(outer, 'Inner')
      expect((await outer.operation('DELETE_CONTAINER')).status).toBe(409)
      const file = await inner.operation('CREATE_CHILD_FILE', asks('File.docx'))
      expect((await inner.operation('DELETE_CONTAINER')).status).toBe(409)
      await fixture.follow(file.json<Pointer>().Url).deleteFile()
      expect((await inner.operation('DELETE_CONTAINER')).status).toBe(200)
      expect((await outer.operation('DELETE_CONTAINER')).status).toBe(200)
    })

    it('loses nothing of the files that were deleted in it', async () => {
      const folder = await fixture.folder()
      const alice = await fixture.person('alice')
      const { id } = await alice.createsFile('Gone.docx', 'content', folder.id)
      await alice.calls('DELETE', `/files/${id}`)
      expect((await folder.operation('DELETE_CONTAINER')).status).toBe(200)
      expect(
        await fixture.sql(
          'select c.name from file f join container c on c.id = f.container_id where f.id = $1',
          [id],
        ),
      ).toEqual([{ name: 'alice' }])
    })
  })

  fixture.leavesNoTokenInTheLog()
})
