import cluster, { type Worker } from 'node:cluster'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import type { Config } from './config/config.js'
import type { Logger } from './logging/logger.js'
import type { Running } from './serve.js'

/** A worker that dies sooner than this after its birth would die again at once. */
const SHORTEST_LIFE_MS = 2000

const CLOSE_DOOR = 'tandem:close-door'
const DOOR_CLOSED = 'tandem:door-closed'
const MAX_CLOSING_MS = 2000

/** `WORKERS=n`: n processes share the port; one that dies is replaced. All their state is in the database and on disk. */
export async function supervise(
  databaseUrl: string,
  { workers, workerIoThreads }: Pick<Config, 'workers' | 'workerIoThreads'>,
  logger: Logger,
): Promise<Running> {
  if (workers > availableParallelism()) logger.warn({ workers }, 'more WORKERS than processor cores')
  let stopping = false
  const born = new Map<number, number>()
  const fork = (): Worker => {
    const worker = cluster.fork({
      DATABASE_URL: databaseUrl,
      DATABASE_MIGRATION_URL: '',
      UV_THREADPOOL_SIZE: String(workerIoThreads),
    })
    // It could not be started, or told something; that it ends is heard as well.
    worker.on('error', (error) => {
      logger.error({ event: 'worker-trouble', error: String(error) }, 'a worker cannot be reached')
    })
    born.set(worker.id, Date.now())
    return worker
  }
  cluster.on('exit', (worker, code, signal) => {
    if (stopping) return
    logger.error({ event: 'worker-died', workerPid: worker.process.pid, code, signal }, 'a worker died')
    const age = Date.now() - (born.get(worker.id) ?? 0)
    setTimeout(() => stopping || fork(), age < SHORTEST_LIFE_MS ? SHORTEST_LIFE_MS : 0)
  })
  await Promise.all(Array.from({ length: workers }, async () => listening(fork())))
  return {
    stop: async () => {
      stopping = true
      const alive = Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined)
      // All doors before the first is told to go: a client that one worker sends away would come to the next, and be cut.
      const closing = Promise.all(alive.map(closesDoor))
      await Promise.race([closing, pause(MAX_CLOSING_MS, undefined, { ref: false })])
      await Promise.all(
        alive.map(async (worker) => {
          const gone = once(worker, 'exit')
          worker.process.kill('SIGTERM')
          await gone
        }),
      )
    },
  }
}

async function closesDoor(worker: Worker): Promise<void> {
  await new Promise<void>((resolve) => {
    worker.on('message', (message) => {
      if (message === DOOR_CLOSED) resolve()
    })
    worker.once('exit', () => {
      resolve()
    })
    worker.send(CLOSE_DOOR, (error) => {
      if (error) resolve()
    })
  })
}

/** The worker's side of it. */
export function obeySupervisor(closeDoor: () => Promise<void>): void {
  process.on('message', (message) => {
    if (message !== CLOSE_DOOR) return
    const tell = (): void => {
      process.send?.(DOOR_CLOSED, () => undefined)
    }
    closeDoor().then(tell, tell)
  })
}

async function listening(worker: Worker): Promise<void> {
  const failed = once(worker, 'exit').then(() => {
    throw new Error('a worker did not start; see its message above')
  })
  await Promise.race([once(worker, 'listening'), failed])
  failed.catch(() => undefined)
}
