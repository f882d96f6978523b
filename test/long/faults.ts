import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { FAULTS } from '../faults/all-faults.js'
import { AREAS, type Area, type Fault } from '../faults/fault.js'
import { type Judged, runFaults } from '../faults/fault-run.js'

/**
 * `npm run test:faults [-- --area locks] [--only ID,ID] [--workers N]`: plants one fault after the other in a copy of the
 * sources, and runs the tests that must catch it. Exit code 1 when one is not caught, or cannot be planted any more.
 */
const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    area: { type: 'string' },
    workers: { type: 'string', default: String(Math.max(1, Math.floor(availableParallelism() / 2))) },
  },
})
const workers = Number(values.workers)
const { faults, unknown } = chosen()
if (faults.length === 0 || unknown.length > 0 || !Number.isInteger(workers) || workers < 1) {
  console.error(
    `usage: npm run test:faults [-- --area ${AREAS.join('|')}] [--only ID,ID] [--workers 1]; the ids stand in test/faults/${unknown.length > 0 ? `; no such fault: ${unknown.join(', ')}` : ''}`,
  )
  process.exit(2)
}

// Its copies and PostgreSQL end when this process exits, not when it is killed by a signal.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130))

const started = Date.now()
console.log(`${faults.length} faults, ${workers} at a time`)
const judged = await runFaults(faults, { workers, onJudged: (one) => console.log(lineOf(one)) })
const caught = judged.filter(({ verdict }) => verdict.kind === 'caught').length
const uncaught = judged.length - caught
console.log(
  `\n${((Date.now() - started) / 1000).toFixed(0)} s\n${judged.length} faults, ${caught} caught, ${uncaught} not caught`,
)
process.exit(uncaught === 0 ? 0 : 1)

function chosen(): { faults: Fault[]; unknown: string[] } {
  const areas = AREAS.filter((area: Area) => values.area === undefined || area === values.area)
  const all = areas.flatMap((area) => FAULTS[area])
  if (values.only === undefined) return { faults: all, unknown: [] }
  const only = values.only.split(',')
  const unknown = only.filter((id) => !all.some((fault) => fault.id === id))
  return { faults: all.filter(({ id }) => only.includes(id)), unknown }
}

function lineOf({ fault, verdict, seconds }: Judged): string {
  const time = `${seconds.toFixed(0).padStart(3)} s`
  switch (verdict.kind) {
    case 'caught':
      return `${time}  caught      ${fault.id}: ${verdict.by}`
    case 'not-caught':
      return `${time}  NOT CAUGHT  ${fault.id}: ${fault.what} (${fault.caughtBy.join(', ')})`
    case 'error':
      return `${time}  ERROR       ${fault.id}: ${verdict.why}`
  }
}
