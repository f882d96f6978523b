/**
 * True for errors that mean "the database cannot answer now", so that the caller may try again: connection lost or
 * refused, pool exhausted, server shutting down or starting, row lock not got in time. PostgreSQL codes: appendix A.
 */
export function isUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { code } = error as NodeJS.ErrnoException
  if (code !== undefined && UNAVAILABLE.test(code)) return true
  return CONNECTION_TROUBLE.test(error.message)
}

// 23505: two people took one name at the same moment, so the second try sees it taken. 08 connection, 53 resources, 55P03 lock_timeout, 57 operator intervention, 25P02/40 retryable, 25006 standby.
const UNAVAILABLE =
  /^(08...|23505|53...|55P03|57...|40001|40P01|25006|25P03|ECONNREFUSED|ECONNRESET|EPIPE|ENOENT|ETIMEDOUT|EHOSTUNREACH|ENOTFOUND)$/

// node-postgres gives these no code.
const CONNECTION_TROUBLE =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Query read timeout|The server does not support)|Client was closed/
