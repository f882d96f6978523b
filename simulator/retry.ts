import { setTimeout as pause } from 'node:timers/promises'

/** A host that is being restarted just now must not cost the verdict on an hour of work. */
export async function retry<T>(read: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await read()
    } catch (error) {
      if (attempt === 30) throw error
      await pause(1000)
    }
  }
}
