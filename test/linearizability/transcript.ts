import type { Answer, History, Operation, Request } from './history.js'

/**
 * Reads a history written for people, one operation per line, times in milliseconds:
 *
 *     0-4   LOCK a              200 version=1
 *     6-9   LOCK b              409 lock=a
 *     10-20 UNLOCK_AND_RELOCK a b   200
 *     12-   PUT a sha2          lost
 *     30-31 CHECK               200 version=2 sha=sha2
 *     32-33 GET_COAUTH_LOCK A exclusive   200 table=A:CoauthExclusive
 *
 * A third word of PUT is the content that it is based on.
 * `lock=` alone is a header that is present and empty, `table=` an empty table; rows are separated by commas. Lock ids and hashes are words without blanks here.
 */
export function transcript(text: string): History {
  const lines = text.split('\n').map((line) => line.trim())
  return { file: 'transcript', operations: lines.filter((line) => line !== '').map(operation) }
}

function operation(line: string, client: number): Operation {
  const [times = '', ...words] = line.split(/\s+/)
  const [call = '', end = ''] = times.split('-')
  const status = words.findIndex((word) => /^(200|401|409|lost)$/.test(word))
  const common = { client, request: request(words.slice(0, status)), call: Number(call) }
  if (words[status] === 'lost') return { ...common, return: null, answer: 'lost' }
  return { ...common, return: Number(end), answer: answer(words.slice(status)) }
}

function request([kind, first = '', second = '', third]: string[]): Request {
  switch (kind) {
    case 'LOCK':
    case 'REFRESH_LOCK':
    case 'UNLOCK':
    case 'LATE_REFRESH':
    case 'LATE_UNLOCK':
      return { kind, id: first }
    case 'UNLOCK_AND_RELOCK':
      return { kind, oldId: first, id: second }
    case 'PUT':
      return { kind, lock: first === '-' ? '' : first, sha256: second, ...(third && { base: third }) }
    case 'GET_COAUTH_LOCK':
      return { kind, id: first, type: second === 'exclusive' ? 'CoauthExclusive' : 'Coauth' }
    case 'REFRESH_COAUTH_LOCK':
    case 'UNLOCK_COAUTH_LOCK':
      return { kind, id: first }
    case 'GET_COAUTH_TABLE':
    case 'GET_LOCK':
    case 'CHECK':
      return { kind }
    default:
      throw new SyntaxError(`no such operation: ${String(kind)}`)
  }
}

function answer([status, ...properties]: string[]): Answer {
  const value = (name: string): string | null =>
    properties.find((property) => property.startsWith(`${name}=`))?.slice(name.length + 1) ?? null
  return {
    status: status === '200' ? 200 : status === '401' ? 401 : 409,
    lock: value('lock'),
    version: value('version'),
    sha256: value('sha'),
    table: value('table')?.replaceAll(',', ' ') ?? null,
  }
}

/** The same form for a report; times start at the first call. */
export function print(operations: readonly Operation[]): string {
  const start = Math.min(...operations.map(({ call }) => call))
  const time = (at: number | null): string => (at === null ? '' : (at - start).toFixed(3))
  return [...operations]
    .sort((a, b) => a.call - b.call)
    .map(({ client, request: asked, call, return: end, answer: got }) => {
      const { kind, ...values } = asked
      const said =
        got === 'lost'
          ? 'lost'
          : [
              got.status,
              ...(['lock', 'version', 'sha256'] as const).flatMap((name) => label(name, got[name])),
              ...label('table', got.table?.replaceAll(' ', ',') ?? null),
            ].join(' ')
      const words = [kind, ...Object.values(values).map((word) => word || '-')].join(' ')
      return `${time(call)}-${time(end)}  ${words}  ${said}  # client ${client}`
    })
    .join('\n')
}

function label(name: string, value: string | null): string[] {
  return value === null ? [] : [`${name === 'sha256' ? 'sha' : name}=${value}`]
}
