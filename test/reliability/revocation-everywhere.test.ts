import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { setTimeout as pause } from 'node:timers/promises'
import type { Person } from '../kit/people.js'
import { Tandem } from '../kit/tandem.js'
import { Editor, type WopiAnswer } from '../kit/wopi.js'
import { holdUpload } from './held-upload.js'

const TRIALS = 500
const SIDE_BY_SIDE = 5

/** What the editor at the other instance asks next, and how it learns that the right is gone. */
const nextCalls: readonly {
  readonly name: string
  readonly call: (editor: Editor, body: string) => Promise<WopiAnswer>
  readonly told: (answer: WopiAnswer, lowered: boolean) => boolean
}[] = [
  {
    name: 'CheckFileInfo',
    call: (editor) => editor.checkFileInfo(),
    told: (answer, lowered) => (lowered ? saysReadOnly(answer) : answer.status === 404),
  },
  { name: 'RefreshLock', call: (editor) => editor.refreshLock('session'), told: isRefused },
  { name: 'Lock', call: (editor) => editor.lock('session'), told: isRefused },
  { name: 'PutFile', call: (editor, body) => editor.putFile(body, 'session'), told: isRefused },
]

describe('R-22: a right that is removed is gone on every instance', () => {
  let one: Tandem
  let two: Tandem
  let alice: Person

  beforeAll(async () => {
    one = await Tandem.start(inject('postgres'))
    two = await Tandem.start(inject('postgres'), { sharing: one })
    alice = await one.person('alice')
  })
  afterAll(async () => {
    await two.stop()
    await one.stop()
  })

  it(`at the next call at the other one, in ${TRIALS} of ${TRIALS} trials, and a save of that moment is kept`, async () => {
    const surprises: string[] = []
    let trials = 0
    const lane = async (number: number): Promise<void> => {
      const { id, editor, bob } = await session(`lane${number}`)
      for (let trial = number; trial < TRIALS; trial += SIDE_BY_SIDE) {
        const { name, call, told } = nextCalls[trial % nextCalls.length] ?? raise()
        const lowered = Math.floor(trial / nextCalls.length) % 2 === 0
        const body = `refused in trial ${trial}`
        await removeRight(id, bob, lowered)
        const answer = await call(editor, body)
        trials += 1
        if (!told(answer, lowered)) surprises.push(`trial ${trial}: ${name} answered ${answer.status}`)
        await alice.grants(id, `user:${bob.id}`, 'editor')
        if ((await editor.refreshLock('session')).status !== 200)
          surprises.push(`trial ${trial}: not given back`)
      }
      const items = await alice.recoveryItems(id)
      expect(items).toHaveLength(TRIALS / SIDE_BY_SIDE / nextCalls.length)
      expect((await alice.downloads(id)).toString()).toBe('content')
    }
    await Promise.all(Array.from({ length: SIDE_BY_SIDE }, (_, number) => lane(number)))
    expect(surprises).toEqual([])
    expect(trials).toBe(TRIALS)
  })

  it('and a save that is under way at that moment is either stored or kept, whole', async () => {
    const outcomes = new Map<number, number>()
    const lane = async (number: number): Promise<void> => {
      const { id, editor, bob } = await session(`race${number}`)
      const refused: string[] = []
      for (let trial = 0; trial < 20; trial++) {
        const body = `lane ${number}, trial ${trial} `.repeat(2000)
        // Of every other one the end is sent when the right is gone for certain: that one must not be stored.
        const isLate = trial % 4 < 2
        const upload = isLate ? holdUpload(editor, Buffer.from(body), 'session') : undefined
        const save = upload?.answer ?? editor.putFile(body, 'session')
        await pause(trial % 10)
        await removeRight(id, bob, trial % 2 === 0)
        upload?.release()
        const { status } = await save
        outcomes.set(status, (outcomes.get(status) ?? 0) + 1)
        if (isLate) expect(status).toBe(404)
        if (status === 200) expect((await alice.downloads(id)).toString()).toBe(body)
        else refused.push(body)
        expect((await editor.putFile(`${body}, too late`, 'session')).status).toBe(404)
        refused.push(`${body}, too late`)
        await alice.grants(id, `user:${bob.id}`, 'editor')
      }
      const items = await alice.recoveryItems(id)
      const contents = await Promise.all(
        items.map((item) => alice.calls('GET', `/files/${id}/recovery-items/${item.id}/content`)),
      )
      expect(contents.map((content) => content.body.toString())).toEqual(refused)
    }
    await Promise.all(Array.from({ length: SIDE_BY_SIDE }, (_, number) => lane(number)))
    expect([...outcomes.keys()].filter((status) => status !== 200 && status !== 404)).toEqual([])
    expect(outcomes.get(200)).toBeGreaterThan(0)
  })

  /** alice's file, which somebody edits at the second instance. */
  async function session(user: string): Promise<{ id: string; editor: Editor; bob: Person }> {
    const bob = await two.person(user)
    const { id } = await one.sharedFile('content', { [user]: 'editor' })
    const editor = await two.editor(bob, id)
    expect((await editor.lock('session')).status).toBe(200)
    return { id, editor, bob }
  }

  async function removeRight(id: string, { id: user }: Person, lowered: boolean): Promise<void> {
    if (lowered) await alice.grants(id, `user:${user}`, 'viewer')
    else await alice.revokes(id, `user:${user}`)
  }
})

function isRefused({ status, lock }: WopiAnswer): boolean {
  return status === 404 && lock === undefined
}

function saysReadOnly(answer: WopiAnswer): boolean {
  const { UserCanWrite, ReadOnly } = answer.json<{ UserCanWrite?: boolean; ReadOnly?: boolean }>()
  return answer.status === 200 && UserCanWrite === false && ReadOnly === true
}

function raise(): never {
  throw new Error('there is no such call')
}
