import { describe, expect, it } from 'vitest'
import { FRAME_ERRORS } from '../../src/incremental/frame-error.js'
import { Random } from '../linearizability/random.js'
import { cpuMilliseconds, FrameFuzzer } from './frame-fuzzer.js'

/** `npm run test:frames-fuzz -- --runs 10000000` is the long form. */
const RUNS = 50_000

describe('hostile frames', () => {
  it('R-28: are read or refused, within 100 ms each, and every refusal is met', async () => {
    const fuzzer = await FrameFuzzer.create(new Random(13))
    const outcomes = new Set<string>()
    let slowest = 0
    for (let run = 0; run < RUNS; run++) {
      const start = cpuMilliseconds()
      outcomes.add(await fuzzer.run())
      slowest = Math.max(slowest, cpuMilliseconds() - start)
    }
    expect([...outcomes].sort()).toEqual(['read', ...Object.keys(FRAME_ERRORS)].sort())
    expect(slowest).toBeLessThan(100)
  })
})
