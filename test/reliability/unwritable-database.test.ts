import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { FileView, Person } from '../kit/people.js'
import { execute } from '../kit/postgres.js'
import { Tandem } from '../kit/tandem.js'
import type { Editor } from '../kit/wopi.js'
import { Visitor } from '../pages/visitor.js'
import { everyCall } from './every-call.js'
import { OwnPostgres } from './own-postgres.js'
import { until } from './until.js'

let postgres: OwnPostgres
let tandem: Tandem
let alice: Person
let file: FileView
let editor: Editor
let visitor: Visitor

beforeAll(async () => {
  postgres = await OwnPostgres.start()
  tandem = await Tandem.start(postgres.url)
  alice = await tandem.person('alice')
  file = await tandem.sharedFile('the content before', { bob: 'viewer' })
  editor = await tandem.editor(alice, file.id)
  expect((await editor.lock('L')).status).toBe(200)
  visitor = await Visitor.signedIn(tandem, 'alice')
})
afterAll(async () => {
  await tandem.stop()
  await postgres.stop()
})

interface Ready {
  readonly status: number
  readonly retryAfter: string | null
  readonly reason: string | undefined
}

async function ready(): Promise<Ready> {
  const answer = await fetch(`${tandem.url}/health/ready`)
  const { details } = (await answer.json()) as { details: Record<string, { reason?: string }> }
  return {
    status: answer.status,
    retryAfter: answer.headers.get('retry-after'),
    reason: details['database']?.reason,
  }
}

const asAdministrator = (statement: string): Promise<unknown> => execute(postgres.url, statement)

async function set(setting: string): Promise<void> {
  await asAdministrator(`alter system set ${setting}`)
  await asAdministrator('select pg_reload_conf()')
}

async function cut(): Promise<void> {
  await asAdministrator(
    `select pg_terminate_backend(pid) from pg_stat_activity where usename = 'tandem_app' order by pid`,
  )
}

async function expectRed(reason: RegExp): Promise<void> {
  await until('readiness is red', async () => (await ready()).status === 503)
  const { reason: said, retryAfter } = await ready()
  expect(said).toMatch(reason)
  expect(retryAfter).toBe('5')
  expect(said).not.toMatch(/tandem_app|127\.0\.0\.1|socket/)
}

async function expectWell(): Promise<void> {
  await until('readiness is green again by itself', async () => (await ready()).status === 200)
  expect((await editor.refreshLock('L')).status).toBe(200)
  expect((await editor.getFile()).body.toString()).toBe('the content before')
}

async function expectNoConnection(reason: RegExp): Promise<void> {
  await cut()
  await expectRed(reason)
  const answers = await everyCall(editor, alice, file.version)
  expect(answers.filter(({ status, retryAfter }) => status !== 503 || retryAfter === undefined)).toEqual([])
  const page = await visitor.gets('/')
  expect([page.status, page.headers['retry-after']]).toEqual([503, '5'])
  expect((await fetch(`${tandem.url}/metrics`)).status).toBe(200)
  expect((await fetch(`${tandem.url}/health/live`)).status).toBe(200)
}

describe('a database that is read-only, as managed ones are when their disk fills', () => {
  afterEach(() => set('default_transaction_read_only = off'))

  it('is red readiness with the reason, 503 to whoever writes, and well by itself afterwards', async () => {
    await set('default_transaction_read_only = on')
    await expectRed(/^PostgreSQL is read-only.*25006/)
    for (const answer of [
      await editor.putFile('never to be seen', 'L'),
      await editor.refreshLock('L'),
      await alice.calls('POST', '/files?name=new.docx', 'never'),
    ]) {
      expect([answer.status, answer.headers['retry-after']]).toEqual([503, '5'])
    }
    await set('default_transaction_read_only = off')
    await expectWell()
    expect(tandem.log.filter((line) => line.includes('"not-ready"')).at(-1)).toContain(
      'PostgreSQL is read-only',
    )
  })
})

describe('a database that lets nobody in: 503 everywhere, red with the reason, and well by itself afterwards', () => {
  it('because its connections are used up', async () => {
    await asAdministrator('alter role tandem_app connection limit 0')
    try {
      await expectNoConnection(/too many connections.*53300/)
    } finally {
      await asAdministrator('alter role tandem_app connection limit -1')
    }
    await expectWell()
  })

  it.each([
    ['the password is wrong', 'scram-sha-256', /wrong password/],
    ['its pg_hba.conf no longer lets the role in', 'reject', /does not let the role/],
  ])('because %s', async (_why, method, reason) => {
    const path = join(postgres.folder, 'postgres/pg_hba.conf')
    const before = await readFile(path, 'utf8')
    await asAdministrator(`alter role tandem_app password 'right'`)
    process.env['PGPASSWORD'] = 'wrong'
    try {
      await writeFile(path, `local all tandem_app ${method}\n${before}`)
      await asAdministrator('select pg_reload_conf()')
      await expectNoConnection(reason)
      expect(tandem.log.join('')).toMatch(/password authentication failed|pg_hba.conf rejects/)
    } finally {
      await writeFile(path, before)
      await asAdministrator('select pg_reload_conf()')
      delete process.env['PGPASSWORD']
    }
    await expectWell()
  })

  it('because an administrator has closed it', async () => {
    const name = tandem.databaseUrl.split('/').pop() ?? ''
    await asAdministrator(`alter database ${name} allow_connections false`)
    try {
      await expectNoConnection(/cannot be reached.*55000/)
    } finally {
      await asAdministrator(`alter database ${name} allow_connections true`)
    }
    await expectWell()
  })
})

describe('a commit that waits for a synchronous standby which is away', () => {
  afterAll(() => set(`synchronous_standby_names = ''`))

  async function release(how: 'pg_cancel_backend' | 'pg_terminate_backend'): Promise<void> {
    await until('a commit waits', async () => {
      const { rowCount } = await execute(
        postgres.url,
        `select ${how}(pid) from pg_stat_activity where wait_event = 'SyncRep' order by pid`,
      )
      return (rowCount ?? 0) > 0
    })
  }

  it('is 503 when the wait is cancelled, in a transaction or alone, and readiness is red meanwhile', async () => {
    await set(`synchronous_standby_names = 'nobody'`)
    await expectRed(/does not finish writing in time|no answer|cannot be reached|does not wait/)
    for (const how of ['pg_cancel_backend', 'pg_terminate_backend'] as const) {
      for (const call of [
        () => editor.putFile(`saved, perhaps: ${how}`, 'L'),
        () => editor.refreshLock('L'),
        () => alice.calls('POST', `/files?name=${how}.docx`, 'created, perhaps'),
      ]) {
        const answer = call()
        await release(how)
        const { status, headers } = await answer
        expect([status, headers['retry-after']]).toEqual([503, '5'])
      }
    }
    expect(tandem.log.join('')).toContain('the wait for the synchronous standby was cancelled')
    await set(`synchronous_standby_names = ''`)
    await until('readiness is green again by itself', async () => (await ready()).status === 200, 40_000)
    expect((await editor.putFile('saved for sure', 'L')).status).toBe(200)
  }, 90_000)
})
