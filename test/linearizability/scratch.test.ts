import { it } from 'vitest'
import { ReferenceRegister } from './reference-register.js'
import { runAndCheck } from './run-and-check.js'
import { print } from './transcript.js'
it('matrix', async () => {
      const lifeMs = 150
      const r = await ReferenceRegister.start({ lifeMs, bug: 'none' })
      const x = await runAndCheck({ urls: r.urls, clients: 12, operations: 4000, ttlMs: lifeMs - 50, graceMs: 50, seed: 7, files: 4, newFile: () => r.newFile() })
      for (const b of x.bad.slice(0, 3)) {
        const at = Math.max(...b.verdict.stuck.map((o) => o.call))
        const near = b.history.operations.filter((o) => o.call > at - 200 && o.call < at + 10)
        console.log(print(b.verdict.stuck) + '\n----\n' + print(near))
      }
      await r.stop()
}, 600000)
