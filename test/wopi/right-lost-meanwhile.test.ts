import pg from 'pg'
import { describe, expect, it } from 'vitest'
import type { WopiAnswer } from '../kit/wopi.js'
import { until } from '../reliability/until.js'
import { useFixture } from './fixture.js'

/** One changing call, on an object whose right can be taken away while the call waits for the object's row. */
interface Attempt {
  readonly id: string
  /** What it waits for: the object's row, or the turn of the event log. */
  readonly table: 'file' | 'container' | 'event log'
  readonly call: () => Promise<WopiAnswer>
}

describe('a right that is taken away while a call waits for its turn', () => {
  const fixture = useFixture()
  let people = 0

  const onFolder = async (role: 'editor' | 'owner', override: string, headers = {}): Promise<Attempt> => {
    const folder = await fixture.folder({ who: `person${++people}`, role })
    return { id: folder.id, table: 'container', call: () => folder.operation(override, headers, 'body') }
  }
  const onFile = async (role: 'editor' | 'owner', override: string, headers = {}): Promise<Attempt> => {
    const editor = await fixture.open('content', { who: `person${++people}`, role })
    return { id: editor.fileId, table: 'file', call: () => editor.operation(override, headers, 'body') }
  }
  /** Into the folder of the file, where they may write, too. */
  const saveAs = async (
    headers: Record<string, string> = { 'X-WOPI-SuggestedTarget': 'Copy.docx' },
  ): Promise<Attempt> => {
    const who = `person${++people}`
    const folder = await fixture.folder({ who, role: 'editor' })
    const alice = await fixture.person('alice')
    const file = await alice.createsFile('Plan.docx', 'content', folder.id)
    await alice.createsFile('There already.docx', 'content', folder.id)
    const editor = await fixture.join(file, { who })
    return { id: folder.id, table: 'container', call: () => editor.putRelativeFile('copy', headers) }
  }

  const comment = async (): Promise<Attempt> => {
    const editor = await fixture.open('content', { who: `person${++people}`, role: 'editor' })
    const activity = { Type: 'comment', Id: '1', Data: { ContentAction: 'created' } }
    const body = JSON.stringify({ Activities: [activity] })
    const call = (): Promise<WopiAnswer> => editor.operation('ADD_ACTIVITIES', {}, body)
    return { id: editor.fileId, table: 'event log', call }
  }

  /** Lets `meanwhile` happen while the call waits for the object's row. */
  async function whileItWaits(
    { id, table, call }: Attempt,
    meanwhile: () => Promise<unknown>,
  ): Promise<number> {
    const holder = new pg.Client({ connectionString: fixture.tandem.databaseUrl })
    await holder.connect()
    try {
      await holder.query('begin')
      if (table === 'event log') await holder.query(`select pg_advisory_xact_lock(hashtext('tandem_events'))`)
      else await holder.query(`select from ${table} where id = $1 for update`, [id])
      const answer = call()
      await until('the call waits', async () => {
        const waiting = await fixture.sql(
          `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
        )
        return waiting.length > 0
      })
      await meanwhile()
      await holder.query('commit')
      return (await answer).status
    } finally {
      await holder.end()
    }
  }

  const deeds = async (): Promise<number> => {
    const [row] = await fixture.sql(`
      select (select count(*) from audit_event where outcome = 'done')::int
        + (select count(*) from session_event where kind = 'comment')::int as n`)
    return Number(row?.['n'])
  }

  const ATTEMPTS: Record<string, () => Promise<Attempt>> = {
    CreateChildFile: () => onFolder('editor', 'CREATE_CHILD_FILE', { 'X-WOPI-SuggestedTarget': 'a.docx' }),
    CreateChildContainer: () =>
      onFolder('editor', 'CREATE_CHILD_CONTAINER', { 'X-WOPI-SuggestedTarget': 'inner' }),
    RenameContainer: () => onFolder('owner', 'RENAME_CONTAINER', { 'X-WOPI-RequestedName': 'mine' }),
    DeleteContainer: () => onFolder('owner', 'DELETE_CONTAINER'),
    'GetShareUrl (container)': () => onFolder('owner', 'GET_SHARE_URL', { 'X-WOPI-UrlType': 'ReadOnly' }),
    'GetShareUrl (file)': () => onFile('owner', 'GET_SHARE_URL', { 'X-WOPI-UrlType': 'ReadOnly' }),
    RenameFile: () => onFile('editor', 'RENAME_FILE', { 'X-WOPI-RequestedName': 'mine' }),
    DeleteFile: () => onFile('owner', 'DELETE'),
    AddActivities: () => comment(),
    PutRelativeFile: () => saveAs(),
    'PutRelativeFile (overwriting)': () =>
      saveAs({ 'X-WOPI-RelativeTarget': 'There already.docx', 'X-WOPI-OverwriteRelativeTarget': 'true' }),
  }

  for (const [operation, prepare] of Object.entries(ATTEMPTS)) {
    it(`${operation} is 404 then, and nothing has changed; without that it is done`, async () => {
      const lost = await prepare()
      const revoke = (): Promise<unknown> =>
        fixture.sql(`delete from access_grant where object_id = $1`, [lost.id])
      const before = [await deeds(), await fixture.blobs()]
      expect(await whileItWaits(lost, revoke)).toBe(404)
      expect([await deeds(), await fixture.blobs()]).toEqual(before)
      expect(await whileItWaits(await prepare(), () => Promise.resolve())).toBe(200)
    })

    it(`${operation} is 401 when it is the token that was revoked`, async () => {
      const lost = await prepare()
      const revoke = (): Promise<unknown> =>
        fixture.sql(`update access_token set revoked_at = now() where user_id = $1`, [`person${people}`])
      expect(await whileItWaits(lost, revoke)).toBe(401)
    })
  }

  fixture.leavesNoTokenInTheLog()
})
