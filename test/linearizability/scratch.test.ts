import { it } from 'vitest'
import { ReferenceRegister, type SeededBug } from './reference-register.js'
import { runAndCheck } from './run-and-check.js'
import { print } from './transcript.js'
it('matrix', async () => {
  for (const bug of [
    'none',
    'read-then-write',
    'now',
    'two-step-relock',
    'yesterdays-lock',
    'stale-version',
  ] as SeededBug[])
    for (const lifeMs of [150, 400]) {
      const r = await ReferenceRegister.start({ lifeMs, bug })
      const t = performance.now()
      const x = await runAndCheck({
        urls: r.urls,
        clients: 12,
        operations: bug === 'none' ? 40000 : 4000,
        ttlMs: lifeMs - 50,
        graceMs: 50,
        seed: 8,
        files: lifeMs > 300 ? 12 : 4,
        newFile: () => r.newFile(),
      })
      console.log(
        bug,
        lifeMs,
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
        bug === 'none' ? [x.outcomes, x.bad.map((b) => print(b.verdict.stuck))] : '',
      )
      await r.stop()
    }
}, 600000)
