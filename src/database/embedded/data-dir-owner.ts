import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { statSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { isCode } from './postgres-process.js'

/**
 * Makes this process the only owner of DATA_DIR: an abstract socket can be bound once, and the kernel frees it
 * when the process dies, however it dies. It answers our process id to whoever connects.
 */
export async function own(dataDir: string, id: string): Promise<() => Promise<void>> {
  const path = `\0tandem-${id}`
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.end(String(process.pid))
    socket.destroySoon()
  })
  // A connection that cannot be accepted is nobody's but its caller's; whoever waits for `listening` hears of the rest.
  server.on('error', () => undefined)
  server.unref()
  for (let attempt = 1; ; attempt++) {
    try {
      // `exclusive`: a worker of node:cluster would share its siblings' socket otherwise.
      server.listen({ path, exclusive: true })
      await once(server, 'listening')
      return () => new Promise((resolve) => server.close(() => resolve()))
    } catch (error) {
      if (!isCode(error, 'EADDRINUSE')) throw error
      const pid = await ownerOf(path)
      if (pid === undefined && attempt < 20) {
        await sleep(50) // it ended in between, most likely
        continue
      }
      throw new Error(
        `DATA_DIR ${dataDir} is already in use by another Tandem server (process ${pid ?? 'unknown'}); ` +
          'stop it or choose another DATA_DIR',
        { cause: error },
      )
    }
  }
}

/** The owner's process id; undefined when it ended meanwhile. A suspended owner cannot answer, but is one. */
async function ownerOf(path: string): Promise<string | undefined> {
  const socket = connect({ path })
  const silence = sleep(5_000, 'unknown', { ref: false })
  const answer = await Promise.race([text(socket).catch(() => ''), silence])
  socket.destroy()
  return answer === '' ? undefined : answer
}

/** By device and inode, so that two paths to one folder (a bind mount) count as one. */
export function identityOf(dataDir: string): string {
  const { dev, ino } = statSync(dataDir, { bigint: true })
  return createHash('sha256').update(`${dev}:${ino}`).digest('hex').slice(0, 24)
}
