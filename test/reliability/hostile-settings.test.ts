import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { embeddedAppUrl } from '../../src/database/app-role.js'
import { DatabaseClient } from '../../src/database/database-client.js'
import { prepareDatabase } from '../../src/prepare-database.js'
import { databaseUrl, execute } from '../kit/postgres.js'
import { Tandem } from '../kit/tandem.js'

/** What an administrator, a template or a managed service may have set for the whole database. */
const HOSTILE: Readonly<Record<string, string>> = {
  timezone: 'Pacific/Apia',
  datestyle: 'SQL, DMY',
  intervalstyle: 'sql_standard',
  client_encoding: 'LATIN1',
  search_path: '',
  bytea_output: 'escape',
  extra_float_digits: '-10',
  standard_conforming_strings: 'off',
  transform_null_equals: 'on',
  quote_all_identifiers: 'on',
  array_nulls: 'off',
  exit_on_error: 'on',
  client_min_messages: 'error',
  default_transaction_isolation: 'serializable',
  default_transaction_deferrable: 'on',
  statement_timeout: '1',
  lock_timeout: '1',
  idle_in_transaction_session_timeout: '1',
  idle_session_timeout: '100',
}

/** A day in the life of a document, and everything that Tandem says of it. */
async function flow(tandem: Tandem): Promise<Record<string, unknown>> {
  const alice = await tandem.person('alice')
  const root = await tandem.person('root', 'admin')
  const file = await alice.createsFile('Übersicht 报告 🙂.docx', 'first')
  await alice.grants(file.id, 'user:bob', 'editor')
  const editor = await tandem.editor(alice, file.id)
  const other = await tandem.editor(await tandem.person('bob'), file.id)
  const info = (await editor.checkFileInfo()).json<Record<string, unknown>>()
  const answers = {
    lock: (await editor.lock('L')).status,
    othersLock: await other.lock('M').then(({ status, lock }) => [status, lock]),
    save: await editor.putFile('second', 'L').then(({ status, version }) => [status, version]),
    refused: (await other.putFile('refused', 'M')).status,
    refresh: (await editor.refreshLock('L')).status,
    relock: (await editor.unlockAndRelock('L', 'N')).status,
    userInfo: (await editor.putUserInfo('ui')).status,
  }
  const got = async (path: string, as = alice): Promise<unknown> => {
    const answer = await as.calls('GET', path)
    return answer.status === 200 ? answer.json() : `${path} answered ${answer.status}`
  }
  for (const name of ['a', 'b', 'c', 'd']) await alice.createsFile(`${name}.docx`, name)
  const pages: unknown[] = []
  for (let cursor = ''; pages.length < 5;) {
    const page = (await alice.calls('GET', `/files?limit=2${cursor}`)).json<{
      items: { name: string }[]
      nextCursor?: string
    }>()
    pages.push(page.items.map(({ name }) => name))
    if (!page.nextCursor) break
    cursor = `&cursor=${encodeURIComponent(page.nextCursor)}`
  }
  const link = await editor.operation('GET_SHARE_URL', { 'X-WOPI-UrlType': 'ReadOnly' })
  return {
    answers,
    pages,
    info,
    link: link.status,
    file: await got(`/files/${file.id}`),
    versions: await got(`/files/${file.id}/versions?all=true`),
    grants: await got(`/files/${file.id}/grants`),
    recovery: await got(`/files/${file.id}/recovery-items`),
    status: await got(`/files/${file.id}/coauth-status`),
    locks: await got('/admin/locks', root),
    audit: await got('/admin/audit?limit=5', root),
    sessions: await got('/admin/sessions', root),
    users: await got('/admin/users', root),
    unlock: (await editor.unlock('N')).status,
    content: (await editor.getFile()).body.toString(),
  }
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/

/** The same in both runs, but for ids and hours; those must be of the right form, and be now. */
function comparable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(comparable)
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, comparable(inner)]))
  if (typeof value === 'string') {
    if (TIME.test(value)) return Math.abs(Date.parse(value) - Date.now()) < 12 * 3600_000 ? 'now' : value
    return value
      .replaceAll(/[0-9a-f]{24,}/g, 'ID')
      .replaceAll(/127\.0\.0\.1:\d+/g, 'HERE')
      .replaceAll(/ey[\w-]+\.[\w-]+\.[\w-]+/g, 'TOKEN')
      .replaceAll(/(nextCursor.*)/g, 'CURSOR')
  }
  if (typeof value === 'number' && value > 1e12)
    return Math.abs(value - Date.now()) < 12 * 3600_000 ? 'now' : value
  return value
}

describe('a database that is set otherwise', () => {
  let plain: Tandem
  let expected: unknown

  beforeAll(async () => {
    plain = await Tandem.start(inject('postgres'))
    expected = comparable(await flow(plain))
  })
  afterAll(() => plain.stop())

  it('by all settings that sessions inherit: documents, locks, versions, lists and audit are the same', async () => {
    await using first = await Tandem.start(inject('postgres'))
    const name = new URL(first.databaseUrl.replace(/%2F/g, '')).pathname.slice(1)
    for (const [setting, value] of Object.entries(HOSTILE)) {
      await execute(inject('postgres'), `alter database ${name} set ${setting} = '${value}'`)
    }
    await using tandem = await Tandem.start(inject('postgres'), { sharing: first })
    expect(comparable(await flow(tandem))).toEqual(expected)
    expect(tandem.log.filter((line) => /"level":50/.test(line))).toEqual([])
  })

  it('from before the first start: the schema is made in public, and works', async () => {
    const name = `hostile_${randomBytes(4).toString('hex')}`
    await execute(inject('postgres'), `create database ${name}`)
    for (const [setting, value] of Object.entries(HOSTILE)) {
      await execute(inject('postgres'), `alter database ${name} set ${setting} = '${value}'`)
    }
    const ownerUrl = databaseUrl(inject('postgres'), name)
    const config = { webhooks: { urls: ['http://127.0.0.1:1/'], secret: randomBytes(32) } }
    expect(await prepareDatabase({ url: embeddedAppUrl(ownerUrl), ownerUrl }, config)).toBe('two roles')
    const client = new DatabaseClient({ connectionString: ownerUrl })
    await client.connect()
    const { rows } = await client.query(
      `select schemaname as place from pg_catalog.pg_tables where tablename = 'file_version'`,
    )
    await client.end()
    expect(rows).toEqual([{ place: 'public' }])
  })

  it('in an encoding that cannot hold all names: refused at start in one plain sentence', async () => {
    const name = `latin_${randomBytes(4).toString('hex')}`
    await execute(
      inject('postgres'),
      `create database ${name} encoding 'LATIN1' locale 'C' template template0`,
    )
    const ownerUrl = databaseUrl(inject('postgres'), name)
    await expect(
      prepareDatabase({ url: embeddedAppUrl(ownerUrl), ownerUrl }, { webhooks: undefined }),
    ).rejects.toThrow(`the database ${name} has the encoding LATIN1, and Tandem needs UTF8`)
  })
})
