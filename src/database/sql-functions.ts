import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import type { ClientBase } from 'pg'
import { isAtLeast, RELEASE } from '../config/release.js'
import { isUnavailable } from './unavailable.js'

/** A rule that PostgreSQL judges: `functions/NAME.sql`. */
export interface SqlFunction {
  readonly name: string
  readonly text: string
}

/** Beside this file, in `src` as in `dist`. */
const FOLDER = new URL('functions/', import.meta.url)

/** What the database knows of a function that this program wrote: by which release, from which text. */
const RECORD = /^Tandem (\d+\.\d+\.\d+), sha256 ([0-9a-f]{64})$/

/** @throws Error when a file is not what its name says */
export async function readSqlFunctions(): Promise<SqlFunction[]> {
  const files = (await readdir(FOLDER)).filter((file) => file.endsWith('.sql')).sort()
  if (files.length === 0) throw new Error(`no SQL functions in ${FOLDER.pathname}`)
  return Promise.all(
    files.map(async (file) => parse(file, await readFile(new URL(encodeURIComponent(file), FOLDER), 'utf8'))),
  )
}

function parse(file: string, text: string): SqlFunction {
  const name = file.slice(0, -'.sql'.length)
  const [, made] = /^(?:--.*\n)+create or replace function (\w+)\(/.exec(text) ?? []
  if (made !== name) {
    throw new Error(
      `src/database/functions/${file} must say why, in -- lines, and then create or replace function ${name}`,
    )
  }
  return { name, text }
}

/**
 * Makes the database's functions those of this release, as the last step of a migration. Nothing is written when they are.
 * What a newer release wrote stays: it means the same to this one (CONTRIBUTING.md, Change a SQL function), and two that
 * run side by side would else undo each other's at every start. Nothing is ever dropped.
 */
export async function renewSqlFunctions(turn: ClientBase, functions?: readonly SqlFunction[]): Promise<void> {
  const stale = await staleAmong(functions ?? (await readSqlFunctions()), turn)
  if (stale.length === 0) return
  await turn.query('begin')
  try {
    // Functions name one another, in any order; then each is looked at again, with all of them there.
    await turn.query('set local check_function_bodies = off')
    for (const one of stale) await write(one, turn)
    await turn.query('set local check_function_bodies = on')
    for (const one of stale) await write(one, turn)
    await turn.query('commit')
  } catch (error) {
    await turn.query('rollback').catch(() => undefined)
    throw error
  }
}

async function staleAmong(functions: readonly SqlFunction[], turn: ClientBase): Promise<SqlFunction[]> {
  const { rows } = await turn.query<{ name: string; record: string | null }>(
    `select proname as name, obj_description(oid, 'pg_proc') as record from pg_proc
     where proname = any ($1) and pronamespace = current_schema()::regnamespace`,
    [functions.map(({ name }) => name)],
  )
  const records = new Map(rows.map(({ name, record }) => [name, RECORD.exec(record ?? '')]))
  return functions.filter(({ name, text }) => {
    const [, release, hash] = records.get(name) ?? []
    if (release === undefined) return true
    return isAtLeast(RELEASE, release) && hash !== hashOf(text)
  })
}

async function write({ name, text }: SqlFunction, turn: ClientBase): Promise<void> {
  try {
    await turn.query(text)
    // Without its parameters' types: fails when there are two of that name.
    await turn.query(`comment on function ${name} is 'Tandem ${RELEASE}, sha256 ${hashOf(text)}'`)
  } catch (error) {
    if (isUnavailable(error)) throw error
    throw new Error(`the function ${name} of src/database/functions cannot be made: ${String(error)}`, {
      cause: error,
    })
  }
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
