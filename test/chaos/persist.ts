import { setTimeout as pause } from 'node:timers/promises'

const RETRY_MS = 50
const MAX_MS = 60_000

/** Does it again until it works: servers die and come back within seconds. @throws the last error after a minute */
export async function persist<T>(work: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + MAX_MS
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (Date.now() > deadline) throw error
      await pause(RETRY_MS)
    }
  }
}
