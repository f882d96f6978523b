import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from './random.js'
import type { TandemPair } from './tandem-pair.js'

export interface FaultOptions {
  readonly lifeMs: number
  /** Share of the faults that are kill -9 and a new start; the others are pauses. */
  readonly kills: number
}

/** Disturbs one of the two servers again and again until `until` is settled. The other one carries on. */
export async function disturb(
  pair: TandemPair,
  random: Random,
  { lifeMs, kills }: FaultOptions,
  until: Promise<unknown>,
): Promise<{ pauses: number; kills: number }> {
  const done = { pauses: 0, kills: 0 }
  let over = false
  const end = until.then(
    () => (over = true),
    () => (over = true),
  )
  for (;;) {
    await Promise.race([end, sleep(random.between(0.3, 2) * lifeMs)])
    // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- changed while we slept
    if (over) return done
    const victim = random.oneOf([0, 1])
    if (random.chance(kills)) {
      await pair.kill(victim)
      done.kills++
    } else {
      // Long enough for a lock to be lost by whoever stands still.
      await pair.pause(victim, random.between(0.2, 1.5) * lifeMs)
      done.pauses++
    }
  }
}
