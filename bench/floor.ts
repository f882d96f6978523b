import { createHash, randomBytes } from 'node:crypto'
import { mkdir, open } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import jwt from 'jsonwebtoken'
import { Client } from 'pg'
import { startServer, type Server } from './child-server.js'
import type { FloorSettings } from './floor-server.js'
import { schema } from './floor-schema.js'
import { stampedBody } from './stamped-body.js'
import type { TandemAnswer } from './tandem.js'
import { lockIdOf, sizes, type Documents, type Seat, type Target } from './target.js'

const secret = randomBytes(32)

/** Fills the database `floor` (empty, on the same PostgreSQL as Tandem's), then starts the floor server on it. */
export async function startFloor(
  workFolder: string,
  databaseUrl: string,
  answers: TandemAnswer & { readonly twoTrips: boolean },
): Promise<{ target: Target; server: Server }> {
  const blobs = join(workFolder, 'floor-blobs')
  await mkdir(blobs)
  const database = new Client({ connectionString: databaseUrl })
  await database.connect()
  const documents = await fill(database, blobs)
  await database.end()
  const settings: FloorSettings = { databaseUrl, blobs, secret: secret.toString('base64'), ...answers }
  const server = startServer({
    name: 'floor server',
    args: [fileURLToPath(new URL('floor-server.js', import.meta.url))],
    env: { FLOOR: JSON.stringify(settings) },
    log: join(workFolder, 'floor.log'),
  })
  const { port } = await server.message<AddressInfo>()
  return { target: { name: 'floor', database: 'floor', port, pid: server.pid, documents }, server }
}

async function fill(database: Client, blobs: string): Promise<Documents> {
  await database.query(schema)
  const folder = async (name: 'small' | 'medium' | 'large'): Promise<Seat[]> => {
    const seats: Seat[] = []
    for (let n = 0; n < sizes[name].count; n++) {
      seats.push(...(await addFile(database, blobs, `${name}${n}`, sizes[name].bytes, ['bench'])))
    }
    return seats
  }
  const people = Array.from({ length: sizes.shared.people }, (_, n) => `editor${n}`)
  return {
    small: await folder('small'),
    medium: await folder('medium'),
    large: await folder('large'),
    shared: await addFile(database, blobs, 'shared', sizes.shared.bytes, people),
  }
}

async function addFile(
  database: Client,
  blobs: string,
  label: string,
  size: number,
  people: readonly string[],
): Promise<Seat[]> {
  const id = randomBytes(16).toString('base64url')
  const blob = randomBytes(16).toString('hex')
  const bytes = stampedBody(size)
  const file = await open(join(blobs, blob), 'wx')
  await file.writeFile(bytes)
  await file.sync()
  await file.close()
  await database.query(
    `insert into file values ($1, $2, 'bench', 1, $3, $4, $5, clock_timestamp(), 'bench', null)`,
    [id, `${label}.docx`, size, createHash('sha256').update(bytes).digest('base64'), blob],
  )
  await database.query(
    `insert into file_version select id, version, blob, size, sha256, owner, modified_at from file where id = $1`,
    [id],
  )
  await database.query(`insert into file_lock (file) values ($1)`, [id])
  const seats: Seat[] = []
  for (const person of people) {
    const jti = randomBytes(16).toString('base64url')
    await database.query(`insert into file_grant values ($1, $2, 'editor')`, [id, person])
    await database.query(`insert into access_token values ($1, $2, $3, null)`, [jti, person, id])
    const token = jwt.sign({ file: id }, secret, {
      algorithm: 'HS256',
      subject: person,
      jwtid: jti,
      expiresIn: '10h',
    })
    seats.push({ path: `/wopi/files/${id}`, token, size, lockId: lockIdOf(label) })
  }
  return seats
}
