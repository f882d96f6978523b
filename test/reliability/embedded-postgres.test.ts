import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants, readFileSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { Client, type QueryResultRow } from 'pg'
import ts from 'typescript'
import { afterEach, expect, it, vi } from 'vitest'
import {
  startEmbeddedPostgres,
  type EmbeddedPostgres,
} from '../../src/database/embedded/embedded-postgres.js'
import { scratchFolder } from '../kit/scratch.js'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const asRoot = process.getuid?.() === 0
const cleanups: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

it('starts, answers, and listens on nothing but its private socket', async () => {
  const server = await start(await folder())
  expect(await query(server, 'select 1 as one')).toEqual([{ one: 1 }])
  expect(await query(server, 'select current_database() d, current_user u')).toEqual([
    { d: 'tandem', u: 'tandem' },
  ])
  expect(await query(server, 'show listen_addresses')).toEqual([{ listen_addresses: '' }])
})

it('keeps its socket where nobody else may enter', async () => {
  const dataDir = await folder()
  await start(dataDir)
  expect(await readdir(join(dataDir, 'postgres'))).toContain('.s.PGSQL.5432')
  expect((await stat(join(dataDir, 'postgres'))).mode & 0o777).toBe(0o700)
})

it('keeps what was written when it is stopped and started', async () => {
  const dataDir = await folder()
  const first = await start(dataDir)
  await query(first, 'create table note as select 42 as answer')
  await first.stop()
  await first.stop()
  expect(await answer(await start(dataDir))).toBe(42)
})

it('keeps what was written when PostgreSQL is killed', async () => {
  const dataDir = await folder()
  const first = await start(dataDir, { durable: true })
  expect(await query(first, 'show fsync')).toEqual([{ fsync: 'on' }])
  await query(first, 'create table note as select 42 as answer')
  await first.kill()
  expect(await answer(await start(dataDir))).toBe(42)
})

it('refuses a folder that a living server owns, and takes it once that has stopped', async () => {
  const dataDir = await folder()
  const first = await start(dataDir)
  await expect(start(dataDir)).rejects.toThrow(
    `DATA_DIR ${dataDir} is already in use by another Tandem server (process ${process.pid}); ` +
      'stop it or choose another DATA_DIR',
  )
  expect(await query(first, 'select 1 as one')).toEqual([{ one: 1 }])
  await first.stop()
  await start(dataDir)
})

it('lets one of many simultaneous starts win', async () => {
  const dataDir = await folder()
  const starts = await Promise.allSettled([1, 2, 3, 4, 5].map(() => start(dataDir)))
  expect(starts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
})

it('names the process of the owner, and replaces its orphaned PostgreSQL after kill -9', async () => {
  const dataDir = await folder()
  const owner = await startInChild(dataDir)
  await query(owner, 'create table note as select 42 as answer')
  await expect(start(dataDir)).rejects.toThrow(`Tandem server (process ${owner.process.pid ?? ''});`)

  owner.process.kill('SIGKILL')
  await once(owner.process, 'exit')
  expect(isAlive(owner.pid)).toBe(true)

  const next = await start(dataDir)
  expect(isAlive(owner.pid)).toBe(false)
  expect(await answer(next)).toBe(42)
})

/** As containers have it: process ids, network and IPC of its own, so that neither pids nor abstract sockets meet. */
const CONTAINER = ['unshare', '--pid', '--net', '--ipc', '--mount', '--mount-proc', '--fork', '--kill-child']
const [UNSHARE = '', ...NAMESPACES] = CONTAINER
const canUnshare = asRoot && spawnSync(UNSHARE, [...NAMESPACES, 'true']).status === 0
if (!canUnshare)
  console.warn('SKIPPED: no namespaces can be made here, so two containers on one DATA_DIR are not tried')

it.runIf(canUnshare).each([
  ['flock', undefined],
  ['a lease, where flock is missing', 'without flock'],
])(
  'refuses a folder that a server in another container owns (%s), until that is killed',
  { timeout: 120_000 },
  async (_, bare) => {
    const dataDir = await folder()
    const path = bare && (await pathWithout('flock'))
    const owner = await startInChild(dataDir, { wrapper: CONTAINER, path })
    await query(owner, 'create table note as select 42 as answer')
    const touched = async (): Promise<unknown> => [
      await readFile(join(dataDir, 'postgres.log'), 'utf8'),
      (await stat(join(dataDir, 'postgres', 'postmaster.pid'))).mtimeMs,
      (await readdir(dataDir)).sort(),
    ]
    const before = await touched()
    vi.stubEnv('PATH', path ?? process.env['PATH'])
    cleanups.push(() => Promise.resolve(void vi.unstubAllEnvs()))
    await expect(start(dataDir)).rejects.toThrow(
      new RegExp(
        `DATA_DIR ${dataDir} is already in use by another Tandem server ` +
          `\\(process \\d+ on ${hostname()}, since 20[-0-9T:.]+Z\\); stop it or choose another DATA_DIR`,
      ),
    )
    expect(await touched()).toEqual(before)
    expect(await answer(owner)).toBe(42)

    owner.process.kill('SIGKILL')
    await once(owner.process, 'exit')
    // The kernel ends what is in the container a moment after the container's own first process.
    const next = await vi.waitFor(() => start(dataDir), { timeout: 60_000, interval: 100 })
    expect(await answer(next)).toBe(42)
  },
)

it('takes PostgreSQL down with a server that exits by itself', async () => {
  const owner = await startInChild(await folder())
  owner.process.stdin?.end()
  await once(owner.process, 'exit')
  await expect.poll(() => isAlive(owner.pid), { timeout: 5_000 }).toBe(false)
})

it('lets PostgreSQL outlive a Ctrl-C that reaches the whole process group', async () => {
  const owner = await startInChild(await folder())
  const { pid } = owner.process
  if (pid === undefined) throw new Error('no process')
  process.kill(-pid, 'SIGINT') // the child is a group leader and drops the signal
  expect(await query(owner, 'select 1 as one from pg_sleep(0.3)')).toEqual([{ one: 1 }])
})

it('starts over where a first start was cut short', async () => {
  const dataDir = await folder()
  await mkdir(join(dataDir, 'postgres.init-1'))
  await writeFile(join(dataDir, 'postgres.init-1', 'PG_VERSION'), '18\n')
  const server = await start(dataDir)
  expect(await query(server, 'select 1 as one')).toEqual([{ one: 1 }])
  expect((await readdir(dataDir)).sort()).toEqual(['postgres', 'postgres.log', 'server.lock'])
})

it('is not blocked by a lock file whose process number belongs to another program now', async () => {
  const dataDir = await folder()
  const first = await start(dataDir)
  const lock = join(dataDir, 'postgres', 'postmaster.pid')
  const content = await readFile(lock, 'utf8')
  await first.kill()
  const stranger = spawn('sleep', ['60'])
  cleanups.push(() => Promise.resolve(void stranger.kill()))
  const reused = content.replace(/^\d+/, String(stranger.pid))
  await writeFile(lock, reused)
  await writeFile(join(dataDir, 'postgres', '.s.PGSQL.5432.lock'), reused)
  const next = await start(dataDir)
  expect(await query(next, 'select 1 as one')).toEqual([{ one: 1 }])
  expect(stranger.exitCode ?? stranger.signalCode).toBeNull()
})

it('uses a short private folder for the socket of a long path', async () => {
  const dataDir = join(await folder(), 'a, long "path" '.repeat(8))
  const server = await start(dataDir)
  expect(await query(server, 'select 1 as one')).toEqual([{ one: 1 }])
  const sockets = socketFolder(server)
  expect(sockets.startsWith(join(tmpdir(), 'tandem-'))).toBe(true)
  expect((await stat(sockets)).mode & 0o777).toBe(0o700)
  await server.stop()
  await expect(stat(sockets)).rejects.toThrow('ENOENT')
})

it('will not use a socket folder that somebody else prepared', async () => {
  const dataDir = join(await folder(), 'x'.repeat(100))
  const server = await start(dataDir)
  const sockets = socketFolder(server)
  await server.stop()
  const elsewhere = await folder()
  await symlink(elsewhere, sockets)
  cleanups.push(() => rm(sockets))
  await expect(start(dataDir)).rejects.toThrow(`${sockets} is not a private folder`)
})

it('reports the end of the log when PostgreSQL does not start, and lets the folder go', async () => {
  const dataDir = await folder()
  await expect(start(dataDir, { parameters: { shared_buffers: 'plenty' } })).rejects.toThrow(
    /PostgreSQL did not start: .*\n.*invalid value for parameter "shared_buffers": "plenty"/,
  )
  await start(dataDir)
})

it.runIf(asRoot && isWritable('/root'))('works below a folder that only root may enter', async () => {
  const dataDir = await folder('/root')
  const first = await start(dataDir, { durable: true })
  await query(first, 'create table note as select 42 as answer')
  expect(readFileSync(`/proc/${first.pid}/status`, 'utf8')).toMatch(/^Uid:\t65534\t65534/m)
  await first.kill()
  expect(await answer(await start(dataDir))).toBe(42)
})

async function folder(parent?: string): Promise<string> {
  const path = parent ? await mkdtemp(join(parent, 'tandem-test-')) : await scratchFolder('tandem-test-')
  cleanups.push(() => rm(path, { recursive: true, force: true }))
  return path
}

async function start(
  dataDir: string,
  options: { durable?: boolean; parameters?: Record<string, string> } = {},
): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ dataDir, durable: false, ...options })
  cleanups.push(() => server.stop())
  return server
}

async function query(server: { url: string }, sql: string): Promise<QueryResultRow[]> {
  const client = new Client({ connectionString: server.url })
  client.on('error', () => undefined)
  await client.connect()
  try {
    const { rows } = await client.query<QueryResultRow>(sql)
    return rows
  } finally {
    await client.end()
  }
}

async function answer(server: { url: string }): Promise<unknown> {
  const [note] = await query(server, 'select answer from note')
  return note?.['answer']
}

function socketFolder({ url }: EmbeddedPostgres): string {
  return decodeURIComponent(new URL(url).hostname)
}

/** A server in a process of its own, which exits by itself when its stdin ends and drops SIGINT. */
async function startInChild(
  dataDir: string,
  { wrapper = [], path }: { wrapper?: readonly string[]; path?: string | undefined } = {},
): Promise<{ process: ChildProcess; url: string; pid: number }> {
  // Below node_modules, so that the compiled copies find `pg` and the binaries.
  const code = await mkdtemp(join(import.meta.dirname, '../../node_modules/.tandem-test-'))
  cleanups.push(() => rm(code, { recursive: true, force: true }))
  const own = [
    'embedded-postgres',
    'data-dir-owner',
    'folder-in-use',
    'folder-lease',
    'folder-lock',
    'postgres-process',
  ]
  for (const name of [...own.map((one) => `database/embedded/${one}`), 'config/sync-folder']) {
    const source = await readFile(join(import.meta.dirname, '../../src', `${name}.ts`), 'utf8')
    const { outputText } = ts.transpileModule(source, {
      compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 },
    })
    await mkdir(dirname(join(code, name)), { recursive: true })
    await writeFile(join(code, `${name}.js`), outputText)
  }
  await writeFile(join(code, 'package.json'), '{ "type": "module" }')
  await writeFile(
    join(code, 'server.js'),
    `import { startEmbeddedPostgres } from './database/embedded/embedded-postgres.js'
     process.on('SIGINT', () => undefined)
     process.stdin.on('end', () => process.exit()).resume()
     const { url, pid } = await startEmbeddedPostgres({ dataDir: process.argv[2], durable: true })
     console.log(JSON.stringify({ url, pid }))`,
  )
  const [program, ...args] = [...wrapper, process.execPath, join(code, 'server.js'), dataDir]
  const child = spawn(program, args, {
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true,
    env: path === undefined ? process.env : { ...process.env, PATH: path },
  })
  cleanups.push(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.stdin.end()
    await once(child, 'exit')
  })
  const died = once(child, 'exit').then(([code]: unknown[]) => {
    throw new Error(`the server exited with ${String(code)} before it said where it is`)
  })
  died.catch(() => undefined)
  const [line] = (await Promise.race([once(child.stdout, 'data'), died])) as [Buffer]
  const { url, pid } = JSON.parse(line.toString()) as { url: string; pid: number }
  // Its number means nothing outside, and it dies with its container.
  if (wrapper.length > 0) return { process: child, url, pid }
  cleanups.push(async () => {
    if (isAlive(pid)) process.kill(pid, 'SIGQUIT')
    await expect.poll(() => isAlive(pid), { timeout: 5_000 }).toBe(false)
  })
  return { process: child, url, pid }
}

/** Every program of PATH, but one. */
async function pathWithout(missing: string): Promise<string> {
  const programs = await folder()
  await chmod(programs, 0o755)
  for (const place of (process.env['PATH'] ?? '').split(':')) {
    for (const name of await readdir(place).catch(() => [])) {
      if (name !== missing) await symlink(join(place, name), join(programs, name)).catch(() => undefined)
    }
  }
  return programs
}

/** A process that has ended but that nobody has reaped yet is not alive: it has no working folder. */
function isAlive(pid: number): boolean {
  try {
    accessSync(`/proc/${pid}/cwd/`)
    return basename(readFileSync(`/proc/${pid}/comm`, 'utf8').trim()) === 'postgres'
  } catch {
    return false
  }
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK)
    return true
  } catch {
    return false
  }
}
