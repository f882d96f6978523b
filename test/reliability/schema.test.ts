import { expect, inject, it } from 'vitest'
import { execute, newDatabase } from '../kit/postgres.js'
import { schemaTextOf } from '../kit/schema-text.js'

const SNAPSHOT = '../../src/database/schema.sql'

it('src/database/schema.sql is what the migrations and the functions make', async () => {
  await expect(await schemaTextOf(await newDatabase(inject('postgres')))).toMatchFileSnapshot(SNAPSHOT)
})

/** Each of them makes another schema of it. */
const CHANGES = [
  'alter table file add column planted int',
  'alter table file alter column name drop not null',
  'alter table file alter column created_at drop default',
  'alter table file alter column version type numeric',
  'alter table file drop constraint file_sequence_number_check',
  'alter table file_lock reset (fillfactor)',
  'create index planted on file (name)',
  'drop index file_name; create unique index file_name on file (container_id, name_key)',
  'create table planted (id int)',
  'create type planted as (id int)',
  'create view planted as select 1 as one',
  'drop trigger audit_event_append_only on audit_event',
  'alter function rank_of volatile',
  'alter function rank_of reset plan_cache_mode',
  'create function planted() returns int language sql as $$ select 1 $$',
]

it.each(CHANGES)('it tells of: %s', async (change) => {
  const database = await newDatabase(inject('postgres'))
  const before = await schemaTextOf(database)
  await execute(database, change)
  expect(await schemaTextOf(database)).not.toBe(before)
})
