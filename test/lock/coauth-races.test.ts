import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { execute } from '../kit/postgres.js'
import { Tandem } from '../kit/tandem.js'
import { Editor } from '../kit/wopi.js'
import { NativeClient, rowsOf, tableVersionOf } from '../wopi/native-client.js'

const PLUS = { env: { COAUTH_PROFILE: 'plus' } }
const TWENTY = Array.from({ length: 20 }, (_, i) => i)

describe('races of coauth locks, on two instances on one database (WOPI.md §12)', () => {
  let one: Tandem
  let two: Tandem
  beforeAll(async () => {
    one = await Tandem.start(inject('postgres'), PLUS)
    two = await Tandem.start(inject('postgres'), { sharing: one, ...PLUS })
  })
  afterAll(async () => {
    await two.stop()
    await one.stop()
  })

  async function editors(count: number): Promise<{ fileId: string; editors: Editor[] }> {
    const { id } = await one.sharedFile('content')
    const token = await (await one.person('alice')).opensForEdit(id)
    const made = Array.from({ length: count }, (_, i) => new Editor((i % 2 ? one : two).url, id, token))
    return { fileId: id, editors: made }
  }

  const clientsOf = (made: readonly Editor[]): NativeClient[] =>
    made.map((editor, i) => new NativeClient(editor, `client-${i}`))

  it('§12.1: grants exactly one of 20 CoauthExclusive, and all of 20 Coauth', async () => {
    const clients = clientsOf((await editors(20)).editors)
    const exclusive = await Promise.all(clients.map((client) => client.get('CoauthExclusive')))
    expect(exclusive.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(exclusive.filter(({ status }) => status === 409)).toHaveLength(19)
    const [winner] = TWENTY.filter((i) => exclusive[i]?.status === 200)
    const others = clients.filter((_, i) => i !== winner)
    const shared = await Promise.all(others.map((client) => client.get('Coauth')))
    expect(shared.map(({ status }) => status)).toEqual(Array(19).fill(200))
    const [last] = await Promise.all([clients[0]?.table()])
    expect(last && rowsOf(last)).toHaveLength(20)
  })

  it('§12.1: grants a WOPI lock or coauth locks, never both, to 20 who come at once', async () => {
    for (let round = 0; round < 10; round++) {
      const { editors: made } = await editors(20)
      const clients = clientsOf(made)
      const answers = await Promise.all(
        clients.map((client, i) => (i % 4 === 0 ? client.editor.lock(`W${i}`) : client.get('Coauth'))),
      )
      const wopi = TWENTY.filter((i) => i % 4 === 0 && answers[i]?.status === 200)
      const coauth = TWENTY.filter((i) => i % 4 !== 0 && answers[i]?.status === 200)
      expect(wopi.length + coauth.length).toBeGreaterThan(0)
      expect(wopi.length > 0 && coauth.length > 0).toBe(false)
      expect(wopi.length).toBeLessThanOrEqual(1)
      expect([0, 15]).toContain(coauth.length)
    }
  })

  it('two native clients and ten browser editors contending for one file never both hold it', async () => {
    const { editors: made } = await editors(12)
    const holding = { native: 0, browser: 0 }
    const held = { native: 0, browser: 0 }
    const end = performance.now() + 4000
    // From the answer that grants it until the call that releases it, the holder knows that they have it.
    const contend = async (
      kind: 'native' | 'browser',
      take: () => Promise<{ status: number }>,
      release: () => Promise<{ status: number }>,
    ): Promise<void> => {
      while (performance.now() < end) {
        if ((await take()).status !== 200) continue
        holding[kind]++
        held[kind]++
        expect(Math.min(holding.native, holding.browser)).toBe(0)
        expect(holding.browser).toBeLessThanOrEqual(1)
        await new Promise(setImmediate)
        holding[kind]--
        expect((await release()).status).toBe(200)
      }
    }
    await Promise.all(
      clientsOf(made).map((client, i) =>
        i < 2
          ? contend(
              'native',
              () => client.get(),
              () => client.unlock(),
            )
          : contend(
              'browser',
              () => client.editor.lock(`W${i}`),
              () => client.editor.unlock(`W${i}`),
            ),
      ),
    )
    expect(Math.min(held.native, held.browser)).toBeGreaterThan(5)
  }, 30_000)

  it('§12.6: a table without a lock is never followed by one with it again: readers wait for a late refresh', async () => {
    const { fileId, editors: made } = await editors(2)
    const [client, reader] = clientsOf(made)
    if (!client || !reader) throw new Error('two clients')
    const version = tableVersionOf(await client.get())
    // A refresh that read the clock in time, and has not committed yet; then the lock's time is over.
    const { Client } = (await import('pg')).default
    const other = new Client({ connectionString: one.databaseUrl })
    await other.connect()
    await execute(
      one.databaseUrl,
      `update coauth_lock set expires_at = clock_timestamp() where file_id = '${fileId}'`,
    )
    await other.query('begin')
    await other.query(`select from file_lock where file_id = $1 for no key update`, [fileId])
    await other.query(
      `update coauth_lock set expires_at = expires_at + interval '60 seconds' where file_id = $1`,
      [fileId],
    )
    let answered = false
    const table = reader.table(version).finally(() => (answered = true))
    await expect
      .poll(async () => {
        const waiting = await execute(
          one.databaseUrl,
          `select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`,
        )
        return waiting.rowCount
      })
      .toBe(1)
    expect(answered).toBe(false)
    await other.query('commit')
    await other.end()
    expect([(await table).status, (await table).body.length]).toEqual([200, 0])
  })
})
