import { describe, expect, it } from 'vitest'
import { DiskTurns, turnsAmong } from './disk-turns.js'
import { StorageBusy } from '../storage-errors.js'

interface Held {
  readonly work: () => Promise<string>
  readonly release: () => void
}

function held(name: string): Held {
  let release: () => void = () => undefined
  const released = new Promise<void>((resolve) => (release = resolve))
  return { work: () => released.then(() => name), release }
}

describe('turns at writing', () => {
  it('are as many as there are, and go on in the order of asking', async () => {
    const turns = new DiskTurns(2)
    const began: string[] = []
    const works = ['a', 'b', 'c', 'd'].map(held)
    const results = works.map(({ work }, i) =>
      turns.take(() => {
        began.push('abcd'.charAt(i))
        return work()
      }),
    )
    await Promise.resolve()
    expect(began).toEqual(['a', 'b'])
    works[1]?.release()
    await results[1]
    expect(began).toEqual(['a', 'b', 'c'])
    for (const { release } of works) release()
    expect(await Promise.all(results)).toEqual(['a', 'b', 'c', 'd'])
  })

  it('are given on by work that fails', async () => {
    const turns = new DiskTurns(1)
    await expect(turns.take(() => Promise.reject(new Error('EIO')))).rejects.toThrow('EIO')
    expect(await turns.take(() => Promise.resolve('next'))).toBe('next')
  })

  it('are refused when too many wait, except to cleaning up', async () => {
    const turns = new DiskTurns(1, { longestWaitMs: 60_000, mostWaiting: 1 })
    const first = held('first')
    const holding = turns.take(first.work)
    const waiting = turns.take(() => Promise.resolve('waited'))
    await expect(turns.take(() => Promise.resolve(''))).rejects.toThrow(StorageBusy)
    const cleaning = turns.takeAtAnyTime(() => Promise.resolve('cleaned'))
    first.release()
    expect(await Promise.all([holding, waiting, cleaning])).toEqual(['first', 'waited', 'cleaned'])
  })

  it('are refused to who has waited too long; those behind still get theirs', async () => {
    const turns = new DiskTurns(1, { longestWaitMs: 20, mostWaiting: 10 })
    const first = held('first')
    const holding = turns.take(first.work)
    await expect(turns.take(() => Promise.resolve(''))).rejects.toThrow(StorageBusy)
    first.release()
    await holding
    expect(await turns.take(() => Promise.resolve('later'))).toBe('later')
  })

  it('leave threads to read with, also while names are looked up on half of them', () => {
    for (const threads of [4, 8, 16, 64]) expect(turnsAmong(threads)).toBeLessThanOrEqual(threads / 2)
    expect([1, 2, 4, 16].map(turnsAmong)).toEqual([1, 1, 2, 6])
    const lookups = (threads: number): number => Math.floor((threads + 1) / 2)
    for (const threads of [8, 16, 64]) expect(threads - lookups(threads)).toBeGreaterThan(turnsAmong(threads))
  })
})
