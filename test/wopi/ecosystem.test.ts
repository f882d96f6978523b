import { describe, expect, it } from 'vitest'
import type { Headers } from '../kit/wopi.js'
import { useFixture } from './fixture.js'

interface Root {
  readonly ContainerPointer: { Name: string; Url: string }
  readonly ContainerInfo: object
}

interface Children {
  readonly ChildContainers: readonly { Name: string; Url: string }[]
  readonly ChildFiles: readonly { Name: string; Url: string }[]
}

const native = (name: string): Headers => ({ 'X-WOPI-HostNativeFileName': name })

describe('ecosystem (WOPI.md §10)', () => {
  const fixture = useFixture()

  it('§8.8, §9.9: files and containers point to it', async () => {
    for (const answer of [
      await (await fixture.open('x')).call('GET', '/ecosystem_pointer'),
      await (await fixture.folder()).get('/ecosystem_pointer'),
    ]) {
      expect(answer.status).toBe(200)
      const { Url } = answer.json<{ Url: string }>()
      expect(Url.startsWith(`${fixture.tandem.publicUrl}/wopi/ecosystem?access_token=`)).toBe(true)
      const checked = await fixture.goTo(Url).get()
      expect(checked.json()).toEqual({ SupportsContainers: true })
    }
  })

  it('CheckFileInfo promises what there is', async () => {
    expect((await (await fixture.open('x')).checkFileInfo()).json()).toMatchObject({
      SupportsContainers: true,
      SupportsEcosystem: true,
      SupportsGetFileWopiSrc: true,
    })
  })

  it('§10.2: from the root down to a file somebody gets as far as their right to that file, and no further', async () => {
    const [alice, robin] = [await fixture.person('alice'), await fixture.person('robin')]
    const own = await robin.createsFile('Own.docx', 'content')
    const shared = await alice.createsFile('Shared.docx', 'content')
    await alice.createsFile('Seen.docx', 'content')
    await alice.grants(shared.id, 'user:robin', 'editor')
    await alice.calls('PUT', `/containers/${shared.containerId}/grants/user:robin`, { role: 'viewer' })

    const editor = await fixture.join(own, { who: 'robin' })
    const { Url } = (await editor.call('GET', '/ecosystem_pointer')).json<{ Url: string }>()
    const { ContainerPointer } = (await fixture.goTo(Url).get('/root_container_pointer')).json<Root>()
    const canWrite: Record<string, boolean> = {}
    const walk = async (url: string): Promise<void> => {
      const { ChildContainers, ChildFiles } = (await fixture.goTo(url).get('/children')).json<Children>()
      for (const file of ChildFiles) {
        const info = await fixture.follow(file.Url).checkFileInfo()
        canWrite[file.Name] = info.json<{ UserCanWrite: boolean }>().UserCanWrite
      }
      for (const container of ChildContainers) await walk(container.Url)
    }
    await walk(ContainerPointer.Url)
    expect(canWrite).toMatchObject({ 'Own.docx': true, 'Shared.docx': true, 'Seen.docx': false })
    const root = (await fixture.goTo(ContainerPointer.Url).get()).json()
    expect(root).toMatchObject({ UserCanCreateChildFile: false, UserCanCreateChildContainer: false })
  })

  it('§10.2: GetRootContainer names the root, and everybody finds their own in it', async () => {
    await fixture.newFile('alice has a home now')
    const answer = await (await fixture.ecosystem()).get('/root_container_pointer')
    const { ContainerPointer, ContainerInfo } = answer.json<Root>()
    expect(ContainerPointer.Name).toBe('Documents')
    const root = fixture.goTo(ContainerPointer.Url)
    expect(root.id).toBe('root')
    expect((await root.get()).json()).toEqual(ContainerInfo)
    const { ChildContainers } = (await root.get('/children')).json<{ ChildContainers: { Name: string }[] }>()
    expect(ChildContainers.map(({ Name }) => Name)).toEqual(['alice'])
  })

  it('§10.3: GetFileWopiSrc takes a file’s id and its addresses, and opens it with the user’s own right', async () => {
    const { id } = await fixture.newFile('content')
    const ecosystem = await fixture.ecosystem()
    const { publicUrl } = fixture.tandem
    const names = [id, `${publicUrl}/view/${id}`, `${publicUrl}/edit/${id}`, `${publicUrl}/wopi/files/${id}`]
    for (const name of names) {
      const answer = await ecosystem.operation('GET_WOPI_SRC_WITH_ACCESS_TOKEN', native(name))
      const editor = fixture.follow(answer.json<{ Url: string }>().Url)
      expect(editor.fileId).toBe(id)
      expect((await editor.getFile()).body.toString()).toBe('content')
    }
    const unknown = [
      '0'.repeat(32),
      `https://evil.example/view/${id}`,
      `/view/${id}`,
      `${id}/contents`,
      "' or 1=1",
    ]
    for (const name of unknown) {
      const answer = await ecosystem.operation('GET_WOPI_SRC_WITH_ACCESS_TOKEN', native(name))
      expect(answer.status).toBe(404)
    }
    const others = await fixture.ecosystem('mallory')
    expect((await others.operation('GET_WOPI_SRC_WITH_ACCESS_TOKEN', native(id))).status).toBe(404)
  })

  fixture.leavesNoTokenInTheLog()
})
