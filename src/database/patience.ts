import { setTimeout as sleep } from 'node:timers/promises'
import { mayPass, reasonInWords } from './unavailable.js'

/** As long as PostgreSQL takes to restart, to fail over, or to be started after us. */
const PATIENCE_MS = 60_000
const FIRST_WAIT_MS = 250
const MAX_WAIT_MS = 5000

/** Of this process: who is told to stop while it starts waits for nothing any more. */
const stopped = new AbortController()

export function waitNoMore(): void {
  stopped.abort()
}

/**
 * A start does not give up because the database is not there at that very moment; machines are switched on together.
 * @param tell is called before each wait
 * @throws what `work` threw last; at once when waiting cannot help, or is over (`waitNoMore`)
 */
export async function patiently<T>(
  work: () => Promise<T>,
  tell: (reason: string) => void,
  patienceMs = PATIENCE_MS,
): Promise<T> {
  const latest = performance.now() + patienceMs
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(MAX_WAIT_MS, wait * 2)) {
    try {
      return await work()
    } catch (error) {
      if (!mayPass(error) || performance.now() + wait > latest) throw error
      tell(reasonInWords(error))
      await sleep(wait, undefined, { signal: stopped.signal })
    }
  }
}
