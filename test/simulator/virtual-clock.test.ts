import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { VirtualClock } from '../../simulator/virtual-clock.js'

describe('the virtual clock', () => {
  it('jumps to the next appointment when everyone sleeps', async () => {
    const clock = new VirtualClock()
    await clock.run(() => clock.sleep(3_600_000))
    expect(clock.now()).toBe(3_600_000)
  })

  it('stands still while somebody works, however long that takes', async () => {
    const clock = new VirtualClock()
    const seen: number[] = []
    const sleeper = clock.run(async () => {
      await clock.sleep(10)
      seen.push(clock.now())
    })
    const worker = clock.run(async () => {
      await new Promise((resolve) => setTimeout(resolve, 30))
      seen.push(clock.now())
      await clock.sleep(5)
      seen.push(clock.now())
    })
    await Promise.all([sleeper, worker])
    expect(seen).toEqual([0, 5, 10])
  })

  it('wakes a sleeper early, without moving time, when the signal fires', async () => {
    const clock = new VirtualClock()
    const alarm = new AbortController()
    const wokenAt: number[] = []
    const sleeper = clock.run(async () => {
      await clock.sleep(1000, alarm.signal)
      wokenAt.push(clock.now())
    })
    await clock.run(async () => {
      await clock.sleep(7)
      alarm.abort()
      await clock.sleep(1)
    })
    await sleeper
    expect(wokenAt).toEqual([7])
  })

  it('wakes everybody at their time and in the same order in every run', async () => {
    const naps = fc.array(fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 5 }), { maxLength: 6 })
    const run = async (plan: number[][]): Promise<string[]> => {
      const clock = new VirtualClock()
      const log: string[] = []
      const actor = async (name: number, pauses: number[]): Promise<void> => {
        let due = clock.now()
        for (const pause of pauses) {
          due += pause
          await clock.sleep(pause)
          expect(clock.now()).toBe(due)
          log.push(`${name}@${due}`)
          if (Math.random() < 0.3) await new Promise((resolve) => setImmediate(resolve))
        }
      }
      await Promise.all(plan.map((pauses, name) => clock.run(() => actor(name, pauses))))
      return log
    }
    await fc.assert(
      fc.asyncProperty(naps, async (plan) => {
        expect(await run(plan)).toEqual(await run(plan))
      }),
    )
  })
})
