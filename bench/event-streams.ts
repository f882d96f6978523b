import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Rest } from './tandem-documents.js'
import type { Documents, Seat } from './target.js'

/** As many as one person may have (`EVENT_STREAMS` in the README), at most. */
const OF_ADMINS = { people: 5, each: 10 }
const OF_EDITORS = 15
const AT_ONCE = 10
const MAX_OPENING_MS = 10_000

/**
 * 200 event streams, as on a busy day: five administrators watch everything, in ten windows each, and each of the ten small
 * documents is watched by fifteen pages. What they are sent is read and thrown away.
 */
export async function streamsOf(
  rest: Rest,
  { small, shared }: Documents,
): Promise<() => Promise<() => void>> {
  const requests: Buffer[] = []
  const add = async (person: string, role: 'user' | 'admin', query: string, times: number): Promise<void> => {
    const text = `GET /api/v1/events${query} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${await rest.bearer(person, role)}\r\n\r\n`
    requests.push(...Array.from({ length: times }, () => Buffer.from(text, 'latin1')))
  }
  for (let n = 0; n < OF_ADMINS.people; n++) await add(`admin${n}`, 'admin', '', OF_ADMINS.each)
  for (const [n, seat] of small.slice(0, shared.length).entries()) {
    const person = `editor${n}`
    await rest.call('bench', 'PUT', `/files/${idOf(seat)}/grants/user:${person}`, { role: 'editor' })
    await add(person, 'user', `?file=${idOf(seat)}`, OF_EDITORS)
  }
  return async () => {
    const sockets: Socket[] = []
    for (let n = 0; n < requests.length; n += AT_ONCE) {
      const some = requests.slice(n, n + AT_ONCE)
      sockets.push(...(await Promise.all(some.map((request) => listenAtLast(rest.port, request)))))
    }
    return () => {
      for (const socket of sockets) socket.destroy()
    }
  }
}

function idOf({ path }: Seat): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

// One for all: nobody looks at what comes.
const rubbish = Buffer.allocUnsafe(256 * 1024)

/** The server may not have noticed yet that those of the slice before are gone: 503 then. */
async function listenAtLast(port: number, request: Buffer): Promise<Socket> {
  for (const deadline = Date.now() + MAX_OPENING_MS; ;) {
    try {
      return await listen(port, request)
    } catch (error) {
      if (Date.now() > deadline) throw error
      await sleep(50)
    }
  }
}

/** @returns once the stream has begun */
function listen(port: number, request: Buffer): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: '127.0.0.1',
      port,
      onread: {
        buffer: rubbish,
        callback: (count: number) => {
          if (hasBegun) return true
          hasBegun = true
          const head = rubbish.toString('latin1', 0, Math.min(count, 200))
          if (head.startsWith('HTTP/1.1 200 ')) resolve(socket)
          else {
            socket.destroy()
            reject(new Error(`no event stream: ${head}`))
          }
          return true
        },
      },
    })
    let hasBegun = false
    socket.on('error', reject)
    socket.write(request)
  })
}
