/**
 * The floor: the least that a WOPI host in Node can honestly do, as a yardstick. Bare node:http and pg; every token,
 * right and lock is asked for live, every save is on disk before its 200. No proof keys, names, audit, recovery,
 * logs, limits or errors worth reading. Started by bench.ts as a process of its own.
 */
import { createSecretKey } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import jwt from 'jsonwebtoken'
import { Pool } from 'pg'
import { receive, sendBlob } from './floor-blobs.js'
import {
  access,
  coauthTableVersion,
  getCoauthLock,
  lockStatements,
  save,
  type AccessRow,
  type Statement,
} from './floor-schema.js'

/** Handed over in the environment variable FLOOR, as JSON. */
export interface FloorSettings {
  readonly databaseUrl: string
  readonly blobs: string
  /** base64 */
  readonly secret: string
  /** CheckFileInfo properties that are the same in every answer, so that both servers send as many bytes. */
  readonly properties: Readonly<Record<string, unknown>>
  /** Headers on every answer, names and values in turn, for the same reason. */
  readonly headers: readonly string[]
  /** Ask for the right before a lock operation, though its statement asks as well: for comparison only. */
  readonly twoTrips: boolean
}

const settings = JSON.parse(process.env['FLOOR'] ?? '{}') as FloorSettings
const pool = new Pool({ connectionString: settings.databaseUrl, max: 10 })
const key = createSecretKey(Buffer.from(settings.secret, 'base64'))

const server = createServer((req, res) => {
  answer(req, res).catch((error: unknown) => {
    process.stderr.write(`${String(error)}\n`)
    if (res.headersSent) res.destroy()
    else send(res, 500, [])
  })
})
server.listen(0, '127.0.0.1', () => process.send?.(server.address()))
process.on('disconnect', () => process.exit())

async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
  const [, id, contents, token] =
    /^\/wopi\/files\/([\w-]+)(\/contents)?\?access_token=([\w.-]+)$/.exec(req.url ?? '') ?? []
  const jti = id && token ? jtiOf(token, id) : undefined
  if (!id || !jti) {
    send(res, 401, [])
    return
  }
  if (contents) return req.method === 'GET' ? getFile(res, id, jti) : putFile(req, res, id, jti)
  return req.method === 'GET' ? checkFileInfo(res, id, jti) : changeLock(req, res, id, jti)
}

function jtiOf(token: string, fileId: string): string | undefined {
  try {
    const claims = jwt.verify(token, key, { algorithms: ['HS256'] })
    return typeof claims === 'object' && claims['file'] === fileId ? claims.jti : undefined
  } catch {
    return undefined
  }
}

async function ask<Row extends object>(
  statement: Statement,
  values: readonly unknown[],
): Promise<Row | undefined> {
  const { rows } = await pool.query<Row>({ name: statement.name, text: statement.text, values: [...values] })
  return rows[0]
}

async function checkFileInfo(res: ServerResponse, id: string, jti: string): Promise<void> {
  const row = await ask<AccessRow>(access, [jti, id])
  if (!row) {
    send(res, 404, [])
    return
  }
  const mayWrite = row.role !== 'viewer'
  const body = JSON.stringify({
    ...settings.properties,
    BaseFileName: row.name,
    OwnerId: row.owner,
    UserId: row.subject,
    Size: Number(row.size),
    Version: row.version,
    SHA256: row.sha256,
    LastModifiedTime: row.modified_at.toISOString(),
    UserCanWrite: mayWrite,
    ReadOnly: !mayWrite,
  })
  const headers = [
    'Content-Type',
    'application/json; charset=utf-8',
    'Content-Length',
    String(Buffer.byteLength(body)),
  ]
  send(res, 200, headers, body)
}

async function getFile(res: ServerResponse, id: string, jti: string): Promise<void> {
  const row = await ask<AccessRow>(access, [jti, id])
  if (!row) {
    send(res, 404, [])
    return
  }
  const headers = ['Content-Type', 'application/octet-stream', 'X-WOPI-ItemVersion', row.version]
  res.writeHead(200, [...settings.headers, ...headers, 'Content-Length', row.size])
  await sendBlob(res, join(settings.blobs, row.blob), Number(row.size))
}

async function changeLock(req: IncomingMessage, res: ServerResponse, id: string, jti: string): Promise<void> {
  const lockId = req.headers['x-wopi-lock']
  if (String(req.headers['x-wopi-override']).includes('COAUTH')) return coauth(req, res, id, jti)
  const statement = lockStatements[String(req.headers['x-wopi-override'])]
  if (!statement) {
    send(res, 501, [])
    return
  }
  if (settings.twoTrips && !(await ask<AccessRow>(access, [jti, id]))) {
    send(res, 404, [])
    return
  }
  const moved = await ask<{ version: string }>(statement, [jti, id, lockId])
  if (moved) {
    send(res, 200, ['X-WOPI-ItemVersion', moved.version, 'Content-Length', '0'])
    return
  }
  return refuse(res, id, jti)
}

/** As far as the bench goes: a lock without a conflict, and a table that the caller knows. */
async function coauth(
  { headers }: IncomingMessage,
  res: ServerResponse,
  id: string,
  jti: string,
): Promise<void> {
  const lockId = headers['x-wopi-coauthlockid']
  const taken =
    lockId === undefined ||
    (await ask(getCoauthLock, [
      jti,
      id,
      lockId,
      headers['x-wopi-coauthlocktype'],
      headers['x-wopi-coauthlockexpirationtimeout'],
    ]))
  const table = taken && (await ask<{ version: string }>(coauthTableVersion, [jti, id]))
  if (!table) return refuse(res, id, jti)
  const isKnown = lockId !== undefined || table.version === headers['x-wopi-coauthtableversion']
  send(res, isKnown ? 200 : 501, ['X-WOPI-CoauthTableVersion', table.version, 'Content-Length', '0'])
}

async function putFile(req: IncomingMessage, res: ServerResponse, id: string, jti: string): Promise<void> {
  const lockId = req.headers['x-wopi-lock']
  const row = await ask<AccessRow>(access, [jti, id])
  if (!row || row.role === 'viewer' || row.live_lock !== lockId) return refuse(res, id, jti)
  const { blob, size, sha256 } = await receive(req, settings.blobs)
  const saved = await ask<{ version: string }>(save, [jti, id, lockId, blob, size, sha256])
  if (!saved) return refuse(res, id, jti)
  send(res, 200, ['X-WOPI-ItemVersion', saved.version, 'Content-Length', '0'])
}

/** Tells why nothing was changed. */
async function refuse(res: ServerResponse, id: string, jti: string): Promise<void> {
  const row = await ask<AccessRow>(access, [jti, id])
  if (!row || row.role === 'viewer') {
    send(res, 404, [])
    return
  }
  send(res, 409, ['X-WOPI-Lock', row.live_lock, 'Content-Length', '0'])
}

function send(res: ServerResponse, status: number, headers: readonly string[], body?: string): void {
  res.writeHead(status, [...settings.headers, ...headers])
  res.end(body)
}
