import pg from 'pg'

/** The caller waited too long for others to be served. */
export class DatabaseBusy extends Error {
  constructor() {
    super('too many calls wait for the same file')
  }
}

/** No connection was to be had. Why does not matter to whoever wanted it: it is not their doing. */
export class DatabaseUnreachable extends Error {
  readonly code = 'DATABASE_UNREACHABLE'

  constructor(cause: unknown) {
    const code = codeOf(cause)
    const said = cause instanceof Error ? cause.message : String(cause)
    super(`no connection to PostgreSQL: ${[said, code && `(${code})`].filter(Boolean).join(' ')}`, { cause })
  }
}

/** PostgreSQL has committed, and says that the standby which must have it may not: a failover could lose it. */
export class CommitUnconfirmed extends Error {
  readonly code = 'COMMIT_UNCONFIRMED'

  constructor() {
    super('the wait for the synchronous standby was cancelled: what was written may be lost in a failover')
  }
}

/**
 * True for errors that mean "the database cannot answer now", so that the caller may try again: connection lost or
 * refused, pool exhausted, server shutting down, starting or read-only, row lock not got in time.
 */
export function isUnavailable(error: unknown): boolean {
  if (error instanceof DatabaseBusy || isUnanswered(error)) return true
  return UNAVAILABLE.test(codeOf(error))
}

/** True when PostgreSQL gave no answer at all, so that nobody knows what became of the statement. */
export function isUnanswered(error: unknown): boolean {
  return BROKEN.test(codeOf(error)) || (error instanceof Error && CONNECTION_TROUBLE.test(error.message))
}

/** True when it is certain that a statement changed nothing: it was never sent, or PostgreSQL has rolled it back. */
export function changedNothing(error: unknown): boolean {
  if (error instanceof DatabaseBusy || error instanceof DatabaseUnreachable) return true
  return error instanceof pg.DatabaseError && error.severity === 'ERROR'
}

/** The end of a connection, whoever it led to: it is broken, and nothing else is. */
export function isLostConnection(error: unknown): boolean {
  const said = error instanceof Error ? error.message : ''
  return LOST.test(codeOf(error)) || said.startsWith('Connection terminated')
}

/** A statement that somebody or a timeout ended. */
export function isCancelled(error: unknown): boolean {
  return codeOf(error) === '57014'
}

/** Will it be another answer in a minute? A wrong password, say, will not. */
export function mayPass(error: unknown): boolean {
  return isUnavailable(error) && !LASTING.test(codeOf(rootOf(error)))
}

/**
 * Why the database cannot answer, for whoever has to mend it; the log has PostgreSQL's own words. Names no role, host or
 * database: readiness is read by many.
 */
export function reasonInWords(error: unknown): string {
  const code = codeOf(rootOf(error))
  const words = WORDS.find(([codes]) => codes.test(code))?.[1] ?? 'the database cannot be reached'
  return code ? `${words} (${code})` : words
}

/** What lies behind "no connection", and behind the error that TypeORM makes of every other. */
function rootOf(error: unknown): unknown {
  return error instanceof DatabaseUnreachable ? rootOf(error.cause) : error
}

function codeOf(error: unknown): string {
  return (error instanceof Error && (error as NodeJS.ErrnoException).code) || ''
}

// Appendix A of PostgreSQL's manual. 08 connection, 28 not let in (any more), 3D000 no such database, 53 resources,
// 55P03 lock_timeout, 57 operator intervention, 58030 its disk fails, 25P02/40 retryable, 25006 read-only.
// 23505: two people took one name at the same moment, so the second try sees it taken.
const UNAVAILABLE =
  /^(08...|23505|28...|3D000|53...|55P03|57...|58030|40001|40P01|25006|25P0[234]|DATABASE_UNREACHABLE)$/

const BROKEN =
  /^(ECONNREFUSED|ECONNRESET|ECONNABORTED|EPIPE|ENOENT|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|DATABASE_UNREACHABLE|COMMIT_UNCONFIRMED)$/

// node-postgres gives these no code; the last ones are TypeORM's, when the connection broke inside a transaction.
const CONNECTION_TROUBLE =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Query read timeout|The server does not support|Query runner already released)|Client was closed/

const LOST = /^(08...|57P0[123]|ECONNRESET|ECONNABORTED|EPIPE|ETIMEDOUT|DATABASE_UNREACHABLE)$/

const LASTING = /^(28...|3D000)$/

const WORDS: readonly (readonly [RegExp, string])[] = [
  [
    /^25006$/,
    'PostgreSQL is read-only: its disk may be full, it may be a standby, or somebody has frozen it',
  ],
  [/^28P01$/, 'PostgreSQL refuses the password of the role in DATABASE_URL: wrong password'],
  [/^28...$/, 'PostgreSQL does not let the role in DATABASE_URL in'],
  [/^3D000$/, 'the database in DATABASE_URL does not exist'],
  [/^42501$/, 'the role in DATABASE_URL lacks rights in the database'],
  [/^53300$/, 'PostgreSQL has too many connections already (max_connections)'],
  [/^53100$/, "PostgreSQL's disk is full"],
  [/^53200$/, 'PostgreSQL is out of memory'],
  [/^58030$/, "PostgreSQL's disk fails"],
  [/^55P03$/, 'PostgreSQL does not finish writing in time: is its disk slow, or its standby away'],
  [/^57P03$/, 'PostgreSQL is starting, or shutting down'],
  [/^57P0[125]$/, 'PostgreSQL cut the connection: it is shutting down, or an administrator did'],
  [/^COMMIT_UNCONFIRMED$/, 'PostgreSQL does not wait for its synchronous standby'],
]
