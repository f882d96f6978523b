import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest'
import { Tandem } from '../kit/tandem.js'
import { age, ageLock, expectStatus, join, LOCK, statusOf, tells } from './fixture.js'

describe.concurrent(
  'what time brings about, told while it can still be helped (RELIABILITY-SECURITY.md §3.5)',
  () => {
    let tandem: Tandem
    let other: Tandem

    // Two instances watch: whatever happens is told once.
    beforeAll(async () => {
      tandem = await Tandem.start(inject('postgres'))
      other = await Tandem.start(inject('postgres'), { sharing: tandem })
    })
    afterAll(async () => {
      await other.stop()
      await tandem.stop()
    })

    async function opened(name: string): Promise<{ fileId: string; leave: () => Promise<void> }> {
      const file = await tandem.sharedFile('content', {}, `${Math.random()}${name}`)
      const alice = await tandem.editor(await tandem.person('alice'), file.id)
      await join(alice)
      if (name.endsWith('docx')) expectStatus(await tells(alice, 'edited'), 204)
      await statusOf(tandem, file.id)
      return { fileId: file.id, leave: async () => void expectStatus(await alice.unlock(LOCK), 200) }
    }

    async function told(fileId: string): Promise<Record<string, number>> {
      const root = await other.person('root', 'admin')
      const sessions = (await root.calls('GET', `/admin/sessions?file=${fileId}`)).json<{
        items: { id: string }[]
      }>()
      const events = await root.calls('GET', `/admin/sessions/${sessions.items[0]?.id ?? ''}/events`)
      const kinds = events.json<{ items: { kind: string }[] }>().items.map(({ kind }) => kind)
      return Object.fromEntries(kinds.map((kind) => [kind, kinds.filter((one) => one === kind).length]))
    }

    const becomes = (fileId: string, events: Record<string, number>): Promise<void> =>
      vi.waitFor(async () => expect(await told(fileId)).toMatchObject(events), {
        timeout: 15_000,
        interval: 200,
      })

    it('an overdue save', async () => {
      const { fileId } = await opened('.docx')
      await age(other, fileId, 70)
      await becomes(fileId, { 'save-overdue': 1 })
    })

    it('an overdue refresh, before the lock dies', async () => {
      const { fileId } = await opened('.xlsx')
      await ageLock(other, fileId, 21 * 60)
      await becomes(fileId, { 'refresh-overdue': 1 })
      expect((await statusOf(other, fileId)).lock).toMatchObject({ inGrace: false })
    })

    it('a lock in its grace', async () => {
      const { fileId } = await opened('.xlsx')
      await ageLock(other, fileId, 30 * 60 + 5)
      await becomes(fileId, { 'lock-in-grace': 1 })
      expect((await statusOf(other, fileId)).lock).toMatchObject({ inGrace: true })
    })

    it('people who went without a word, and the end of their session', async () => {
      const { fileId, leave } = await opened('.pptx')
      await age(other, fileId, 8 * 60)
      await becomes(fileId, { 'participant-left': 1 })
      expect((await statusOf(other, fileId)).state).toBe('closing')
      await leave()
      await becomes(fileId, { 'session-ended': 1 })
    })

    it('an end without Unlock', async () => {
      const { fileId } = await opened('.pptx')
      await age(other, fileId, 40 * 60)
      await becomes(fileId, { 'session-ended': 1 })
      const root = await other.person('root', 'admin')
      const { items } = (await root.calls('GET', `/admin/sessions?file=${fileId}`)).json<{
        items: object[]
      }>()
      expect(items).toMatchObject([{ endReason: 'lock-expired' }])
    })

    it('the end of a deleted file’s session', async () => {
      const { fileId } = await opened('.pptx')
      const root = await other.person('root', 'admin')
      expect((await root.calls('DELETE', `/files/${fileId}?force=true`)).status).toBe(204)
      await becomes(fileId, { 'session-ended': 1 })
    })
  },
)
