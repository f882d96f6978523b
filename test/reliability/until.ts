import { setTimeout as pause } from 'node:timers/promises'

/** Asks again and again until it holds. @throws when it never does within the time */
export async function until(what: string, holds: () => Promise<boolean>, withinMs = 15_000): Promise<void> {
  const deadline = Date.now() + withinMs
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}`)
    await pause(20)
  }
}
