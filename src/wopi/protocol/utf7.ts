/** A header that is no UTF-7 text. */
export class InvalidUtf7 extends Error {}

const BASE64 = /[A-Za-z0-9+/]/
// RFC 2152's direct characters as .NET chooses them: even underscore is encoded (WOPI.md §3).
const DIRECT = /[A-Za-z0-9'(),\-./:? \t\r\n]/

/**
 * Decodes the UTF-7 of file names in headers (RFC 2152, WOPI.md §3). A bare `+` that starts no valid run is taken
 * literally, because some clients send plain ASCII.
 * @throws InvalidUtf7 for lone surrogates and non-ASCII characters
 */
export function decodeUtf7(text: string): string {
  // eslint-disable-next-line no-control-regex
  if (/[^\x00-\x7f]/.test(text)) throw new InvalidUtf7('the name is not in UTF-7')
  let out = ''
  for (let i = 0; i < text.length;) {
    const char = text.charAt(i)
    if (char !== '+') {
      out += char
      i++
    } else if (text.charAt(i + 1) === '-') {
      out += '+'
      i += 2
    } else {
      const end = endOfRun(text, i + 1)
      const run = decodeRun(text.slice(i + 1, end))
      out += run ?? text.slice(i, end)
      i = end + (run !== undefined && text.charAt(end) === '-' ? 1 : 0)
    }
  }
  if (/\p{Cs}/u.test(out)) throw new InvalidUtf7('the name has half a surrogate pair')
  return out
}

function endOfRun(text: string, start: number): number {
  let end = start
  while (end < text.length && BASE64.test(text.charAt(end))) end++
  return end
}

// Big-endian UTF-16 code units; leftover bits are padding. Fewer than 16 bits are no run at all.
function decodeRun(run: string): string | undefined {
  if (run.length < 3) return undefined
  const bytes = Buffer.from(run, 'base64')
  const units = Math.floor((run.length * 6) / 16)
  let out = ''
  for (let i = 0; i < units; i++) out += String.fromCharCode(bytes.readUInt16BE(i * 2))
  return out
}

/** Encodes as .NET does: the inverse of `decodeUtf7` for every well-formed text. */
export function encodeUtf7(text: string): string {
  let out = ''
  for (let i = 0; i < text.length;) {
    const char = text.charAt(i)
    if (DIRECT.test(char)) {
      out += char
      i++
    } else if (char === '+') {
      out += '+-'
      i++
    } else {
      let end = i
      while (end < text.length && !DIRECT.test(text.charAt(end)) && text.charAt(end) !== '+') end++
      const bytes = Buffer.from(text.slice(i, end), 'utf16le').swap16()
      out += `+${bytes.toString('base64').replace(/=+$/, '')}-`
      i = end
    }
  }
  return out
}
