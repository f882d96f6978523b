import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { lchown, lstat, mkdir, open, readdir, readFile, realpath, rename, rm } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ChildProcess } from 'node:child_process'
import { Client } from 'pg'
import { identityOf, own } from './data-dir-owner.js'
import { FOLDER_LOST } from './folder-lease.js'
import { lockFolder } from './folder-lock.js'
import {
  findLaunch,
  isCode,
  launch,
  locateBinaries,
  removeMisleadingLock,
  run,
  settleOwner,
  stopProcesses,
  type Launch,
  type Owner,
  type PostgresBinaries,
} from './postgres-process.js'
import { syncFolder } from '../../config/sync-folder.js'

/** A PostgreSQL server of our own, whose cluster lives under DATA_DIR. */
export interface EmbeddedPostgres {
  /** Connection string for `pg`: superuser and database `tandem`, over a unix socket only we may reach. */
  readonly url: string
  /** Process id of the postmaster. */
  readonly pid: number
  /** Fast shutdown: ends open transactions, waits for the exit, releases DATA_DIR. May be called twice. */
  stop(): Promise<void>
  /** SIGKILLs the postmaster as a crash would, waits until all its processes are gone, releases DATA_DIR. */
  kill(): Promise<void>
}

export interface EmbeddedPostgresOptions {
  /** The server's DATA_DIR; created if absent. The cluster lives in `postgres`, its log is `postgres.log`. */
  readonly dataDir: string
  /** `false` only in tests: a power cut may then corrupt the cluster. */
  readonly durable: boolean
  /** More settings (`-c name=value`); they win over ours. */
  readonly parameters?: Readonly<Record<string, string>>
}

const SETTINGS = {
  cluster_name: 'tandem',
  listen_addresses: '',
  port: '5432',
  shared_buffers: '128MB',
  max_connections: '100',
  max_wal_size: '1GB',
  timezone: 'UTC',
  log_timezone: 'UTC',
  logging_collector: 'off',
}
const READY_SECONDS = 60

/**
 * Starts PostgreSQL on `dataDir/postgres`, initialising it at first, and waits until it answers. Clears away
 * what an earlier, killed server left behind.
 *
 * @throws Error with one plain sentence if another living Tandem server owns `dataDir`, or if PostgreSQL does
 *   not start (with the end of its log).
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  await mkdir(options.dataDir, { recursive: true })
  const dataDir = await realpath(options.dataDir)
  const id = identityOf(dataDir)
  const release = await takeFolder(options.dataDir, id)
  try {
    const binaries = await locateBinaries()
    const cluster = await prepare(dataDir, id, binaries, options.durable)
    return await serve(cluster, binaries, options, release)
  } catch (error) {
    await release()
    throw error
  }
}

/**
 * The socket tells servers on this machine apart at once, those of earlier releases too, which know no lock; the lock
 * holds across containers and machines.
 */
async function takeFolder(dataDir: string, id: string): Promise<() => Promise<void>> {
  const leave = await own(dataDir, id)
  try {
    const unlock = await lockFolder(dataDir)
    return async () => {
      await unlock()
      await leave()
    }
  } catch (error) {
    await leave()
    throw error
  }
}

/** A cluster that is ready to be started, and nobody else's. */
interface Cluster {
  readonly folder: string
  /** Where its unix socket is. */
  readonly sockets: string
  readonly how: Launch
}

async function prepare(
  dataDir: string,
  id: string,
  binaries: PostgresBinaries,
  durable: boolean,
): Promise<Cluster> {
  const folder = join(dataDir, 'postgres')
  await removeUnfinished(dataDir)
  if (existsSync(folder)) await settleOwner(folder) // only its user may look inside
  const initialised = existsSync(join(folder, 'PG_VERSION'))
  // initdb works beside the final place, so that a kill in the middle leaves nothing that looks like a cluster.
  const place = initialised ? folder : join(dataDir, `postgres.init-${process.pid}`)
  if (!initialised) await mkdir(place, { mode: 0o700 })
  const owner = await settleOwner(place)
  const sockets = fits(folder) ? folder : await shortFolder(id, owner)
  const how = await findLaunch(owner, binaries, sockets === folder ? [place] : [place, sockets])

  if (initialised) {
    await stopProcesses(folder) // a server that was killed leaves its PostgreSQL running
    await removeMisleadingLock(join(folder, 'postmaster.pid'))
  } else {
    await initialise(how, binaries, place, durable)
    await rename(place, folder)
    if (durable) await syncFolder(dataDir)
  }
  await removeMisleadingLock(`${socketIn(sockets)}.lock`)
  return { folder, sockets, how }
}

/** Removes what initdb left when the server was killed in the middle; an orphaned initdb may still write there. */
async function removeUnfinished(dataDir: string): Promise<void> {
  for (const name of await readdir(dataDir)) {
    if (!name.startsWith('postgres.init-')) continue
    await rm(join(dataDir, name), { recursive: true, force: true, maxRetries: 20, retryDelay: 20 })
  }
}

async function initialise(
  how: Launch,
  { initdb }: PostgresBinaries,
  place: string,
  durable: boolean,
): Promise<void> {
  try {
    userInfo()
  } catch (cause) {
    const who = `user id ${process.geteuid?.() ?? 0}, which has no account on this machine`
    throw new Error(`initdb refuses to work for ${who}; start Tandem as one that has, or set DATABASE_URL`, {
      cause,
    })
  }
  const format = ['--username=tandem', '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-instructions']
  await run(how, initdb, ['-D', place, ...format, ...(durable ? [] : ['--no-sync'])])
}

function socketIn(sockets: string): string {
  return join(sockets, `.s.PGSQL.${SETTINGS.port}`)
}

/** The kernel takes socket paths of 107 bytes; some room is left. */
function fits(sockets: string): boolean {
  return Buffer.byteLength(socketIn(sockets)) <= 100
}

async function shortFolder(id: string, { uid, gid }: Owner): Promise<string> {
  const path = join(fits(tmpdir() + `/tandem-${id}`) ? tmpdir() : '/tmp', `tandem-${id}`)
  await mkdir(path, { mode: 0o700 }).catch((error: unknown) => {
    if (!isCode(error, 'EEXIST')) throw error
  })
  const found = await lstat(path)
  // The name can be foreseen, and everyone may create it: whoever owns the folder could answer in our place.
  const isOurs =
    found.isDirectory() && (found.mode & 0o077) === 0 && [uid, process.geteuid?.()].includes(found.uid)
  if (!isOurs) throw new Error(`${path} is not a private folder of user id ${uid}; remove it`)
  await lchown(path, uid, gid)
  return path
}

async function serve(
  { folder, sockets, how }: Cluster,
  binaries: PostgresBinaries,
  options: EmbeddedPostgresOptions,
  release: () => Promise<void>,
): Promise<EmbeddedPostgres> {
  const args = ['-D', folder, ...settings(options, sockets)]
  const log = await openLog(join(folder, '../postgres.log'))
  // Detached: Ctrl-C signals the terminal's whole process group, and PostgreSQL must outlive the draining server.
  const child = launch(how, binaries.postgres, args, { stdio: ['ignore', log.fd, log.fd], detached: true })
  const ended = once(child, 'exit').catch(() => undefined)
  // It cannot be signalled (any more): whoever waits for its end finds out.
  child.on('error', () => undefined)
  // Another server has the folder: no last checkpoint over what that one wrote.
  const interrupt = (code: number): boolean => child.kill(code === FOLDER_LOST ? 'SIGQUIT' : 'SIGINT')
  process.on('exit', interrupt)
  child.unref()
  await log.close()

  const end = async (signal: 'SIGINT' | 'SIGKILL'): Promise<void> => {
    child.ref()
    child.kill(signal)
    await stopProcesses(folder)
    await ended
    process.off('exit', interrupt)
    if (sockets !== folder) await rm(sockets, { recursive: true, force: true })
    await release()
  }
  let ending: Promise<void> | undefined
  const stop = (): Promise<void> => (ending ??= end('SIGINT'))
  const kill = (): Promise<void> => (ending ??= end('SIGKILL'))
  try {
    const pid = await createDatabase(child, sockets)
    return { url: urlOf(sockets, 'tandem'), pid, stop, kill }
  } catch (cause) {
    await stop()
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new Error(`PostgreSQL did not start: ${why}\n${await log.tail()}`, { cause })
  }
}

function settings({ durable, parameters }: EmbeddedPostgresOptions, sockets: string): string[] {
  const safe = durable ? 'on' : 'off'
  const all = {
    ...SETTINGS,
    fsync: safe,
    full_page_writes: safe,
    synchronous_commit: safe,
    // A list of quoted names to PostgreSQL, so that a comma or a blank in the path divides nothing.
    unix_socket_directories: `"${sockets.replaceAll('"', '""')}"`,
    ...parameters,
  }
  return Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])
}

/** Opens PostgreSQL's log for appending; `tail` reads the last lines of what was written since. */
async function openLog(
  path: string,
): Promise<{ fd: number; close: () => Promise<void>; tail: () => Promise<string> }> {
  const file = await open(path, 'a', 0o600)
  const { size } = await file.stat()
  return {
    fd: file.fd,
    close: () => file.close(),
    tail: async () =>
      (await readFile(path)).subarray(size).toString().trim().split('\n').slice(-10).join('\n'),
  }
}

/** Waits until the server answers, and creates the database at its first start. Returns the postmaster's id. */
async function createDatabase(child: ChildProcess, sockets: string): Promise<number> {
  const client = await connectTo(child, urlOf(sockets, 'postgres'))
  try {
    const { rowCount } = await client.query(`select from pg_database where datname = 'tandem'`)
    if (rowCount === 0) await client.query('create database tandem')
  } finally {
    await client.end()
  }
  if (child.pid === undefined) throw new Error('it has no process')
  return child.pid
}

async function connectTo(child: ChildProcess, url: string): Promise<Client> {
  const deadline = Date.now() + READY_SECONDS * 1000
  for (;;) {
    const client = new Client({ connectionString: url, ssl: false, connectionTimeoutMillis: 5_000 })
    client.on('error', () => undefined) // the failing call reports it as well
    try {
      await client.connect()
      return client
    } catch (error) {
      void client.end().catch(() => undefined)
      const isRunning = child.pid !== undefined && child.exitCode === null && child.signalCode === null
      if (!isRunning) throw new Error('it ended at once', { cause: error })
      if (Date.now() > deadline) throw error
      await sleep(25)
    }
  }
}

/** The folder takes the host's place, so that a reader who drops parameters cannot end up at some TCP server. */
function urlOf(sockets: string, database: string): string {
  return `postgres://tandem@${encodeURIComponent(sockets)}:${SETTINGS.port}/${database}`
}
