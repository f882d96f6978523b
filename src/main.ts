import cluster from 'node:cluster'
import { readConfig, type Config, type TokenSecret } from './config/config.js'
import { loadTokenSecrets } from './config/token-secrets.js'
import { openDatabase } from './database/open-database.js'
import { patiently, waitNoMore } from './database/patience.js'
import { isLostConnection } from './database/unavailable.js'
import { pairUp, requirePair } from './installation/pairing.js'
import { Logger } from './logging/logger.js'
import { SIGN_IN_MINUTES, signInLink } from './auth/sign-in-link.js'
import { prepareDatabase } from './prepare-database.js'
import type { Running, Served } from './serve.js'
import { obeySupervisor, supervise } from './supervise.js'

async function main(): Promise<void> {
  const config = readConfig(process.env)
  // It is for the person at the terminal, who may have gone.
  process.stderr.on('error', () => undefined)
  const logger = new Logger(config.logLevel)
  exitOnUncaughtError(logger)
  // A worker is told the database by its supervisor; the supervisor alone starts and migrates it.
  const starting = cluster.isWorker ? work(config, logger) : start(config, logger)
  const isStopping = stopOnSignal(starting, logger)
  await starting.catch((error: unknown) => {
    if (!isStopping()) throw error
  })
}

async function work(config: Config, logger: Logger): Promise<Running> {
  const served = await serveAt(config, config.databaseUrl ?? '', await loadTokenSecrets(config), logger)
  obeySupervisor(() => served.closeDoor())
  return served
}

async function start(config: Config, logger: Logger): Promise<Running> {
  // Before anything else is under DATA_DIR: a folder that was in use and has lost its key must not get a new one.
  const tokenSecrets = await loadTokenSecrets(config)
  const database = await openDatabase(config)
  try {
    const roles = await patiently(
      async () => {
        // Before it is migrated: it may be another Tandem's.
        await requirePair({ databaseUrl: database.ownerUrl ?? database.url, dataDir: config.dataDir })
        return prepareDatabase(database, config)
      },
      (reason) => {
        logger.warn({ event: 'database-awaited', reason }, 'waiting for the database')
      },
    )
    if (roles === 'one role') {
      const message = 'the audit is protected by its trigger only: set DATABASE_MIGRATION_URL'
      logger.warn({ event: 'one-database-role' }, message)
    }
    // Here too, so that one process says why, and not every worker.
    await pairUp({ databaseUrl: database.url, dataDir: config.dataDir })
    const running =
      config.workers > 1
        ? await supervise(database.url, config, logger)
        : await serveAt(config, database.url, tokenSecrets, logger)
    logger.info(
      { event: 'started', url: config.publicUrl, workers: config.workers },
      `Tandem listens on ${config.publicUrl}`,
    )
    if (!config.oidc) printSignInLink(config, tokenSecrets)
    return {
      stop: async () => {
        try {
          await running.stop()
        } finally {
          await database.close()
        }
      },
    }
  } catch (error) {
    await database.close()
    throw error
  }
}

/** Not into the log, which is kept and shipped: this is for the person at the terminal. */
function printSignInLink({ publicUrl }: Config, tokenSecrets: readonly TokenSecret[]): void {
  const link = signInLink(publicUrl, tokenSecrets, 'root', 'admin')
  process.stderr.write(
    `Sign in as the administrator root: once, in the next ${SIGN_IN_MINUTES} minutes, at\n  ${link}\n` +
      `Others, and root later: npm run token -- USER --link\n`,
  )
}

/** Loads the application only here: a supervisor, and a start that is refused, need no part of it. */
async function serveAt(
  config: Config,
  databaseUrl: string,
  tokenSecrets: readonly TokenSecret[],
  logger: Logger,
): Promise<Served> {
  const { serve } = await import('./serve.js')
  return serve({ ...config, databaseUrl, tokenSecrets }, logger)
}

/** From the first moment: a signal that ended a server while it starts would leave its PostgreSQL and workers behind. */
function stopOnSignal(starting: Promise<Running>, logger: Logger): () => boolean {
  let stopping = false
  const stop = (signal: NodeJS.Signals): void => {
    if (stopping) return
    stopping = true
    logger.info({ event: 'stopping', signal }, 'finishing what is under way')
    waitNoMore()
    starting
      .then(
        (running) => running.stop(),
        // It had nothing under way yet.
        () => undefined,
      )
      .then(
        () => process.exit(0),
        (error: unknown) => {
          logger.error({ error: String(error) }, 'could not stop cleanly')
          process.exit(1)
        },
      )
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  return () => stopping
}

// State after an unexpected throw is unknown; every acknowledged save is on disk, and the orchestrator starts us again.
// A connection that broke without anybody listening is no such throw: it has ended, and whoever used it was told so.
function exitOnUncaughtError(logger: Logger): void {
  const die = (error: unknown): void => {
    if (isLostConnection(error)) {
      const stack = error instanceof Error ? error.stack : undefined
      logger.error({ event: 'unheard-error', stack }, 'a connection broke, and nobody was told')
      return
    }
    logger.error(
      { event: 'crashed', stack: error instanceof Error ? error.stack : String(error) },
      'Tandem stops: a bug',
    )
    process.exit(1)
  }
  process.on('uncaughtException', die)
  process.on('unhandledRejection', die)
}

await main().catch((error: unknown) => {
  const message = error instanceof Error ? error.message : String(error)
  process.stderr.write(`Tandem did not start: ${message}\n`)
  const curious = ['debug', 'trace'].includes(process.env['LOG_LEVEL'] ?? '')
  if (curious && error instanceof Error && error.stack) process.stderr.write(`${error.stack}\n`)
  process.exit(1)
})
