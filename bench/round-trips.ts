import type { Client } from 'pg'
import { Connection } from './connection.js'
import { checkFileInfo, getFile, lockOperation, putFile, type WireRequest } from './request.js'
import type { Target } from './target.js'

/** Statements that the server sent to PostgreSQL for one call, on average. */
export interface RoundTrips {
  readonly operation: string
  readonly perCall: number
  /** How many it may be; undefined: reported only. */
  readonly most: number | undefined
  /** What the notes on who edits may add to it: they are written together, four times a second. */
  readonly background: number
}

const calls = 200

/**
 * Counts them where they arrive, with pg_stat_statements: BEGIN and COMMIT count like any other. What the server does
 * in the background meanwhile is counted too, hence the hundredths.
 * @param database an administrator's connection to a database that has the extension
 */
export async function countRoundTrips(target: Target, database: Client): Promise<RoundTrips[]> {
  const seat = target.documents.small[0]
  if (!seat) return []
  const operations = [
    { operation: 'CheckFileInfo', most: 2, next: always(checkFileInfo(seat)) },
    { operation: 'GetFile', most: 2, next: always(getFile(seat)) },
    { operation: 'Lock', most: 2, next: always(lockOperation(seat, 'LOCK')) },
    { operation: 'RefreshLock', most: 2, next: always(lockOperation(seat, 'REFRESH_LOCK')) },
    { operation: 'PutFile', most: 2, background: 0.5, next: putFile(seat) },
  ]
  const counted: RoundTrips[] = []
  const connection = await Connection.open(target.port)
  for (const { operation, most, background = 0.1, next } of operations) {
    await connection.send(next())
    await database.query('select pg_stat_statements_reset()')
    for (let call = 0; call < calls; call++) await connection.send(next())
    const { rows } = await database.query<{ calls: string }>(
      `select coalesce(sum(s.calls), 0) as calls
       from pg_stat_statements s join pg_database d on d.oid = s.dbid where d.datname = $1`,
      [target.database],
    )
    // One call needs one statement at least: less means that we looked at the wrong database.
    if (Number(rows[0]?.calls) < calls) throw new Error(`too few statements counted for ${operation}`)
    counted.push({ operation, perCall: Number(rows[0]?.calls) / calls, most, background })
  }
  await connection.send(lockOperation(seat, 'UNLOCK'))
  connection.close()
  return counted
}

function always(request: WireRequest): () => WireRequest {
  return () => request
}
