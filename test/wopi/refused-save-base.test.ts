import { describe, expect, it } from 'vitest'
import type { Editor, Headers } from '../kit/wopi.js'
import { callWopi } from '../kit/wopi.js'
import { useFixture } from './fixture.js'

interface Item {
  readonly sha256: string
  readonly size: number
  readonly baseVersion: string | null
  readonly baseModifiedAt?: string
}

const ONLYOFFICE = { 'X-LOOL-WOPI-IsModifiedByUser': 'true' }

describe('what a refused save was based on', () => {
  const fixture = useFixture({ FILE_URL: 'on' })

  const baseOf = async (editor: Editor, content: string): Promise<Item> => {
    const alice = await fixture.person('alice')
    const answer = await alice.calls('GET', `/files/${editor.fileId}/recovery-items`)
    const item = answer.json<{ items: Item[] }>().items.find(({ size }) => size === content.length)
    if (!item) throw new Error('nothing was kept')
    return item
  }
  const refusedBy = async (editor: Editor, content: string, headers: Headers = {}): Promise<Item> => {
    expect((await editor.putFile(content, 'no lock of this file', headers)).status).toBe(409)
    return baseOf(editor, content)
  }
  const timeOf = async (editor: Editor): Promise<string> =>
    (await editor.checkFileInfo()).json<{ LastModifiedTime: string }>().LastModifiedTime
  /** As versions 2 and 3, under a lock that stays. */
  const savesTwice = async (editor: Editor): Promise<void> => {
    await editor.lock('A')
    expect((await editor.putFile('second', 'A')).version).toBe('2')
    expect((await editor.putFile('third', 'A')).version).toBe('3')
  }
  const uploads = async (editor: Editor, version: string): Promise<void> => {
    const answer = await (
      await fixture.person('alice')
    ).calls('PUT', `/files/${editor.fileId}/content`, 'uploaded', { 'if-match': `"${version}"` })
    expect(answer.status).toBe(200)
  }

  it('is what its author was given, not the head as it is when the save comes', async () => {
    const alice = await fixture.open('first')
    const bob = await fixture.join(alice, { who: 'bob', role: 'editor' })
    const at = await timeOf(bob)
    expect((await bob.getFile()).version).toBe('1')
    await savesTwice(alice)
    expect(await refusedBy(bob, 'by bob')).toMatchObject({ baseVersion: '1', baseModifiedAt: at })
  })

  it('is known after the note of it was written as well', async () => {
    const alice = await fixture.open('first')
    const bob = await fixture.join(alice, { who: 'bob', role: 'editor' })
    await bob.getFile()
    await savesTwice(alice)
    // Status writes what was seen.
    expect(
      (await (await fixture.person('alice')).calls('GET', `/files/${alice.fileId}/coauth-status`)).status,
    ).toBe(200)
    expect(
      await fixture.sql(
        `select told_version, read_version from version_given
         where jti in (select jti from access_token where resource_id = '${alice.fileId}') order by told_version`,
      ),
    ).toEqual([
      { told_version: '1', read_version: '1' },
      { told_version: '3', read_version: '3' },
    ])
    expect(await refusedBy(bob, 'by bob')).toMatchObject({ baseVersion: '1' })
  })

  it('goes on with each of its own saves', async () => {
    const alice = await fixture.open('first')
    await alice.getFile()
    await savesTwice(alice)
    await alice.unlock('A')
    await uploads(alice, '3')
    expect(await refusedBy(alice, 'refused')).toMatchObject({ baseVersion: '3' })
  })

  it('is what the bytes were that came by FileUrl', async () => {
    const alice = await fixture.open('first')
    const bob = await fixture.join(alice, { who: 'bob', role: 'editor' })
    await savesTwice(alice)
    const { FileUrl } = (await bob.checkFileInfo()).json<{ FileUrl: string }>()
    expect((await callWopi('GET', FileUrl)).body.toString()).toBe('third')
    await alice.putFile('fourth', 'A')
    expect(await refusedBy(bob, 'by bob')).toMatchObject({ baseVersion: '3' })
  })

  it('goes on with CheckFileInfo while only editors save, and not over a content from outside', async () => {
    const alice = await fixture.open('first')
    const bob = await fixture.join(alice, { who: 'bob', role: 'editor' })
    await bob.getFile()
    await savesTwice(alice)
    await bob.checkFileInfo()
    expect(await refusedBy(bob, 'in one session')).toMatchObject({ baseVersion: '3' })
    await alice.unlock('A')
    await uploads(alice, '3')
    await bob.checkFileInfo()
    expect(await refusedBy(bob, 'over it')).toMatchObject({ baseVersion: '1' })
  })

  it('is named by the timestamp of those who send one: the newest version that has it', async () => {
    const alice = await fixture.open('first')
    const bob = await fixture.join(alice, { who: 'bob', role: 'editor' })
    await alice.lock('A')
    await alice.putFile('second', 'A')
    const time = await timeOf(bob)
    // The same bytes again: a version that changes no content.
    await alice.putFile('second', 'A')
    await alice.putFile('fourth', 'A')
    await bob.getFile()
    const headers = { ...ONLYOFFICE, 'X-LOOL-WOPI-Timestamp': time }
    expect(await refusedBy(bob, 'by bob', headers)).toMatchObject({ baseVersion: '3', baseModifiedAt: time })
    const stale = await alice.putFile('by alice herself', 'A', {
      ...ONLYOFFICE,
      'X-LOOL-WOPI-Timestamp': time,
    })
    expect(stale.status).toBe(409)
    expect(await baseOf(alice, 'by alice herself')).toMatchObject({ baseVersion: '3' })
  })

  it.each(['2020-01-01T00:00:00.000000Z', 'noon', '2026-02-30T99:00:00Z'])(
    'is unknown where the timestamp %s names no version',
    async (time) => {
      const alice = await fixture.open('first')
      await savesTwice(alice)
      const headers = { ...ONLYOFFICE, 'X-LOOL-WOPI-Timestamp': time }
      const item = await refusedBy(alice, 'refused', headers)
      expect(item.baseVersion).toBeNull()
      expect(item).not.toHaveProperty('baseModifiedAt')
    },
  )

  it('is unknown where the token was given nothing, unless the file was never another', async () => {
    const alice = await fixture.open('first')
    const bob = await fixture.join(alice, { who: 'bob', role: 'editor' })
    expect(await refusedBy(bob, 'the only version')).toMatchObject({ baseVersion: '1' })
    await savesTwice(alice)
    expect((await refusedBy(bob, 'one of three')).baseVersion).toBeNull()
    const list = (
      await (await fixture.tandem.person('root', 'admin')).calls('GET', '/admin/recovery-items')
    ).json<{
      items: Item[]
    }>()
    expect(list.items[0]?.baseVersion).toBeNull()
  })

  it('is not what another tab of the same person was given', async () => {
    const alice = await fixture.open('first')
    await alice.getFile()
    const tab = await fixture.join(alice)
    await savesTwice(tab)
    expect(await refusedBy(alice, 'in the first tab')).toMatchObject({ baseVersion: '1' })
  })

  it('costs an open document no call to the database: notes are written together', async () => {
    const alice = await fixture.open('first')
    const view = await fixture.join(alice, { mode: 'view' })
    await Promise.all(Array.from({ length: 20 }, () => alice.checkFileInfo()))
    await view.getFile()
    await (await fixture.person('alice')).calls('GET', `/files/${alice.fileId}/coauth-status`)
    const rows = await fixture.sql(
      `select t.mode from version_given v join access_token t using (jti) where t.resource_id = '${alice.fileId}'`,
    )
    expect(rows).toEqual([{ mode: 'edit' }])
  })

  fixture.leavesNoTokenInTheLog()
})
