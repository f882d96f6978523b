import { table } from '../table.js'
import type { CellResult } from './scenario-case.js'
import { describeDocumented, describeObserved } from './describe.js'

const happenings = {
  '1': 'A edits, B is idle',
  '2': 'A and B edit',
  '3': 'A leaves, B edits, C joins',
  '4': 'B is idle, loses the right',
  '5': 'both edit, B loses it',
  '6': 'both edit, A loses it',
} as const

/** One line a cell: what is documented beside what was observed. */
export function cellTable(results: readonly CellResult[]): string {
  const rows = results.map(({ cell, performances, differences }) => [
    differences.length === 0 ? '✓' : '✗',
    cell.scenario,
    happenings[cell.scenario],
    cell.application.label,
    describeDocumented(cell.courses.map(({ documented }) => documented)),
    describeObserved(performances.map(({ observed }) => observed)),
  ])
  return table(['', '#', 'what happens', 'application', 'documented', 'observed'], rows)
}

/** Changes that were typed and are neither in a head nor in a kept save. */
export function lostInCells(results: readonly CellResult[]): number {
  return results
    .flatMap(({ performances }) => performances)
    .reduce((sum, { observed }) => sum + observed.host.nowhere.length, 0)
}
