import { describe, expect, it } from 'vitest'
import { LargeCounts } from './large-counts.js'

describe('counts of rows', () => {
  it('small ones are counted for every answer', async () => {
    let locks = 0
    const counts = new LargeCounts(() => Promise.resolve({ locks: ++locks }))
    expect([await counts.read(), await counts.read()]).toEqual([{ locks: 1 }, { locks: 2 }])
  })

  it('nobody waits for large ones but the first, and the next is told what was counted meanwhile', async () => {
    let locks = 50_000
    let release = (): void => undefined
    let waits = Promise.resolve()
    const counts = new LargeCounts(() => waits.then(() => ({ locks: locks++ })))
    expect(await counts.read()).toEqual({ locks: 50_000 })
    waits = new Promise((resolve) => (release = resolve))
    expect(await counts.read()).toEqual({ locks: 50_000 })
    expect(await counts.read()).toEqual({ locks: 50_000 })
    release()
    waits = Promise.resolve()
    await new Promise(setImmediate)
    expect(await counts.read()).toEqual({ locks: 50_001 })
  })

  it('large ones that are old are counted before they are told', async () => {
    let [locks, now] = [50_000, 0]
    const counts = new LargeCounts(
      () => Promise.resolve({ locks: locks++ }),
      () => now,
    )
    await counts.read()
    now = 120_001
    expect(await counts.read()).toEqual({ locks: 50_001 })
  })

  it('what cannot be counted any more is not told as it was', async () => {
    let away = false
    const counts = new LargeCounts(() =>
      away ? Promise.reject(new Error('away')) : Promise.resolve({ locks: 50_000 }),
    )
    await counts.read()
    away = true
    await counts.read()
    await new Promise(setImmediate)
    await expect(counts.read()).rejects.toThrow('away')
  })
})
