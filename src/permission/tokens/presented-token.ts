import type { IncomingMessage } from 'node:http'

/**
 * The access token of a WOPI request: query parameter `access_token`, `Authorization: Bearer`, or both (WOPI.md §2.2).
 * Two different values could be read differently by two readers, so all that are present must be equal, in whatever
 * spelling of the name (RELIABILITY-SECURITY.md T-06).
 * @returns undefined when there is none, or when they differ
 */
export function presentedToken(request: IncomingMessage): string | undefined {
  const token = tokensInQuery(request.url ?? '')
  if (token === AMBIGUOUS) return undefined
  const { authorization } = request.headers
  if (authorization === undefined) return token
  const bearer = /^Bearer:? +(\S+)$/i.exec(authorization)?.[1]
  if (bearer === undefined || occurrences(request, 'authorization') > 1) return undefined
  return token === undefined || token === bearer ? bearer : undefined
}

const AMBIGUOUS = Symbol('ambiguous')

// Nearly every request has the parameter once and first, so the common case is one indexOf.
function tokensInQuery(url: string): string | undefined | typeof AMBIGUOUS {
  const start = url.indexOf('?')
  if (start < 0) return undefined
  let found: string | undefined
  for (const pair of url.slice(start + 1).split('&')) {
    const equals = pair.indexOf('=')
    const rawName = equals < 0 ? pair : pair.slice(0, equals)
    if (rawName !== 'access_token' && !looksLikeTheName(rawName)) continue
    const value = equals < 0 ? '' : decode(pair.slice(equals + 1))
    if (rawName !== 'access_token' || value === undefined || (found !== undefined && found !== value))
      return AMBIGUOUS
    found = value
  }
  return found
}

function looksLikeTheName(rawName: string): boolean {
  if (rawName.length > 64) return false
  return /^access_token(\[.*\])?$/i.test(decode(rawName) ?? rawName)
}

function decode(text: string): string | undefined {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

function occurrences(request: IncomingMessage, name: string): number {
  let count = 0
  for (let i = 0; i < request.rawHeaders.length; i += 2) {
    if (request.rawHeaders[i]?.toLowerCase() === name) count++
  }
  return count
}
