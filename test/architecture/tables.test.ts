import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { APP_RIGHTS } from '../../src/database/app-role.js'
import { ROOT } from './cruise.js'
import { accessesIn, breachesOf, sourcesOf, unusedRights } from './sql-tables.js'
import { FUNCTIONS, TABLES } from './tables.js'

const sources = sourcesOf(ROOT)

describe('who owns which table (test/architecture/tables.ts)', () => {
  it('is said of every table and view, and of every function', () => {
    expect(Object.keys(TABLES).toSorted()).toEqual(Object.keys(APP_RIGHTS).toSorted())
    const functions = readdirSync(join(ROOT, 'src/database/functions')).map((file) =>
      file.replace('.sql', ''),
    )
    expect(Object.keys(FUNCTIONS).toSorted()).toEqual(functions.toSorted())
  })

  it('no statement writes the table of another module, or reads one that it may not', () => {
    expect(breachesOf(sources)).toEqual([])
  })

  it('nobody may do what nobody does', () => {
    expect(unusedRights(sources)).toEqual([])
  })

  it('every table is written by its owner, but for those that migrations and views fill', () => {
    const written = new Set(
      accessesIn(sources)
        .filter(({ module, table, kind }) => kind === 'writes' && module === TABLES[table]?.owner)
        .map(({ table }) => table),
    )
    expect(Object.keys(TABLES).filter((table) => !written.has(table))).toEqual([
      'migration',
      'open_share_link',
    ])
  })
})

/** A source that is added, and what must be said of it. */
const BREACHES: readonly (readonly [file: string, text: string, breach: string])[] = [
  ['src/lock/planted.ts', '`update file set name = $1`', 'src/lock/planted.ts: lock writes file'],
  [
    'src/lock/planted.ts',
    '`with x as (delete from\n  file_version where true) select`',
    'lock writes file_version',
  ],
  [
    'src/storage/planted.ts',
    "'insert into session_event (kind) values ($1)'",
    'storage writes session_event',
  ],
  ['src/wopi/planted.ts', "'select from file_lock where file_id = $1'", 'wopi reads file_lock'],
  ['src/health/planted.ts', '`select 1 from recovery_item r, file_lock l`', 'health reads file_lock'],
  ['src/events/planted.ts', '`select (select count(*) from user_account) as n`', 'events reads user_account'],
  ['src/audit/planted.ts', '`${BEGIN} join access_token t on ${CONDITION}`', 'audit reads access_token'],
  [
    'src/auth/planted.ts',
    '`update ${table} set x = 1`',
    "src/auth/planted.ts: the program puts a table's name in",
  ],
  ['src/auth/planted.ts', '`truncate table share_link`', 'auth writes share_link'],
  ['src/planted.ts', "'delete from web_session'", 'src/planted.ts: the top writes web_session'],
  [
    'src/lock/planted.ts',
    "import { Container } from '../storage/containers/container.entity.js'",
    'lock writes container',
  ],
  ['src/lock/planted.entity.ts', "@Entity('user_account') class X {}", 'lock writes user_account'],
  [
    'src/database/functions/planted.sql',
    'create or replace function planted() returns void language sql as $$ delete from file $$',
    'nobody (planted is not in FUNCTIONS) writes file',
  ],
  [
    'src/database/functions/rank_of.sql',
    '-- why\ncreate or replace function rank_of() returns void language sql as $$\n  insert into\n    file_lock default values $$',
    'permission writes file_lock',
  ],
]

const HARMLESS: readonly (readonly [file: string, text: string])[] = [
  ['src/lock/planted.ts', '`select l.* from file_lock l join file f on f.id = l.file_id for update of l`'],
  [
    'src/lock/planted.ts',
    '`insert into file_lock (file_id) values ($1) on conflict (file_id) do update set version = 1`',
  ],
  ['src/permission/planted.ts', '`select id from access_grant for update skip locked`'],

  ['src/wopi/planted.ts', "import type { Container } from '../storage/containers/container.entity.js'"],
  ['src/storage/planted.ts', '`select file_id, stream as given from stream`'],
  ['src/database/functions/rank_of.sql', '-- as in: delete from file\ncreate or replace function rank_of()'],
]

describe('the test of who owns which table', () => {
  it.each(BREACHES)('objects to %s: %s', (file, text, breach) => {
    const found = breachesOf([{ file, text }])
    expect(found).toHaveLength(1)
    expect(found[0]).toContain(breach)
  })

  it.each(HARMLESS.filter(([, text]) => !text.includes('what was read')))(
    'lets pass %s: %s',
    (file, text) => {
      expect(breachesOf([{ file, text }])).toEqual([])
    },
  )
})
