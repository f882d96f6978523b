import { join } from 'node:path'
import { startServer, type Server } from '../child-server.js'
import { freePort, ready } from '../tandem.js'
import { entry, Rest } from '../tandem-documents.js'

/** A database with its blobs. */
export interface Installation {
  readonly name: 'empty' | 'full'
  readonly databaseUrl: string
  readonly dataDir: string
}

export interface RunningServer {
  readonly port: number
  readonly rest: Rest
  readonly server: Server
  /** From the start of its process until it was ready. */
  readonly startedInMs: number
}

/** Tandem with everything at its default, in a process of its own. */
export async function startOn({ name, databaseUrl, dataDir }: Installation): Promise<RunningServer> {
  const port = await freePort()
  const env = { DATABASE_URL: databaseUrl, DATA_DIR: dataDir, PORT: String(port), LOG_LEVEL: 'info' }
  const began = performance.now()
  const server = startServer({
    name: `Tandem server on the ${name} database`,
    args: [entry('main')],
    env,
    log: join(dataDir, '..', `${name}.log`),
  })
  try {
    await Promise.race([server.died, ready(port)])
  } catch (error) {
    await server.stop()
    throw error
  }
  return { port, rest: new Rest(port, env), server, startedInMs: performance.now() - began }
}
