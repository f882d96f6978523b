import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { connect } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { request } from 'undici'
import { lastLine } from './bearer-token.js'

const run = promisify(execFile)
const rememberedLines = 40
const longestStartSeconds = 180

/** The server under demonstration: a child process of this one, with the same environment. */
export class DemoServer {
  readonly url: string
  readonly exited: Promise<void>
  readonly #port: string
  #running = true
  #output: string[] = []

  private constructor(
    port: number,
    private readonly child: ChildProcess,
  ) {
    this.#port = String(port)
    this.url = `http://localhost:${port}`
    this.exited = new Promise((resolve) => {
      const end = (): void => {
        this.#running = false
        resolve()
      }
      child.once('error', (error) => {
        this.#remember(error.message)
        end()
      })
      child.once('exit', end)
    })
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => this.#remember(text))
    }
  }

  static start(port: number, editors: string): DemoServer {
    const child = spawn(process.execPath, [entry('main.js')], {
      env: { ...process.env, PORT: String(port), EDITORS: editors },
      stdio: ['ignore', 'pipe', 'pipe'],
      // Ctrl-C is for us alone: the server stays until the editor has saved what people typed.
      detached: true,
    })
    return new DemoServer(port, child)
  }

  get running(): boolean {
    return this.#running
  }

  /** What the server printed last. */
  get lastOutput(): string {
    return this.#output.join('\n')
  }

  /** Waits until the server says that it is ready; calls `still` every few seconds until then. */
  async ready(still: (seconds: number) => void): Promise<void> {
    const startedAt = Date.now()
    for (let polls = 1; this.#running; polls += 1) {
      if (await this.#answersReady()) return
      await Promise.race([pause(250), this.exited])
      const seconds = Math.round((Date.now() - startedAt) / 1000)
      if (polls % 16 === 0) still(seconds)
      if (seconds > longestStartSeconds) throw new Error(`Tandem is not ready after ${seconds} seconds`)
    }
    throw new Error('Tandem did not start')
  }

  bearer(user: string, role: 'admin' | 'user' = 'user'): Promise<string> {
    return this.#token(user, '--role', role)
  }

  /** An address that signs one browser in, once. */
  signInLink(user: string): Promise<string> {
    return this.#token(user, '--link')
  }

  /** Lets the server finish what is under way. */
  async stop(): Promise<void> {
    if (this.#running) this.child.kill('SIGTERM')
    await this.exited
  }

  async #token(...args: string[]): Promise<string> {
    const env = { ...process.env, PORT: this.#port }
    const { stdout } = await run(process.execPath, [entry('token.js'), ...args], { env })
    return lastLine(stdout)
  }

  async #answersReady(): Promise<boolean> {
    try {
      const { statusCode, body } = await request(`${this.url}/health/ready`, { headersTimeout: 5000 })
      await body.dump()
      return statusCode === 200
    } catch {
      return false
    }
  }

  #remember(text: string): void {
    this.#output = [...this.#output, ...text.trimEnd().split('\n')].slice(-rememberedLines)
  }
}

/** Throws when the port is taken: the answers of somebody else's server must not be taken for ours. */
export async function freePort(given: string): Promise<number> {
  const port = Number(given)
  if (!Number.isInteger(port) || port < 1 || port > 65535)
    throw new Error('PORT must be a number from 1 to 65535')
  if (!(await isTaken(port))) return port
  throw new Error(
    `Port ${port} is in use. Stop the program that uses it, or choose another: PORT=8081 npm run demo`,
  )
}

function entry(name: string): string {
  return fileURLToPath(new URL(`../src/${name}`, import.meta.url))
}

function isTaken(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: 'localhost' })
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
