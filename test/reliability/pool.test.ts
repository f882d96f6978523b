import pg from 'pg'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import type { Person } from '../kit/people.js'
import { Tandem } from '../kit/tandem.js'
import type { Editor } from '../kit/wopi.js'
import { timed } from './every-call.js'
import { until } from './until.js'

const POOL = 2

describe('a pool of connections that is used up (R-12)', () => {
  let tandem: Tandem
  let alice: Person

  beforeAll(async () => {
    tandem = await Tandem.start(inject('postgres'), { env: { DATABASE_POOL_SIZE: String(POOL) } })
    alice = await tandem.person('alice')
  })
  afterAll(() => tandem.stop())

  async function editorOfNewFile(): Promise<Editor> {
    return tandem.editor(alice, (await tandem.sharedFile('content')).id)
  }

  it('is 503 with Retry-After within 2 s for everybody else, and all is well once it is free', async () => {
    const stuck = await Promise.all(Array.from({ length: POOL }, editorOfNewFile))
    const other = await editorOfNewFile()
    const holder = new pg.Client({ connectionString: tandem.databaseUrl })
    await holder.connect()
    try {
      await holder.query('begin')
      const ids = stuck.map(({ fileId }) => fileId)
      await holder.query('select from file_lock where file_id = any ($1) for update', [ids])
      const waiting = stuck.map((editor) => timed('Lock of a held row', () => editor.lock('L')))
      await until('all connections wait', async () => {
        const { rows } = await holder.query<{ count: string }>(
          `select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`,
        )
        return Number(rows[0]?.count) === POOL
      })

      const refused = await Promise.all([
        timed('CheckFileInfo', () => other.checkFileInfo()),
        timed('PutFile', () => other.putFile('content', 'L')),
        timed('GET /files', () => alice.calls('GET', '/files')),
      ])
      for (const { status, retryAfter, ms } of refused) {
        expect([status, retryAfter]).toEqual([503, '5'])
        expect(ms).toBeLessThan(2000)
      }
      expect((await fetch(`${tandem.url}/health/live`)).status).toBe(200)
      // lock_timeout ends the wait of those who hold the connections.
      for (const { status, retryAfter, ms } of await Promise.all(waiting)) {
        expect([status, retryAfter]).toEqual([503, '5'])
        expect(ms).toBeLessThan(4000)
      }
      await holder.query('rollback')
    } finally {
      await holder.end()
    }
    await until('it serves again', async () => (await other.checkFileInfo()).status === 200, 2000)
    for (const editor of stuck) expect((await editor.lock('L')).status).toBe(200)
  })

  it('never stands still because one call needs two connections: 20 of each kind at once', async () => {
    const file = await tandem.sharedFile('content')
    const uploads = await Promise.all(Array.from({ length: 20 }, () => tandem.sharedFile('content')))
    const editors = await Promise.all(Array.from({ length: 20 }, editorOfNewFile))
    for (const editor of editors) await editor.lock('L')
    const kinds: [string, () => Promise<{ status: number }[]>][] = [
      ['PutFile', () => Promise.all(editors.map((e) => e.putFile(`saved in ${e.fileId}`, 'L')))],
      [
        'PutRelativeFile',
        () =>
          Promise.all(
            editors.map((e) =>
              e.putRelativeFile('a copy', { 'X-WOPI-SuggestedTarget': `copy ${e.fileId}.docx` }),
            ),
          ),
      ],
      [
        'upload',
        () =>
          Promise.all(
            uploads.map(({ id, version }) =>
              alice.calls('PUT', `/files/${id}/content`, `uploaded to ${id}`, { 'If-Match': `"${version}"` }),
            ),
          ),
      ],
      [
        'creation',
        () =>
          Promise.all(editors.map((_, i) => alice.calls('POST', `/files?name=made ${i}.docx`, 'content'))),
      ],
      [
        'token',
        () =>
          Promise.all(
            editors.map(() => alice.calls('POST', `/files/${file.id}/access-tokens`, { mode: 'edit' })),
          ),
      ],
      [
        'grant',
        () =>
          Promise.all(
            editors.map((_, i) =>
              alice.calls('PUT', `/files/${file.id}/grants/user:u${i}`, { role: 'viewer' }),
            ),
          ),
      ],
    ]
    for (const [kind, all] of kinds) {
      // Callers that each hold one connection and wait for a second one end with 503 after a second.
      const failed = (await all()).filter(({ status }) => status >= 300)
      expect([kind, failed.map(({ status }) => status)]).toEqual([kind, []])
    }
  })
})
