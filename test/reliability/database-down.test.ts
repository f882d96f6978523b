import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { FileView, Person } from '../kit/people.js'
import { execute } from '../kit/postgres.js'
import { Tandem } from '../kit/tandem.js'
import type { Editor } from '../kit/wopi.js'
import { everyCall, type TimedAnswer } from './every-call.js'
import { OwnPostgres } from './own-postgres.js'
import { until } from './until.js'

describe('a database that does not answer (R-10, R-12, R-20)', () => {
  let postgres: OwnPostgres
  let tandem: Tandem
  let alice: Person
  let file: FileView
  let editor: Editor

  beforeAll(async () => {
    postgres = await OwnPostgres.start()
    tandem = await Tandem.start(postgres.url)
    alice = await tandem.person('alice')
    file = await tandem.sharedFile('the content before', { bob: 'viewer' })
    editor = await tandem.editor(alice, file.id)
    expect((await editor.lock('L')).status).toBe(200)
  })
  afterAll(async () => {
    await tandem.stop()
    await postgres.stop()
  })

  async function expectUnharmed(): Promise<void> {
    expect(await alice.seesFile(file.id)).toEqual(file)
    expect((await editor.getFile()).body.toString()).toBe('the content before')
    expect((await editor.getLock()).lock).toBe('L')
    expect(await alice.versions(file.id)).toHaveLength(1)
  }

  async function ready(): Promise<{ status: number; text: string }> {
    const answer = await fetch(`${tandem.url}/health/ready`)
    return { status: answer.status, text: await answer.text() }
  }

  async function alive(): Promise<boolean> {
    return (await fetch(`${tandem.url}/health/live`)).ok
  }

  async function expectUnavailable(longestMs: number): Promise<TimedAnswer[]> {
    const answers = await everyCall(editor, alice, file.version)
    expect(answers.filter(({ status, retryAfter }) => status !== 503 || retryAfter === undefined)).toEqual([])
    expect(answers.filter(({ ms }) => ms > longestMs)).toEqual([])
    return answers
  }

  it('which was killed: 503 with Retry-After to every call within 3 s, and all is well 5 s after it is back', async () => {
    await postgres.kill()
    for (let again = 0; again < 2; again++) await expectUnavailable(3000)
    expect(await alive()).toBe(true)
    expect(await ready()).toMatchObject({
      status: 503,
      text: expect.stringContaining('the database cannot be reached') as string,
    })

    await postgres.startAgain()
    await until('ready again', async () => (await ready()).status === 200, 5000)
    await expectUnharmed()
  })

  it('which is killed during calls: each is answered 200 or 503, and a 200 is kept', async () => {
    const others = await Promise.all(
      Array.from({ length: 12 }, async () => {
        const other = await tandem.sharedFile('before')
        const otherEditor = await tandem.editor(alice, other.id)
        await otherEditor.lock('L')
        return otherEditor
      }),
    )
    let killed = false
    const saves = others.map(async (other) => {
      const seen: { status: number; version: string | undefined }[] = []
      for (let i = 0; !killed || i < 3; i++) {
        const { status, version } = await other.putFile(`save ${i} of ${other.fileId}`, 'L')
        seen.push({ status, version })
      }
      return { fileId: other.fileId, seen }
    })
    await until('saves are under way', async () => (await alice.versions(others[0]?.fileId ?? '')).length > 3)
    await postgres.kill()
    killed = true
    const answered = await Promise.all(saves)
    await postgres.startAgain()
    await until('ready again', async () => (await ready()).status === 200, 5000)
    for (const { fileId, seen } of answered) {
      expect([200, 503]).toEqual(expect.arrayContaining(seen.map(({ status }) => status)))
      const listed = (await alice.versions(fileId)).map(({ version }) => version)
      const saved = seen.filter(({ status }) => status === 200).map(({ version }) => version)
      expect(listed).toEqual(expect.arrayContaining(saved))
    }
  })

  it('which hangs: 503 within bounded time, nothing half done is left on its connections, and all is well afterwards', async () => {
    await postgres.signal('SIGSTOP')
    try {
      // First those who have a connection that hangs, behind them those who get none.
      await expectUnavailable(16_000)
      await expectUnavailable(3000)
      expect(await alive()).toBe(true)
      expect((await ready()).status).toBe(503)
    } finally {
      await postgres.signal('SIGCONT')
    }
    await until('ready again', async () => (await ready()).status === 200, 5000)
    const after = await editor.checkFileInfo()
    // An operation that was answered 503 may have been carried out; a file deleted so is the test's own doing.
    expect([200, 404]).toContain(after.status)
    const fresh = await tandem.sharedFile('fresh')
    const freshEditor = await tandem.editor(alice, fresh.id)
    // More calls than connections: were one of those stuck in an old transaction, its part would be undone.
    const locked = await Promise.all(Array.from({ length: 30 }, () => freshEditor.lock('N')))
    expect(new Set(locked.map(({ status }) => status))).toEqual(new Set([200]))
    const saved = await freshEditor.putFile('saved after the hang', 'N')
    expect(saved.status).toBe(200)
    await until(
      'no transaction is left open',
      async () => (await openTransactions(tandem.databaseUrl)) === 0,
      3000,
    )
    expect((await freshEditor.getLock()).lock).toBe('N')
    expect((await freshEditor.getFile()).body.toString()).toBe('saved after the hang')
  }, 60_000)
})

async function openTransactions(databaseUrl: string): Promise<number> {
  const { rowCount } = await execute(
    databaseUrl,
    `select from pg_stat_activity where state like 'idle in transaction%' and pid <> pg_backend_pid()`,
  )
  return rowCount ?? 0
}
