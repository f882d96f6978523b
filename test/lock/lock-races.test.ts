import pg from 'pg'
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest'
import { execute } from '../kit/postgres.js'
import { Tandem } from '../kit/tandem.js'
import { Editor } from '../kit/wopi.js'

const FIFTY = Array.from({ length: 50 }, (_, i) => i)

describe('lock races', () => {
  let one: Tandem
  let two: Tandem

  beforeAll(async () => {
    one = await Tandem.start(inject('postgres'))
    two = await Tandem.start(inject('postgres'), { sharing: one })
  })
  afterAll(async () => {
    await two.stop()
    await one.stop()
  })

  /** alice's editors, in turn at each of the given instances. */
  async function editorsAt(instances: readonly Tandem[], count: number): Promise<Editor[]> {
    const file = await one.sharedFile('content')
    const token = await (await one.person('alice')).opensForEdit(file.id)
    return Array.from({ length: count }, (_, i) => {
      const instance = instances[i % instances.length] ?? one
      return new Editor(instance.url, file.id, token)
    })
  }

  const places = [
    { where: 'one instance', instances: () => [one] },
    { where: 'two instances on one database', instances: () => [one, two] },
  ]

  for (const { where, instances } of places) {
    it(`lets exactly one of 50 different Locks win, and tells the other 49 its id (${where})`, async () => {
      const editors = await editorsAt(instances(), 50)
      const answers = await Promise.all(editors.map((editor, i) => editor.lock(`lock-${i}`)))
      const winners = FIFTY.filter((i) => answers[i]?.status === 200)
      expect(winners).toHaveLength(1)
      const losers = answers.filter((answer) => answer.status !== 200)
      expect(losers.map((answer) => answer.status)).toEqual(Array(49).fill(409))
      expect(new Set(losers.map((answer) => answer.lock))).toEqual(new Set([`lock-${winners[0]}`]))
    })

    it(`lets exactly one of 50 UnlockAndRelocks from one old id win (${where})`, async () => {
      const editors = await editorsAt(instances(), 50)
      expect((await editors[0]?.lock('old'))?.status).toBe(200)
      const answers = await Promise.all(editors.map((editor, i) => editor.unlockAndRelock('old', `new-${i}`)))
      const winners = FIFTY.filter((i) => answers[i]?.status === 200)
      expect(winners).toHaveLength(1)
      expect(
        answers.filter((answer) => answer.status === 409 && answer.lock === `new-${winners[0]}`),
      ).toHaveLength(49)
      expect((await editors[0]?.getLock())?.lock).toBe(`new-${winners[0]}`)
    })

    it(`never lets a stale Unlock remove a newer lock (${where})`, async () => {
      const [stale, current] = (await editorsAt(instances(), 2)) as [Editor, Editor]
      await stale.lock('stale')
      await current.unlockAndRelock('stale', 'newer')
      const answers = await Promise.all(FIFTY.map(() => stale.unlock('stale')))
      expect(new Set(answers.map((answer) => `${answer.status} ${answer.lock}`))).toEqual(
        new Set(['409 newer']),
      )
      expect((await current.getLock()).lock).toBe('newer')
    })
  }
})

describe('a lock call that waits while another takes the lock', () => {
  it('answers by what it finds after the wait, for RefreshLock and UnlockAndRelock alike', async () => {
    await using tandem = await Tandem.start(inject('postgres'))
    for (const operation of ['refresh', 'relock'] as const) {
      const file = await tandem.sharedFile('content')
      const editor = await tandem.editor(await tandem.person('alice'), file.id)
      const other = new pg.Client({ connectionString: tandem.databaseUrl })
      await other.connect()
      // Somebody on another server takes the lock 'A', and has not committed yet.
      await other.query('begin')
      await other.query(
        `update file_lock set kind = 'wopi', lock_id = 'A', epoch = epoch + 1,
           expires_at = clock_timestamp() + interval '1 minute' where file_id = $1`,
        [file.id],
      )
      const answer = operation === 'refresh' ? editor.refreshLock('A') : editor.unlockAndRelock('A', 'B')
      await vi.waitFor(async () => {
        const waiting = await execute(
          tandem.databaseUrl,
          `select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`,
        )
        expect(waiting.rowCount).toBe(1)
      })
      await other.query('commit')
      await other.end()
      expect((await answer).status).toBe(200)
      expect((await editor.getLock()).lock).toBe(operation === 'refresh' ? 'A' : 'B')
    }
  })
})
