import { align } from '../report.js'

/** One line of the table at the end. */
export interface Outcome {
  readonly what: string
  /** In milliseconds, but for ratios. */
  readonly p50: number
  readonly p99: number
  readonly goal: string
  readonly met: boolean
}

export function quantile(values: readonly number[], part: number): number {
  const sorted = Float64Array.from(values).sort()
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN
}

export function outcomeTable(outcomes: readonly Outcome[]): string {
  return align([
    ['what', 'p50', 'p99', 'goal', ''],
    ...outcomes.map(({ what, p50, p99, goal, met }) => [
      what,
      p50.toFixed(2),
      p99.toFixed(2),
      goal,
      met ? 'met' : 'MISSED',
    ]),
  ])
}
