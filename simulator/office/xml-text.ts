/**
 * `text` as one line that an XML document can hold: line breaks and tabs become spaces, and what XML 1.0
 * forbids (control characters, lone surrogates, U+FFFE and U+FFFF) becomes the replacement character.
 */
export function asLine(text: string): string {
  return Array.from(text, (character) => {
    const code = character.codePointAt(0) ?? 0
    if (code === 0x09 || code === 0x0a || code === 0x0d) return ' '
    const allowed = (code >= 0x20 && code <= 0xd7ff) || (code >= 0xe000 && code <= 0xfffd) || code >= 0x10000
    return allowed ? character : '\ufffd'
  }).join('')
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

export function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&apos;')
}

export function unescapeXml(xml: string): string {
  return xml.replace(
    /&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi,
    (whole, hex?: string, decimal?: string, name?: string) => {
      if (hex !== undefined) return String.fromCodePoint(parseInt(hex, 16))
      if (decimal !== undefined) return String.fromCodePoint(parseInt(decimal, 10))
      return entities[name ?? ''] ?? whole
    },
  )
}

/** The text of every `<tag>…</tag>` inside `xml`, joined. */
export function textOf(xml: string, tag: string): string {
  const pieces = xml.matchAll(new RegExp(`<${tag}(?: [^>]*)?>(.*?)</${tag}>`, 'gs'))
  return Array.from(pieces, ([, text]) => unescapeXml(text ?? '')).join('')
}

/** The content of every `<tag>…</tag>` inside `xml`. */
export function elements(xml: string, tag: string): string[] {
  const found = xml.matchAll(new RegExp(`<${tag}(?: [^>]*)?>(.*?)</${tag}>`, 'gs'))
  return Array.from(found, ([, content]) => content ?? '')
}

/** Puts `addition` before the last `marker`; throws when the part is not shaped as expected. */
export function insertBeforeLast(xml: string, marker: string, addition: string): string {
  const at = xml.lastIndexOf(marker)
  if (at < 0) throw new Error(`The document has no ${marker}`)
  return xml.slice(0, at) + addition + xml.slice(at)
}
