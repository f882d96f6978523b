import { rm } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { APP_RIGHTS, embeddedAppUrl, grantToApp } from '../../src/database/app-role.js'
import { startEmbeddedPostgres } from '../../src/database/embedded/embedded-postgres.js'
import { migrate } from '../../src/database/migrate.js'
import { joinDatabase, openDatabase } from '../../src/database/open-database.js'
import { prepareDatabase } from '../../src/prepare-database.js'
import type { Person } from '../kit/people.js'
import { databaseUrl, execute, newDatabase } from '../kit/postgres.js'
import { Tandem } from '../kit/tandem.js'
import { scratchFolder } from '../kit/scratch.js'
import { rawRequest } from '../permission/raw-http.js'

describe("the server's database role (C-05, L-05)", () => {
  let tandem: Tandem
  let alice: Person
  let asServer: string

  beforeAll(async () => {
    tandem = await Tandem.start(inject('postgres'))
    alice = await tandem.person('alice')
    asServer = embeddedAppUrl(tandem.databaseUrl)
    await tandem.sharedFile('audited')
  })
  afterAll(() => tandem.stop())

  it('is the one that the server really has', async () => {
    const { rows } = await execute(
      tandem.databaseUrl,
      `select distinct usename from pg_stat_activity where application_name = 'tandem' and datname = current_database()`,
    )
    expect(rows).toEqual([{ usename: 'tandem_app' }])
    const { body } = await rawRequest(tandem.url, '/health/ready')
    expect(JSON.parse(body)).toMatchObject({
      details: { database: { status: 'up', audit: 'protected by the database role' } },
    })
  })

  it.each([
    `update audit_event set actor = 'somebody else'`,
    `delete from audit_event`,
    `truncate audit_event`,
    `alter table audit_event disable trigger audit_event_append_only`,
    `drop trigger audit_event_append_only on audit_event`,
    `drop table audit_event`,
    `alter table audit_event owner to tandem_app`,
    `create or replace function refuse_change() returns trigger language plpgsql as $$ begin return null; end $$`,
    `set session_replication_role = replica`,
    `set role tandem`,
    `create table anything (id int)`,
    `create schema anything`,
    `create function anything() returns int language sql as 'select 1'`,
    `alter table file add column anything int`,
    `drop table session_event`,
    `truncate file_version`,
    `delete from migration`,
    `drop schema public cascade`,
    `copy audit_event to program 'cat'`,
  ])('is refused: %s', async (statement) => {
    const before = await audited()
    await expect(execute(asServer, statement)).rejects.toMatchObject({ code: '42501' })
    expect(await audited()).toEqual(before)
  })

  it('cannot even append another id or time than comes next', async () => {
    await expect(
      execute(
        asServer,
        `insert into audit_event (id, actor, action, object_id, outcome) values (1, 'x', 'save', 'f', 'done')`,
      ),
    ).rejects.toThrow('cannot insert a non-DEFAULT value')
  })

  it('has its rights listed for every table and view that there is, and for no other', async () => {
    const { rows } = await execute(
      tandem.databaseUrl,
      `select table_name from information_schema.tables where table_schema = 'public' order by table_name`,
    )
    expect((rows as { table_name: string }[]).map(({ table_name: name }) => name)).toEqual(
      Object.keys(APP_RIGHTS).toSorted(),
    )
  })

  it('stands in the way of nobody: the owner cannot change the audit either, before they drop the trigger', async () => {
    await expect(execute(tandem.databaseUrl, `delete from audit_event`)).rejects.toThrow('append-only')
  })

  it('L-06: what cannot be audited is not done, and not acknowledged', async () => {
    const file = await tandem.sharedFile('before')
    const editor = await tandem.editor(alice, file.id)
    await editor.lock('L')
    await execute(tandem.databaseUrl, 'revoke insert on audit_event from tandem_app')
    try {
      expect((await editor.putFile('never audited', 'L')).status).toBe(500)
      const grant = await alice.calls('PUT', `/files/${file.id}/grants/user:bob`, { role: 'editor' })
      expect(grant.status).toBe(500)
      const renamed = await editor.renameFile('Never audited', { 'X-WOPI-Lock': 'L' })
      expect(renamed.status).toBe(500)
      const upload = await alice.calls('POST', '/files?name=Never%20audited.docx', 'x')
      expect(upload.status).toBe(500)
    } finally {
      await execute(tandem.databaseUrl, 'grant insert on audit_event to tandem_app')
    }
    expect(await alice.seesFile(file.id)).toEqual(file)
    expect((await editor.getFile()).body.toString()).toBe('before')
    expect((await alice.versions(file.id)).length).toBe(1)
    expect((await editor.putFile('audited', 'L')).status).toBe(200)
  })

  async function audited(): Promise<unknown[]> {
    return (await execute(tandem.databaseUrl, 'select * from audit_event order by id')).rows as unknown[]
  }
})

describe('two roles on an external database (DATABASE_MIGRATION_URL)', () => {
  const asRole = (url: string, role: string): string => url.replace(/\/\/[^@/]*@/, `//${role}@`)

  it('refuses a role for the server that has rights of its own, the same role twice, and two databases', async () => {
    const owner = await newDatabase(inject('postgres'))
    const elsewhere = await newDatabase(inject('postgres'))
    await expect(grantToApp(owner, owner)).rejects.toThrow('must name another role')
    await expect(grantToApp(owner, embeddedAppUrl(elsewhere))).rejects.toThrow('name different databases')
    await execute(owner, 'create role careless login superuser')
    try {
      await expect(grantToApp(owner, asRole(owner, 'careless'))).rejects.toThrow('can change the audit')
    } finally {
      await execute(owner, 'drop owned by careless; drop role careless')
    }
  })

  it('can follow one role that did both, as docs/operations.md says; no superuser is needed for the starts', async () => {
    const superuser = inject('postgres')
    await execute(superuser, `create role "the server's" login; create role "the owner" login`)
    await execute(superuser, `create database documents owner "the server's"`)
    const server = asRole(databaseUrl(superuser, 'documents'), encodeURIComponent("the server's"))
    const owner = asRole(server, encodeURIComponent('the owner'))
    const webhooks = { urls: ['http://receiver.test/'], secret: Buffer.alloc(32) }

    expect(await prepareDatabase({ url: server, ownerUrl: undefined }, { webhooks })).toBe('one role')
    await execute(databaseUrl(superuser, 'documents'), `reassign owned by "the server's" to "the owner"`)
    for (let start = 0; start < 2; start++) {
      expect(await prepareDatabase({ url: server, ownerUrl: owner }, { webhooks })).toBe('two roles')
    }

    const entry = `insert into audit_event (actor, action, object_id, outcome) values ('a', 'b', 'c', 'd')`
    await execute(server, entry)
    for (const refused of ['delete from audit_event', 'create table x ()', 'create table pgboss.x ()']) {
      await expect(execute(server, refused)).rejects.toMatchObject({ code: '42501' })
    }
  })
})

describe('the embedded PostgreSQL', () => {
  it('has two roles by itself, also one from before there were two, and at every start', async () => {
    const dataDir = await scratchFolder('tandem-roles-')
    const where = { databaseUrl: undefined, databaseMigrationUrl: undefined, dataDir }
    try {
      const before = await startEmbeddedPostgres({ dataDir, durable: false })
      await migrate(before.url)
      await before.stop()
      for (let start = 0; start < 2; start++) {
        const opened = await openDatabase(where)
        try {
          expect(await prepareDatabase(opened, { webhooks: undefined })).toBe('two roles')
          await expect(execute(opened.url, 'delete from audit_event')).rejects.toMatchObject({
            code: '42501',
          })
          // A tool of the operator joins as the owner.
          const joined = await joinDatabase(where)
          expect(joined.url).toBe(opened.ownerUrl)
        } finally {
          await opened.close()
        }
      }
    } finally {
      await rm(dataDir, { recursive: true, force: true })
    }
  }, 60_000)
})
