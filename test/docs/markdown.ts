import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..')

/** A file of the repository, as text. */
export function textOf(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8')
}

/** The rows of the first table below a heading: trimmed cells, without the head. */
export function tableBelow(markdown: string, heading: string): string[][] {
  const lines = markdown.split('\n')
  const start = lines.findIndex((line) => line.replace(/^#+ /, '') === heading && line.startsWith('#'))
  if (start < 0) throw new Error(`there is no heading "${heading}"`)
  const rows: string[][] = []
  for (const line of lines.slice(start + 1)) {
    if (line.startsWith('|')) rows.push(cellsOf(line))
    else if (rows.length > 0 || line.startsWith('#')) break
  }
  return rows.slice(2)
}

function cellsOf(row: string): string[] {
  return row
    .slice(1, row.lastIndexOf('|'))
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replaceAll('\\|', '|'))
}

/** `PORT` of "`PORT`"; the cell itself when it is no code. */
export function uncoded(cell: string): string {
  return /^`([^`]*)`$/.exec(cell)?.[1] ?? cell
}
