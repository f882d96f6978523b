import { describe, expect, it } from 'vitest'
import type { Editor, Headers } from '../kit/wopi.js'
import { useFixture } from './fixture.js'

interface Item {
  readonly returnedInVersion?: string
  readonly returnedUnchanged?: boolean
}

const ONLYOFFICE = { 'X-LOOL-WOPI-IsModifiedByUser': 'true', 'X-LOOL-WOPI-IsExitSave': 'false' }
const COLLABORA = { 'User-Agent': 'COOLWSD HTTP Agent 25.04', 'X-COOL-WOPI-IsExitSave': 'false' }
const exit = (headers: Headers): Headers => ({
  ...headers,
  ...('User-Agent' in headers ? { 'X-COOL-WOPI-IsExitSave': 'true' } : { 'X-LOOL-WOPI-IsExitSave': 'true' }),
})

describe('a refused save that comes back under another name', () => {
  const fixture = useFixture()

  /** alice's last session ended in a refusal. */
  async function refusedExit(headers: Headers = ONLYOFFICE): Promise<{ alice: Editor; bob: Editor }> {
    const alice = await fixture.open('first')
    const bob = await fixture.join(alice, { who: 'bob', role: 'editor' })
    expect((await alice.putFile('typed by alice', undefined, exit(headers))).status).toBe(409)
    return { alice, bob }
  }
  async function saves(editor: Editor, content: string, headers: Headers = ONLYOFFICE): Promise<string> {
    await editor.lock('next')
    const answer = await editor.putFile(content, 'next', headers)
    expect(answer.status).toBe(200)
    return answer.version ?? ''
  }
  const itemsOf = async ({ fileId }: Editor): Promise<Item[]> =>
    (await (await fixture.person('alice')).calls('GET', `/files/${fileId}/recovery-items`)).json<{
      items: Item[]
    }>().items
  const flagsOf = async ({ fileId }: Editor): Promise<Record<string, string | null>> => {
    const answer = await (await fixture.person('alice')).calls('GET', `/files/${fileId}/versions?all=true`)
    const { items } = answer.json<{ items: { version: string; flag: string | null }[] }>()
    return Object.fromEntries(items.map(({ version, flag }) => [version, flag]))
  }
  const savedEvents = async ({ fileId }: Editor): Promise<unknown[]> => {
    await (await fixture.person('alice')).calls('GET', `/files/${fileId}/coauth-status`)
    return (
      await fixture.sql(
        `select detail from session_event where file_id = '${fileId}' and kind = 'saved' order by id`,
      )
    ).map((row) => (row as { detail: unknown }).detail)
  }

  it.each([
    ['ONLYOFFICE', ONLYOFFICE],
    ['Collabora', COLLABORA],
  ])(
    '%s: the first save of the next session is flagged, and the item says where it is',
    async (_who, headers) => {
      const { alice, bob } = await refusedExit(headers)
      await bob.checkFileInfo(headers)
      expect(await saves(bob, 'typed by alice', headers)).toBe('2')
      expect(await saves(bob, 'typed by bob', headers)).toBe('3')
      expect(await flagsOf(alice)).toEqual({ '1': null, '2': 'after-refused-exit-save', '3': null })
      expect(await itemsOf(alice)).toMatchObject([{ returnedInVersion: '2', returnedUnchanged: true }])
      expect(await savedEvents(alice)).toMatchObject([
        { version: '2', returned: 'unchanged' },
        { version: '3' },
      ])
      expect((await savedEvents(alice))[1]).not.toHaveProperty('returned')
    },
  )

  it('says that there is more in it when the bytes are others', async () => {
    const { alice, bob } = await refusedExit()
    await bob.checkFileInfo(ONLYOFFICE)
    await saves(bob, 'typed by alice and bob')
    expect(await flagsOf(alice)).toMatchObject({ '2': 'after-refused-exit-save' })
    expect(await itemsOf(alice)).toMatchObject([{ returnedInVersion: '2', returnedUnchanged: false }])
    expect(await savedEvents(alice)).toMatchObject([{ returned: 'changed' }])
    const item = (await itemsOf(alice))[0] as { id: string } | undefined
    const root = await fixture.tandem.person('root', 'admin')
    const all = (await root.calls('GET', `/admin/recovery-items?file=${alice.fileId}`)).json<{
      items: Item[]
    }>()
    expect(all.items).toMatchObject([{ id: item?.id, returnedInVersion: '2' }])
  })

  it('flags no save of another product, and none after a refusal in mid-session', async () => {
    const { alice, bob } = await refusedExit()
    await saves(bob, 'by Collabora', COLLABORA)
    await saves(bob, 'by Microsoft', {})
    expect(await flagsOf(alice)).toEqual({ '1': null, '2': null, '3': null })
    expect((await itemsOf(alice))[0]).not.toHaveProperty('returnedInVersion')
    await saves(bob, 'by ONLYOFFICE')
    expect(await flagsOf(alice)).toMatchObject({ '4': 'after-refused-exit-save' })

    const other = await fixture.open('first')
    expect((await other.putFile('auto-saved', undefined, ONLYOFFICE)).status).toBe(409)
    await saves(other, 'saved again')
    expect(await flagsOf(other)).toEqual({ '1': null, '2': null })
  })

  it('does so when the same person opens it again, and when the item was dealt with meanwhile', async () => {
    const { alice } = await refusedExit()
    const [item] = (await itemsOf(alice)) as { id: string }[]
    const path = `/files/${alice.fileId}/recovery-items/${item?.id ?? ''}`
    expect((await (await fixture.person('alice')).calls('DELETE', path)).status).toBe(204)
    const again = await fixture.join(alice)
    await saves(again, 'typed by alice')
    expect(await flagsOf(alice)).toMatchObject({ '2': 'after-refused-exit-save' })
  })

  it('does so where the same bytes were refused before, in mid-session', async () => {
    const alice = await fixture.open('first')
    const bob = await fixture.join(alice, { who: 'bob', role: 'editor' })
    expect((await alice.putFile('typed by alice', undefined, ONLYOFFICE)).status).toBe(409)
    expect((await alice.putFile('typed by alice', undefined, exit(ONLYOFFICE))).status).toBe(409)
    await saves(bob, 'typed by alice')
    expect(await flagsOf(alice)).toMatchObject({ '2': 'after-refused-exit-save' })
    expect(await itemsOf(alice)).toMatchObject([{ returnedInVersion: '2', returnedUnchanged: true }])
  })

  it('takes the same session that tries again, and succeeds, for what it is', async () => {
    const { alice } = await refusedExit()
    await saves(alice, 'typed by alice', exit(ONLYOFFICE))
    expect(await flagsOf(alice)).toMatchObject({ '2': null })
    expect(await itemsOf(alice)).toMatchObject([{ returnedInVersion: '2', returnedUnchanged: true }])
    const bob = await fixture.join(alice, { who: 'bob' })
    await saves(bob, 'typed by bob')
    expect(await flagsOf(alice)).toMatchObject({ '3': null })
  })

  it('keeps a flagged version for good, however many saves follow it', async () => {
    const { alice, bob } = await refusedExit()
    await bob.checkFileInfo(ONLYOFFICE)
    for (const content of ['typed by alice', 'more', 'and more']) await saves(bob, content)
    const listed = await (await fixture.person('alice')).calls('GET', `/files/${alice.fileId}/versions`)
    const { items } = listed.json<{ items: { version: string }[] }>()
    expect(items.map(({ version }) => version)).toContain('2')
  })

  fixture.leavesNoTokenInTheLog()
})
