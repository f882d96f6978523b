import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { freePort } from './free-port.js'

/** All processes of one installation are one origin to the outside. */
export const PUBLIC_URL = 'http://tandem.test'

export interface TandemProcess {
  readonly url: string
  readonly pid: number
  readonly child: ChildProcess
  /** What it printed so far. */
  output(): string
  /** SIGTERM, and waits for the exit. */
  stop(): Promise<number | null>
  kill9(): Promise<void>
}

export interface TandemProcessOptions {
  readonly databaseUrl?: string
  readonly dataDir: string
  readonly env?: Readonly<Record<string, string>>
  /** Below dist/; a test may start a server of its own making. */
  readonly entry?: string
  readonly port?: number
  /** Where it prints instead, an open file: nothing of it is collected then. */
  readonly prints?: number
}

/** A real server process of the built product. */
export async function startTandemProcess(options: TandemProcessOptions): Promise<TandemProcess> {
  const port = options.port ?? (await freePort())
  const child = spawn(process.execPath, [join(distFolder(), options.entry ?? 'src/main.js')], {
    env: {
      PATH: process.env['PATH'],
      LOG_LEVEL: 'warn',
      PUBLIC_URL,
      ...(options.databaseUrl === undefined ? {} : { DATABASE_URL: options.databaseUrl }),
      ...options.env,
      PORT: String(port),
      DATA_DIR: options.dataDir,
    },
    stdio: ['ignore', options.prints ?? 'pipe', options.prints ?? 'pipe'],
  })
  let printed = ''
  const collect = (chunk: Buffer): void => void (printed = (printed + chunk.toString()).slice(-100_000))
  child.stdout?.on('data', collect)
  child.stderr?.on('data', collect)
  const gone = once(child, 'exit')
  const url = `http://127.0.0.1:${port}`
  await untilReady(url, child, () => printed)
  return {
    url,
    pid: child.pid ?? 0,
    child,
    output: () => printed,
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
      await gone
      return child.exitCode
    },
    kill9: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
      await gone
    },
  }
}

async function untilReady(url: string, child: ChildProcess, printed: () => string): Promise<void> {
  const deadline = Date.now() + 60_000
  while (Date.now() < deadline) {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(`Tandem did not start:\n${printed()}`)
    const answer = await fetch(`${url}/health/live`).catch(() => undefined)
    if (answer?.ok) return
    await pause(50)
  }
  child.kill('SIGKILL')
  throw new Error(`Tandem was not ready within a minute:\n${printed()}`)
}

// From test/kit/ under vitest, from dist/test/kit/ in the long forms.
function distFolder(): string {
  const here = dirname(fileURLToPath(import.meta.url))
  const root = join(here, '..', '..')
  return here.includes(join('dist', 'test', 'kit')) ? root : join(root, 'dist')
}
