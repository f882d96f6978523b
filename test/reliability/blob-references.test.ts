import { randomBytes } from 'node:crypto'
import { describe, expect, inject, it } from 'vitest'
import { BLOB_REFERENCES } from '../../src/storage/blobs/blob-references.js'
import { execute, newDatabase } from '../kit/postgres.js'

/** Columns that name a blob and keep none alive, and why. */
const NO_REFERENCES = [
  'file.blob', // repeats its version's
  'quarantined_blob.blob', // waits to be deleted
  'released_blob.blob', // waits to be deleted
  'stream_chunk.content', // the list's own name; whoever needs it is `stream` or a version
]

it('every column that names a blob is a reference, or known to be none', async () => {
  const { rows } = await execute(
    await newDatabase(inject('postgres')),
    `select table_name || '.' || column_name as place from information_schema.columns
     where table_schema = 'public' and data_type = 'text' and column_name ~ '(blob|content)' order by 1`,
  )
  const known = [...BLOB_REFERENCES.map(({ table, column }) => `${table}.${column}`), ...NO_REFERENCES]
  expect((rows as { place: string }[]).map(({ place }) => place).sort()).toEqual(known.sort())
})

describe.each(BLOB_REFERENCES)('$table, $column', ({ table, column }) => {
  const [first, second] = [randomBytes(16).toString('hex'), randomBytes(16).toString('hex')]

  /** A row with the first blob; what else a row must have is made up, and refers to nothing. */
  async function oneRow(): Promise<string> {
    const database = await newDatabase(inject('postgres'))
    const { rows } = await execute(
      database,
      `select column_name as name, data_type as type from information_schema.columns
       where table_name = $1 and is_nullable = 'NO' and (column_default is null or column_name = $2)
         and is_identity = 'NO' and is_generated = 'NEVER' order by 1`,
      [table, column],
    )
    const columns = rows as { name: string; type: string }[]
    const values = columns.map(({ name, type }) => (name === column ? `'${first}'` : madeUp(name, type)))
    await execute(
      database,
      `set local session_replication_role = replica; -- as long as this one message is a transaction
       insert into ${table} (${columns.map(({ name }) => name).join(', ')}) values (${values.join(', ')})`,
    )
    return database
  }

  async function released(database: string): Promise<string[]> {
    const { rows } = await execute(database, 'select blob from released_blob')
    return (rows as { blob: string }[]).map(({ blob }) => blob)
  }

  it('names the blob of a row that is deleted, whoever deletes it', async () => {
    const database = await oneRow()
    await execute(database, `delete from ${table}`)
    expect(await released(database)).toEqual([first])
  })

  it('names the blob of a row that gets another one, whoever gives it', async () => {
    const database = await oneRow()
    if (column === 'content') {
      await execute(
        database,
        `insert into chunked_content (id, scheme, size) values ('${second}', 'FullFile', 1)`,
      )
    }
    await execute(database, `update ${table} set ${column} = '${second}'`)
    expect(await released(database)).toEqual([first])
  })
})

function madeUp(name: string, type: string): string {
  if (name === 'cause') return `'save'`
  if (name === 'reason') return `'lock-mismatch'`
  if (name === 'kind') return `'whole'`
  if (type === 'text') return `'x'`
  return type.startsWith('timestamp') ? 'now()' : '1'
}
