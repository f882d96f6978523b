import { describe, expect, it } from 'vitest'
import { takesTurnsWithHeavyTests } from '../heavy.js'
import { runChaos } from './chaos-run.js'

takesTurnsWithHeavyTests()

describe('everything that happens to a server room, under load', () => {
  it('loses no save, gives nobody wrong bytes, and ends no server', async () => {
    const { complaints, counts, disturbances } = await runChaos({
      minutes: 2,
      rounds: 10,
      seed: Date.now() % 100_000,
    })
    expect(complaints).toEqual([])
    expect(Object.keys(disturbances).length).toBeGreaterThanOrEqual(8)
    // A run in which little happened proves little.
    expect(counts['saves acknowledged']).toBeGreaterThan(100)
    expect(counts['revocations']).toBeGreaterThan(3)
    expect(counts['mended']).toBeGreaterThan(1)
    expect(counts['lock operations']).toBeGreaterThan(200)
  }, 300_000)
})
