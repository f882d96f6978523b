import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** System calls of one process that fail until `remove` is called. */
export interface Fault {
  remove(): Promise<void>
}

/** @param inject as strace(1) has it, such as `fsync:error=EIO:when=2`; counted per thread */
export async function injectFault(pid: number, inject: string): Promise<Fault> {
  const { detach } = await attach(pid, ['-o', '/dev/null', '-e', `inject=${inject}`])
  return { remove: detach }
}

/** @returns those calls that the process makes during `work`, as strace(1) writes them, with paths in place of numbers */
export async function callsDuring(
  pid: number,
  calls: string,
  work: () => Promise<unknown>,
): Promise<string[]> {
  const log = join(await mkdtemp(join(tmpdir(), 'tandem-calls-')), 'log')
  const { detach } = await attach(pid, ['-y', '-o', log, '-e', `trace=${calls}`])
  try {
    await work()
  } finally {
    await detach()
  }
  const lines = (await readFile(log, 'utf8')).split('\n')
  await rm(dirname(log), { recursive: true })
  return lines
}

async function attach(pid: number, options: readonly string[]): Promise<{ detach: () => Promise<void> }> {
  const strace = spawn('strace', ['-f', ...options, '-p', String(pid)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const ended = once(strace, 'exit')
  let said = ''
  while (!said.includes('attached')) {
    const [chunk] = (await Promise.race([once(strace.stderr, 'data'), ended.then(() => [])])) as [Buffer?]
    if (!chunk) throw new Error(`strace: ${said}`)
    said += chunk.toString()
  }
  return {
    detach: async () => {
      strace.kill('SIGINT')
      await ended
    },
  }
}
