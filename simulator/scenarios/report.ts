import { clockFace, narrate } from '../narrator.js'
import { cellTable } from './cell-table.js'
import type { CellResult } from './scenario-case.js'
import type { Performance } from './play-script.js'

/** The table; for a cell that differs also in what, and what happened in it from event to event. */
export function reportCells(results: readonly CellResult[], say: (line: string) => void): void {
  say(`\n${cellTable(results)}\n`)
  say(
    '  Where two outcomes are told: the first when a save uses the token of the user who lost the right, the',
  )
  say('  second when none does before that user is asked for the next time.\n')
  const different = results.filter(({ differences }) => differences.length > 0)
  for (const { cell, differences, performances } of different) {
    say(`  Scenario ${cell.scenario} in ${cell.application.label} is not as documented:`)
    for (const difference of differences) say(`  DIFFERS  ${difference}`)
    for (const performance of performances) tell(performance, say)
    say('')
  }
  say(`${results.length - different.length} of ${results.length} cells are as documented.`)
}

function tell({ file, log, observed }: Performance, say: (line: string) => void): void {
  const { revokedAt } = observed
  if (revokedAt !== undefined) say(`  In ${file.name} a right is removed at ${clockFace(revokedAt)}.`)
  for (const { at, what } of log) {
    const event = { at, document: file.name, application: file.application.name, what }
    const line = narrate(event, [file])
    if (line !== undefined) say(line)
  }
}
