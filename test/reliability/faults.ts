import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** System calls of one process that fail until `remove` is called. */
export interface Fault {
  remove(): Promise<void>
}

/** @param inject as strace(1) has it, such as `fsync:error=EIO:when=2`; counted per thread */
export async function injectFault(pid: number, inject: string): Promise<Fault> {
  const strace = spawn('strace', ['-f', '-o', '/dev/null', '-e', `inject=${inject}`, '-p', String(pid)], {
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
    remove: async () => {
      strace.kill('SIGINT')
      await ended
    },
  }
}
