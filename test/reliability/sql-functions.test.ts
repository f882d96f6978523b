import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, inject, it } from 'vitest'
import { createDataSource } from '../../ormconfig.js'
import { embeddedAppUrl, grantToApp } from '../../src/database/app-role.js'
import { DatabaseClient } from '../../src/database/database-client.js'
import { migrate } from '../../src/database/migrate.js'
import { readSqlFunctions, renewSqlFunctions, type SqlFunction } from '../../src/database/sql-functions.js'
import { databaseUrl, execute, newDatabase } from '../kit/postgres.js'
import { startTandemProcess } from '../kit/tandem-process.js'

interface Made {
  readonly signature: string
  readonly answers: string
  readonly text: string
  readonly record: string | null
  /** Of the catalog's row: another one after each writing. */
  readonly written: string
}

async function functionsOf(url: string): Promise<Map<string, Made>> {
  const { rows } = await execute(
    url,
    `select proname as name, pg_get_function_arguments(oid) as signature, pg_get_function_result(oid) as answers,
       pg_get_functiondef(oid) as text, obj_description(oid, 'pg_proc') as record, xmin::text as written
     from pg_proc where pronamespace = 'public'::regnamespace order by 1`,
  )
  return new Map((rows as (Made & { name: string })[]).map((row) => [row.name, row]))
}

async function emptyDatabase(): Promise<string> {
  const name = `t_${randomBytes(6).toString('hex')}`
  await execute(inject('postgres'), `create database ${name}`)
  return databaseUrl(inject('postgres'), name)
}

async function renew(url: string, functions: readonly SqlFunction[]): Promise<void> {
  const turn = new DatabaseClient({ connectionString: url })
  await turn.connect()
  try {
    await renewSqlFunctions(turn, functions)
  } finally {
    await turn.end()
  }
}

const EDITED = `create or replace function role_rank(role text) returns int language sql immutable as 'select 7'`

describe('the SQL functions of src/database/functions', () => {
  let database: string
  beforeEach(async () => {
    database = await newDatabase(inject('postgres'))
  })

  it('are all that the database has', async () => {
    const names = (await readSqlFunctions()).map(({ name }) => name)
    expect(names).toContain('rank_of')
    expect([...(await functionsOf(database)).keys()]).toEqual(names)
  })

  it('are written where their text is another one, and nowhere else', async () => {
    const before = await functionsOf(database)
    await migrate(database)
    expect(await functionsOf(database)).toEqual(before)

    await execute(database, EDITED)
    await execute(database, `comment on function role_rank is 'Tandem 0.1.0, sha256 ${'0'.repeat(64)}'`)
    await migrate(database)
    const after = await functionsOf(database)
    expect(after.get('role_rank')?.text).toBe(before.get('role_rank')?.text)
    expect(after.get('rank_of')).toEqual(before.get('rank_of'))
  })

  it('are mended where nothing tells who wrote them, as migrations leave them', async () => {
    await execute(database, EDITED)
    await execute(database, 'comment on function role_rank is null')
    await migrate(database)
    const { rows } = await execute(database, `select role_rank('editor')`)
    expect(rows).toEqual([{ role_rank: 2 }])
  })

  it('of a newer release are left alone: an old server that starts beside it must not undo them', async () => {
    await execute(database, EDITED)
    await execute(database, `comment on function role_rank is 'Tandem 99.0.0, sha256 ${'0'.repeat(64)}'`)
    const before = await functionsOf(database)
    await migrate(database)
    expect(await functionsOf(database)).toEqual(before)
  })

  it('may name one another in any order, and are none of them there when one is wrong', async () => {
    const first = {
      name: 'a_first',
      text: `create function a_first() returns int language sql as 'select b_then()'`,
    }
    const then = { name: 'b_then', text: `create function b_then() returns int language sql as 'select 1'` }
    const wrong = {
      name: 'c_wrong',
      text: `create or replace function c_wrong() returns int language sql as 'select nothing()'`,
    }
    const replaced = [first, then].map((one) => ({
      ...one,
      text: one.text.replace('create', 'create or replace'),
    }))
    await expect(renew(database, [...replaced, wrong])).rejects.toThrow(
      /^the function c_wrong of src\/database\/functions cannot be made: .*nothing\(\) does not exist/,
    )
    expect((await functionsOf(database)).has('a_first')).toBe(false)
    await renew(database, replaced)
    expect((await execute(database, 'select a_first()')).rows).toEqual([{ a_first: 1 }])
  })

  it.each([
    ['parameters', 'role_rank(role text, more text) returns int'],
    ["parameters' names", 'role_rank(part text) returns int'],
    ['answer', 'role_rank(role text) returns text'],
  ])('do not get other %s under their name, which the server before still calls', async (_, signature) => {
    const text = `create or replace function ${signature} language sql immutable as 'select null'`
    await expect(renew(database, [{ name: 'role_rank', text }])).rejects.toThrow(
      'the function role_rank of src/database/functions cannot be made: ',
    )
    expect((await execute(database, `select role_rank('owner')`)).rows).toEqual([{ role_rank: 3 }])
  })

  it('take the place of those that migrations made, which servers of earlier releases call', async () => {
    const empty = await emptyDatabase()
    const dataSource = await createDataSource(empty, 1).initialize()
    await dataSource.runMigrations({ transaction: 'each' })
    await dataSource.destroy()
    const made = await functionsOf(empty)
    expect(made.size).toBeGreaterThan(15)
    await migrate(empty)
    const now = await functionsOf(empty)
    for (const [name, { signature, answers }] of made) {
      expect(now.get(name), name).toMatchObject({ signature, answers })
      expect(now.get(name)?.record, name).toMatch(/^Tandem /)
    }
  })

  it("are the server's to call, also where nobody may call a function by himself", async () => {
    const empty = await emptyDatabase()
    await execute(empty, 'alter default privileges revoke execute on functions from public')
    await migrate(empty)
    const refused = `select proname from pg_proc where pronamespace = 'public'::regnamespace
      and not has_function_privilege(oid, 'execute') order by 1`
    const asServer = embeddedAppUrl(empty)
    expect((await execute(asServer, refused)).rows.length).toBeGreaterThan(15)
    await grantToApp(empty, asServer)
    expect((await execute(asServer, refused)).rows).toEqual([])
  })

  it('come with the build', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'tandem-functions-'))
    const databaseUrl = await emptyDatabase()
    try {
      await (await startTandemProcess({ databaseUrl, dataDir })).stop()
      const names = (await readSqlFunctions()).map(({ name }) => name)
      expect([...(await functionsOf(databaseUrl)).keys()]).toEqual(names)
    } finally {
      await rm(dataDir, { recursive: true })
    }
  }, 60_000)
})
