import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import type { TandemProcess } from '../kit/tandem-process.js'
import type { Random } from '../linearizability/random.js'

/**
 * The system calls of saving and reading (making a blob, its bytes, both fsyncs, talking to PostgreSQL and to clients,
 * waiting), each with the most that one thread may make before it is struck.
 */
export const POINTS = {
  openat: 8,
  write: 20,
  fsync: 6,
  close: 8,
  pwrite64: 4,
  pwritev: 4,
  pread64: 6,
  read: 40,
  writev: 15,
  futex: 100,
  epoll_pwait: 60,
  epoll_ctl: 6,
  accept4: 2,
} as const

export type Point = keyof typeof POINTS

/** A server busy with other things may never reach a rare call. */
const MAX_AIM_MS = 1000

/** `kill -9` at a moment of no meaning. */
export async function strikeAtRandom(server: TandemProcess, random: Random): Promise<void> {
  await pause(random.between(20, 300))
  await server.kill9()
}

/** `kill -9` on entering the nth call of that kind in any thread. @returns whether the server got there in time */
export async function strikeAt(point: Point, server: TandemProcess, random: Random): Promise<boolean> {
  const nth = 1 + Math.floor(random.fraction() * POINTS[point])
  const inject = `inject=${point}:signal=SIGKILL:when=${nth}`
  const strace = spawn('strace', ['-f', '-qq', '-o', '/dev/null', '-e', inject, '-p', String(server.pid)], {
    stdio: 'ignore',
  })
  const detached = once(strace, 'exit')
  const dead = once(server.child, 'exit').then(() => true)
  const hit = server.child.signalCode !== null || (await Promise.race([dead, pause(MAX_AIM_MS, false)]))
  if (!hit) strace.kill('SIGINT')
  await detached
  await server.kill9()
  return hit
}

export async function straceWorks(): Promise<boolean> {
  const probe = spawn(
    'strace',
    ['-qq', '-o', '/dev/null', '-e', 'inject=exit_group:signal=SIGKILL', 'true'],
    {
      stdio: 'ignore',
    },
  )
  return new Promise((resolve) => {
    probe.on('error', () => resolve(false))
    probe.on('exit', (_code, signal) => resolve(signal === 'SIGKILL'))
  })
}
