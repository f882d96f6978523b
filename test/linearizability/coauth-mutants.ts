import { execute } from '../kit/postgres.js'

/** Errors in the functions of the coauth locks that the checker must find (docs/adr/0017). */
export const COAUTH_BUGS = ['no row lock', 'no summary', 'two exclusives'] as const

export type CoauthBug = (typeof COAUTH_BUGS)[number]

const CHANGES: Readonly<Record<CoauthBug, readonly [name: string, find: RegExp, instead: string]>> = {
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
}

/** Changes the function in a database, asked as its owner. @returns what makes it right again */
export async function plantInDatabase(databaseUrl: string, bug: CoauthBug): Promise<() => Promise<unknown>> {
  const [name, find, instead] = CHANGES[bug]
  const { rows } = await execute(databaseUrl, `select pg_get_functiondef($1::regproc) as source`, [name])
  const { source } = rows[0] as { source: string }
  const changed = source.replace(find, instead)
  if (changed === source) throw new Error(`${name} has no place for the bug "${bug}"`)
  await execute(databaseUrl, changed)
  return () => execute(databaseUrl, source)
}
