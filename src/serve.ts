import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { createApp } from './app.js'
import type { Settings } from './config/settings.js'
import { pairUp } from './installation/pairing.js'
import { Readiness } from './health/readiness.js'
import type { Logger } from './logging/logger.js'

export interface Running {
  /** Ends gracefully: requests under way are finished first. */
  stop(): Promise<void>
}

/** A save that is still streaming gets this long to finish after SIGTERM (RELIABILITY-SECURITY.md R-19). */
const LONGEST_SHUTDOWN_MS = 120_000

/** Builds the application and listens. @throws WrongPair; when the port is taken */
export async function serve(
  settings: Settings,
  logger: Logger,
): Promise<Running & { readonly port: number }> {
  // Before anything listens, and before anything that deletes is made.
  await pairUp(settings)
  const app = await createApp(settings, logger)
  const server = app.getHttpServer() as Server
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  await app.listen(settings.port, settings.host)
  const address = server.address()
  return {
    port: typeof address === 'object' && address ? address.port : settings.port,
    stop: async () => {
      app.get(Readiness).drain()
      // close() waits for connections that are merely kept alive; nobody else would end them.
      const idle = setInterval(() => {
        server.closeIdleConnections()
        // Node counts one that was opened in advance, and has never said a word, among the busy ones.
        for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy()
      }, 50)
      const overdue = setTimeout(() => {
        server.closeAllConnections()
      }, LONGEST_SHUTDOWN_MS)
      await app.close()
      clearInterval(idle)
      clearTimeout(overdue)
    },
  }
}
