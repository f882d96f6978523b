import type { Verdict } from './ground-truth.js'
import type { DocumentResult } from './play.js'
import { table } from './table.js'

/** What was seen, one row per document. */
export function resultTable(results: readonly DocumentResult[]): string {
  const rows = results.map(({ file, tally, versions, verdict }) => [
    file.application.label,
    file.name,
    ...[tally.editors.size, tally.saves, versions, tally.lockRefreshes, verdict.typed, verdict.found].map(
      String,
    ),
  ])
  return table(
    [
      'application',
      'document',
      'editors',
      'saves',
      'versions',
      'lock refreshes',
      'changes typed',
      'changes in the final document',
    ],
    rows,
  )
}

/** A document that was played to the end, by whatever kind of editors. */
export interface Judged {
  readonly file: { readonly name: string }
  readonly tally: { readonly problems: readonly string[] }
  readonly verdict: Verdict
}

/** Everything that a clean run does not have, in words. */
export function problems(results: readonly Judged[]): string[] {
  return results.flatMap(({ file, tally, verdict }) => [
    ...tally.problems,
    ...verdict.lost.map((mark) => `${file.name}: the host acknowledged ${mark}, and it is gone`),
    ...verdict.neverSaved.map((mark) => `${file.name}: ${mark} was never saved`),
    ...verdict.duplicated.map((mark) => `${file.name}: ${mark} is in the final document more than once`),
    ...verdict.foreign.map((line) => `${file.name}: nobody typed this line: ${line}`),
  ])
}

/** Changes that somebody typed and the final documents do not have. */
export function lostChanges(results: readonly Judged[]): number {
  return results.reduce((sum, { verdict }) => sum + verdict.typed - verdict.found, 0)
}
