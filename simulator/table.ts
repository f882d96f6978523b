/** Columns as wide as their widest cell; cells that begin with a digit stand to the right. */
export function table(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = heading.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  )
  const numeric = heading.map((_, column) => rows.every((row) => /^\d/.test(row[column] ?? '')))
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) =>
        numeric[column] ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join('   ')
      .trimEnd()
  const rule = widths.map((width) => '─'.repeat(width))
  return [line(heading), rule.join('   '), ...rows.map(line)].map((text) => `  ${text}`).join('\n')
}
