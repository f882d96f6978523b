import type { Server } from 'node:http'
import { createApp } from './app.js'
import type { Settings } from './config/settings.js'
import { pairUp } from './installation/pairing.js'
import { Readiness } from './health/readiness.js'
import type { FastExpressAdapter } from './http/fast-express.adapter.js'
import { hearErrors } from './http/heard-errors.js'
import type { Logger } from './logging/logger.js'

export interface Running {
  /** Ends gracefully: requests under way are finished first. */
  stop(): Promise<void>
}

export interface Served extends Running {
  readonly port: number
  /** Nobody new is let in any more; whoever is connected is served as before. */
  closeDoor(): Promise<void>
}

/** A save that is still streaming gets this long to finish after SIGTERM (RELIABILITY-SECURITY.md R-19). */
const MAX_SHUTDOWN_MS = 120_000

/** Builds the application and listens. @throws WrongPair; when the port is taken */
export async function serve(settings: Settings, logger: Logger): Promise<Served> {
  // Before anything listens, and before anything that deletes is made.
  await pairUp(settings)
  const app = await createApp(settings, logger)
  const server = app.getHttpServer() as Server
  const adapter = app.getHttpAdapter() as unknown as FastExpressAdapter
  hearErrors(server, (error) => {
    logger.error({ event: 'http-server-trouble', error: String(error) }, 'a connection could not be accepted')
  })
  await app.listen(settings.port, settings.host)
  const address = server.address()
  return {
    port: typeof address === 'object' && address ? address.port : settings.port,
    closeDoor: () => adapter.closeDoor(),
    stop: async () => {
      app.get(Readiness).drain()
      const overdue = setTimeout(() => {
        server.closeAllConnections()
      }, MAX_SHUTDOWN_MS)
      await Promise.all([adapter.close(), app.close()])
      clearTimeout(overdue)
    },
  }
}
