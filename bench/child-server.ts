import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'

export interface Server {
  readonly pid: number
  /** Rejects with the end of the log when the process ends before it was stopped. */
  readonly died: Promise<never>
  /** The first message that the process sends. */
  message<T>(): Promise<T>
  /** SIGTERM; waits for the end, SIGKILL after ten seconds. */
  readonly stop: () => Promise<void>
}

export interface ServerOptions {
  readonly name: string
  /** Arguments to node. */
  readonly args: readonly string[]
  /** All that the process gets besides PATH and HOME, so that nothing of ours changes its defaults. */
  readonly env: Readonly<Record<string, string>>
  /** Its output goes straight to this file: a pipe would cost the load generator time. */
  readonly log: string
}

/** A server in a process of its own. */
export function startServer(options: ServerOptions): Server {
  const log = openSync(options.log, 'a')
  const child = spawn(process.execPath, options.args, {
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...options.env },
    stdio: ['ignore', log, log, 'ipc'],
    // Ctrl-C in a terminal reaches the whole group; the bench itself decides who stops first.
    detached: true,
  })
  closeSync(log)
  const kill = (): void => void child.kill('SIGKILL')
  process.once('exit', kill)
  let stopped = false
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => {
      process.off('exit', kill)
      resolve()
    })
    child.once('error', () => resolve())
  })
  const died = exited.then((): never | Promise<never> => {
    if (stopped) return new Promise<never>(() => undefined)
    throw new Error(`the ${options.name} ended by itself:\n${readFileSync(options.log, 'utf8').slice(-2000)}`)
  })
  died.catch(() => undefined)
  return {
    pid: child.pid ?? 0,
    died,
    message: <T>() =>
      Promise.race([
        died,
        new Promise<T>((resolve) => child.once('message', (message) => resolve(message as T))),
      ]),
    stop: async () => {
      stopped = true
      child.kill('SIGTERM')
      const timer = setTimeout(kill, 10_000)
      await exited
      clearTimeout(timer)
    },
  }
}
