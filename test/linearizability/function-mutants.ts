import { execute } from '../kit/postgres.js'

/** Errors in the functions of the coauth locks that the checker must find (docs/adr/0017). */
export const COAUTH_BUGS = ['no row lock', 'no summary', 'two exclusives'] as const

/** Errors in the one statement of a welcome save (docs/adr/0023). */
export const SAVE_BUGS = [
  'the clock of its beginning',
  'any lock id',
  'a lock row that was not locked',
] as const

export type FunctionBug = (typeof COAUTH_BUGS | typeof SAVE_BUGS)[number]

const CHANGES: Readonly<Record<FunctionBug, readonly [name: string, find: RegExp, instead: string]>> = {
  'no row lock': ['get_coauth_lock', / for no key update/, ''],
  // The WOPI lock's operations see that row only.
  'no summary': [
    'coauth_granted',
    /coauth_until = \(select max[^)]*\)[^)]*\)/,
    'coauth_until = coauth_until',
  ],
  'two exclusives': [
    'get_coauth_lock',
    /coauth_lock_is_live\(c\.expires_at, at\)\) then/,
    'coauth_lock_is_live(c.expires_at, at) and random() < 0.9) then',
  ],
  'the clock of its beginning': ['save_file', /clock_timestamp\(\)\);/, 'now());'],
  'any lock id': ['save_file', /held\.lock_id = the_lock/, 'the_lock is not null'],
  'a lock row that was not locked': ['save_file', /(file_lock l where [^;]*) for no key update/, '$1'],
}

/** Changes the function in a database, asked as its owner. @returns what makes it right again */
export async function plantInDatabase(
  databaseUrl: string,
  bug: FunctionBug,
): Promise<() => Promise<unknown>> {
  const [name, find, instead] = CHANGES[bug]
  const { rows } = await execute(databaseUrl, `select pg_get_functiondef($1::regproc) as source`, [name])
  const { source } = rows[0] as { source: string }
  const changed = source.replace(find, instead)
  if (changed === source) throw new Error(`${name} has no place for the bug "${bug}"`)
  await execute(databaseUrl, changed)
  return () => execute(databaseUrl, source)
}
