import { inject, it } from 'vitest'
import { newDatabase } from '../kit/postgres.js'
import { disturb } from './faults.js'
import { Random } from './random.js'
import { runAndCheck } from './run-and-check.js'
import { TandemPair } from './tandem-pair.js'
it('now', async () => {
  for (const faults of [false, true])
    for (const ttlMs of [100, 250]) {
      const graceMs = 50
      const pair = await TandemPair.start({
        databaseUrl: await newDatabase(inject('postgres')),
        ttlMs,
        graceMs,
        entry: 'test/kit/buggy-server.js',
        env: { SEEDED_BUG: 'now' },
      })
      const t = performance.now()
      const run = runAndCheck({
        urls: pair.urls,
        clients: 12,
        operations: 8000,
        ttlMs,
        graceMs,
        seed: 3,
        files: 4,
        newFile: () => pair.newFile(),
        holdRow: (id) => pair.holdRow(id),
      })
      const f = faults ? await disturb(pair, new Random(1), { lifeMs: ttlMs + graceMs, kills: 0 }, run) : null
      const x = await run
      console.log(
        faults,
        ttlMs,
        {
          ops: x.operations,
          files: x.files,
          bad: x.bad.length,
          und: x.undecided.length,
          exp: x.expiries,
          checkMs: x.checkMs,
          s: (performance.now() - t) / 1000,
          un: x.unexpected,
        },
        f,
        pair
          .output()
          .split('\n')
          .filter((l) => /level":[56]0/.test(l))
          .slice(0, 5),
      )
      await pair.stop()
    }
}, 600000)
