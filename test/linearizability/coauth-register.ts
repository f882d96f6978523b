import { tableText, type CoauthRequest } from './history.js'

/**
 * The sequential rule for coauth locks, written from WOPI.md §12 only. A table is the text that `tableText` writes; ids
 * have neither blanks nor colons here.
 * @returns undefined where the host has to refuse
 */
export function tableAfter(table: string, request: CoauthRequest): string | undefined {
  const rows = new Map(rowsOf(table))
  switch (request.kind) {
    case 'GET_COAUTH_LOCK': {
      const others = [...rows].filter(([id]) => id !== request.id)
      const taken = others.some(([, type]) => type === 'CoauthExclusive')
      if (request.type === 'CoauthExclusive' && taken) return undefined
      return tableText(rows.set(request.id, request.type))
    }
    case 'REFRESH_COAUTH_LOCK':
      return rows.has(request.id) ? table : undefined
    case 'UNLOCK_COAUTH_LOCK':
      return rows.delete(request.id) ? tableText(rows) : undefined
    case 'GET_COAUTH_TABLE':
      return table
  }
}

function rowsOf(table: string): [string, string][] {
  const rows = table === '' ? [] : table.split(' ')
  return rows.map((row) => {
    const [id = '', type = ''] = row.split(':')
    return [id, type]
  })
}
