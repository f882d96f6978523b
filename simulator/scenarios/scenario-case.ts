import type { Application } from '../application.js'
import type { PrincipalRule } from '../excel.js'
import { excel } from '../excel.js'
import { powerpoint } from '../powerpoint.js'
import { word } from '../word.js'
import type { Script } from './script.js'
import { courses } from './script.js'
import type { Documented } from './documented.js'
import { documented } from './documented.js'
import { differences } from './judge.js'
import type { Performance, Run } from './play-script.js'
import { playCourse } from './play-script.js'

export type ScenarioNumber = '1' | '2' | '3' | '4' | '5' | '6'

/** One of the six scenarios in one application. */
export interface ScenarioCase {
  readonly scenario: ScenarioNumber
  readonly application: Application
  readonly courses: readonly { readonly course: Script; readonly documented: Documented }[]
}

export interface CellResult {
  readonly cell: ScenarioCase
  readonly performances: readonly Performance[]
  readonly differences: readonly string[]
}

const numbers: readonly ScenarioNumber[] = ['1', '2', '3', '4', '5', '6']

/** The 18 cells. */
export function cellsOf(rule: PrincipalRule): ScenarioCase[] {
  const applications = [word, excel(rule), powerpoint]
  return numbers.flatMap((scenario) =>
    applications.map((application) => ({
      scenario,
      application,
      courses: coursesOf(scenario, application, rule),
    })),
  )
}

function coursesOf(
  scenario: ScenarioNumber,
  { name }: Application,
  rule: PrincipalRule,
): ScenarioCase['courses'] {
  return courses
    .filter((course) => course.name.startsWith(scenario))
    .map((course) => ({ course, documented: documented(name, rule, course.name) }))
}

export async function playCell(production: Run, cell: ScenarioCase): Promise<CellResult> {
  const performances: Performance[] = []
  const found: string[] = []
  for (const { course, documented: expected } of cell.courses) {
    const performance = await playCourse(production, cell.application, course)
    performances.push(performance)
    found.push(
      ...differences(course, expected, performance.observed).map(
        (what) => `${performance.file.name}: ${what}`,
      ),
    )
  }
  return { cell, performances, differences: found }
}

/** Plays the cells, a few side by side, each on files of its own; the results are in the order of the cells. */
export async function playCells(
  production: Run,
  cells: readonly ScenarioCase[],
  onResult: (result: CellResult) => void,
  sideBySide = 4,
): Promise<CellResult[]> {
  const results: CellResult[] = []
  const waiting = [...cells.entries()]
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [index, cell] = next
      const result = await playCell(production, cell)
      results[index] = result
      onResult(result)
    }
  }
  await Promise.all(Array.from({ length: sideBySide }, worker))
  return results
}
