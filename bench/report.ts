import type { BenchCase } from './cases.js'
import type { Slice } from './measure.js'
import type { RoundTrips } from './round-trips.js'

/** All slices of one case; the n-th of each list belong to the same round. */
export interface CaseResult {
  readonly bench: BenchCase
  readonly own: readonly Slice[]
  /** Of what it is compared with. */
  readonly other: readonly Slice[]
}

export interface Summary {
  readonly perSecond: number
  readonly p50: number
  readonly p99: number
  readonly cpuMicroseconds: number
}

/** Rate and CPU: the median over the rounds; latencies: over all operations of all rounds, in milliseconds. */
export function summarise(slices: readonly Slice[]): Summary {
  const latencies = Float64Array.from(slices.flatMap((slice) => slice.latencies)).sort()
  return {
    perSecond: median(slices.map((slice) => slice.perSecond)),
    p50: latencies[Math.floor(latencies.length * 0.5)] ?? Number.NaN,
    p99: latencies[Math.floor(latencies.length * 0.99)] ?? Number.NaN,
    cpuMicroseconds: median(slices.map((slice) => slice.cpuMicroseconds)),
  }
}

/** Its rate over the other's in the same round; the machine's mood cancels out. */
export function ratios(result: CaseResult): number[] {
  return result.own.map((slice, round) => slice.perSecond / (result.other[round]?.perSecond ?? Number.NaN))
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const half = sorted.length / 2
  return ((sorted[Math.floor(half)] ?? Number.NaN) + (sorted[Math.ceil(half) - 1] ?? Number.NaN)) / 2
}

/** One entry per server and status line, with the first such answer in full. */
export function errorsOf(result: CaseResult): string[] {
  const { of = 'Tandem', against = 'floor' } = result.bench
  const sides = [[of, result.own] as const, [against, result.other] as const]
  return sides.flatMap(([name, slices]) => {
    const kinds = new Map<string, { text: string; times: number }>()
    for (const [text, times] of slices.flatMap((slice) => [...slice.errors])) {
      const status = text.split('\r\n', 1)[0] ?? ''
      const kind = kinds.get(status) ?? { text, times: 0 }
      kinds.set(status, { ...kind, times: kind.times + times })
    }
    return [...kinds.values()].map(({ text, times }) => `${result.bench.name}, ${name}, ${times} ×: ${text}`)
  })
}

export function isMissed(result: CaseResult): boolean {
  return result.bench.target !== undefined && median(ratios(result)) < result.bench.target
}

/** Against the floor, and Tandem against itself. */
export function tables(results: readonly CaseResult[]): string {
  const isOwn = ({ bench }: CaseResult): boolean => bench.against === 'Tandem'
  const parts = [
    table(
      results.filter((result) => !isOwn(result)),
      'Tandem',
      'floor',
    ),
    table(results.filter(isOwn), 'with', 'Tandem'),
  ]
  return parts.filter((part) => part !== '').join('\n\n')
}

function table(results: readonly CaseResult[], own: string, other: string): string {
  if (results.length === 0) return ''
  const header = ['case', ...side(own), ...side(other), 'ratio', '(rounds)', 'target', '']
  const rows = results.map((result) => {
    const measured = result.own.length > 0
    const each = ratios(result)
    const spread = `(${Math.min(...each).toFixed(2)}–${Math.max(...each).toFixed(2)})`
    return [
      result.bench.name,
      ...figures(measured ? summarise(result.own) : undefined),
      ...figures(summarise(result.other)),
      ...(measured ? [median(each).toFixed(2), spread] : ['–', '']),
      result.bench.target === undefined ? '' : `≥ ${result.bench.target.toFixed(2)}`,
      !measured || result.bench.target === undefined ? '' : isMissed(result) ? 'MISS' : 'ok',
    ]
  })
  return align([header, ...rows])
}

export function roundTripTable(tandem: readonly RoundTrips[], floor: readonly RoundTrips[]): string {
  const rows = floor.map(({ operation, perCall, most }) => {
    const own = tandem.find((each) => each.operation === operation)
    const verdict = own?.most === undefined ? '' : isTooMany(own) ? 'MISS' : 'ok'
    return [operation, own?.perCall.toFixed(2) ?? '–', perCall.toFixed(2), most ? `≤ ${most}` : '', verdict]
  })
  return align([['database round trips', 'Tandem', 'floor', 'target', ''], ...rows])
}

/** A tenth above is what background work may add while we count. */
export function isTooMany({ perCall, most, background }: RoundTrips): boolean {
  return most !== undefined && perCall > most + background
}

function side(name: string): string[] {
  return [`${name} ops/s`, 'p50 ms', 'p99 ms', 'cpu µs']
}

function figures(summary: Summary | undefined): string[] {
  if (!summary) return ['–', '–', '–', '–']
  const { perSecond, p50, p99, cpuMicroseconds } = summary
  return [
    perSecond.toFixed(perSecond < 100 ? 1 : 0),
    p50.toFixed(2),
    p99.toFixed(2),
    cpuMicroseconds.toFixed(0),
  ]
}

/** First column to the left, the others to the right. */
export function align(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows
    .map((row) =>
      row
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
