import { describe, expect, it } from 'vitest'
import type { Headers } from '../kit/wopi.js'
import { setStage } from './stage.js'

interface Root {
  readonly ContainerPointer: { Name: string; Url: string }
  readonly ContainerInfo: object
}

const native = (name: string): Headers => ({ 'X-WOPI-HostNativeFileName': name })

describe('ecosystem (WOPI.md §10)', () => {
  const stage = setStage()

  it('§8.8, §9.9: files and containers point to it', async () => {
    for (const answer of [
      await (await stage.open('x')).call('GET', '/ecosystem_pointer'),
      await (await stage.folder()).get('/ecosystem_pointer'),
    ]) {
      expect(answer.status).toBe(200)
      const { Url } = answer.json<{ Url: string }>()
      expect(Url.startsWith(`${stage.tandem.publicUrl}/wopi/ecosystem?access_token=`)).toBe(true)
      const checked = await stage.goTo(Url).get()
      expect(checked.json()).toEqual({ SupportsContainers: true })
    }
  })

  it('CheckFileInfo promises what there is', async () => {
    expect((await (await stage.open('x')).checkFileInfo()).json()).toMatchObject({
      SupportsContainers: true,
      SupportsEcosystem: true,
      SupportsGetFileWopiSrc: true,
    })
  })

  it('§10.2: GetRootContainer names the root, and everybody finds his own in it', async () => {
    await stage.newFile('alice has a home now')
    const answer = await (await stage.ecosystem()).get('/root_container_pointer')
    const { ContainerPointer, ContainerInfo } = answer.json<Root>()
    expect(ContainerPointer.Name).toBe('Documents')
    const root = stage.goTo(ContainerPointer.Url)
    expect(root.id).toBe('root')
    expect((await root.get()).json()).toEqual(ContainerInfo)
    const { ChildContainers } = (await root.get('/children')).json<{ ChildContainers: { Name: string }[] }>()
    expect(ChildContainers.map(({ Name }) => Name)).toEqual(['alice'])
  })

  it('§10.3: GetFileWopiSrc takes a file’s id and its addresses, and opens it with the user’s own right', async () => {
    const { id } = await stage.newFile('content')
    const ecosystem = await stage.ecosystem()
    const { publicUrl } = stage.tandem
    const names = [id, `${publicUrl}/view/${id}`, `${publicUrl}/edit/${id}`, `${publicUrl}/wopi/files/${id}`]
    for (const name of names) {
      const answer = await ecosystem.operation('GET_WOPI_SRC_WITH_ACCESS_TOKEN', native(name))
      const editor = stage.follow(answer.json<{ Url: string }>().Url)
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
    const others = await stage.ecosystem('mallory')
    expect((await others.operation('GET_WOPI_SRC_WITH_ACCESS_TOKEN', native(id))).status).toBe(404)
  })

  stage.leavesNoTokenInTheLog()
})
