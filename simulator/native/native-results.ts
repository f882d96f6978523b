import { table } from '../table.js'
import { kilobytes } from './native-narrator.js'
import type { NativeResult } from './play-native.js'

/** What was seen, one row per document. */
export function nativeTable(results: readonly NativeResult[]): string {
  const rows = results.map(({ file, tally, versions, verdict }) => [
    file.application.label,
    file.name,
    ...[tally.editors.size, tally.saves, tally.overtaken, versions].map(String),
    share(tally.sent, tally.saved),
    share(tally.received, tally.read),
    ...[verdict.typed, verdict.found].map(String),
  ])
  return table(
    [
      'application',
      'document',
      'clients',
      'saves',
      'overtaken (412)',
      'versions',
      'sent',
      'received',
      'changes typed',
      'changes in the final document',
    ],
    rows,
  )
}

function share(part: number, whole: number): string {
  const percent = whole === 0 ? 0 : Math.round((100 * part) / whole)
  return `${kilobytes(part)} of ${kilobytes(whole)} (${percent} %)`
}
