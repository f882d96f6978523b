/** The caller waited too long for others to be served. */
export class DatabaseBusy extends Error {
  constructor() {
    super('too many calls wait for the same file')
  }
}

/**
 * True for errors that mean "the database cannot answer now", so that the caller may try again: connection lost or
 * refused, pool exhausted, server shutting down or starting, row lock not got in time. PostgreSQL codes: appendix A.
 */
export function isUnavailable(error: unknown): boolean {
  if (error instanceof DatabaseBusy || isUnanswered(error)) return true
  return UNAVAILABLE.test(codeOf(error))
}

/** True when PostgreSQL gave no answer at all, so that nobody knows what became of the statement. */
export function isUnanswered(error: unknown): boolean {
  return BROKEN.test(codeOf(error)) || (error instanceof Error && CONNECTION_TROUBLE.test(error.message))
}

function codeOf(error: unknown): string {
  return (error instanceof Error && (error as NodeJS.ErrnoException).code) || ''
}

// 23505: two people took one name at the same moment, so the second try sees it taken. 08 connection, 53 resources, 55P03 lock_timeout, 57 operator intervention, 25P02/40 retryable, 25006 standby.
const UNAVAILABLE = /^(08...|23505|53...|55P03|57...|40001|40P01|25006|25P03)$/

const BROKEN = /^(ECONNREFUSED|ECONNRESET|EPIPE|ENOENT|ETIMEDOUT|EHOSTUNREACH|ENOTFOUND)$/

// node-postgres gives these no code; the last one is TypeORM's, when the connection broke inside a transaction.
const CONNECTION_TROUBLE =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Query read timeout|The server does not support|Query runner already released)|Client was closed/
