import { describe, expect, it } from 'vitest'
import { runCrashes, type CrashReport } from './crash-run.js'
import { takesTurnsWithHeavyTests } from '../heavy.js'

takesTurnsWithHeavyTests()

describe('kill -9 under load', () => {
  it('loses no acknowledged save (R-02), tears no read (R-04) and leaves no dangling reference (R-06)', async ({
    signal,
  }) => {
    const report = await runCrashes({
      serverKills: 12,
      postgresKills: 4,
      seed: Date.now() % 100_000,
      writers: 3,
      readers: 2,
      aimed: 0.34,
      fsckEvery: 4,
      enough: signal,
    })
    expect(report.losses).toEqual([])
    expect(report.serverKills).toBe(12)
    expect(report.postgresKills).toBe(4)
    expect(report.exitCodes).toEqual([0, 0])
    expectRealLoad(report)
  }, 300_000)
})

/** A run in which little happened proves little. */
function expectRealLoad({ acknowledged, reads, outcomes }: CrashReport): void {
  expect(acknowledged).toBeGreaterThan(300)
  expect(reads).toBeGreaterThan(200)
  expect((outcomes['no answer'] ?? 0) + (outcomes['503'] ?? 0)).toBeGreaterThan(5)
  expect(['200', '503', 'no answer']).toEqual(expect.arrayContaining(Object.keys(outcomes)))
}
