/** An element with its attributes and the elements inside it; text is left out, discovery has none. */
export interface XmlElement {
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
  readonly children: readonly XmlElement[]
}

export class XmlError extends Error {}

const MAX_ELEMENTS = 20_000
const DEEPEST = 16

const DECLARATION = /<\?xml\s[^?<>]*\?>/y
const START = /<([A-Za-z_][\w:.-]{0,127})/y
const ATTRIBUTE = /\s+([A-Za-z_][\w:.-]{0,127})\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/y
const START_END = /\s*(\/?)>/y
const END = /<\/([A-Za-z_][\w:.-]{0,127})\s*>/y

/**
 * The root element of a small XML document. Deliberately not all of XML: a document type, and with it every entity but
 * the five that are built in, is refused, so that no document can grow while it is read or point elsewhere (P-10).
 * One pass, without recursion.
 * @throws XmlError for whatever is not well-formed, or too deep, or too much
 */
export function readXml(bytes: Uint8Array): XmlElement {
  const text = decode(bytes)
  const open: { name: string; attributes: ReadonlyMap<string, string>; children: XmlElement[] }[] = []
  let root: XmlElement | undefined
  let elements = 0
  let at = afterDeclaration(text)
  for (;;) {
    const next = text.indexOf('<', at)
    const between = text.slice(at, next < 0 ? undefined : next)
    if (open.length === 0 && between.trim() !== '')
      throw new XmlError('there is text outside the root element')
    if (next < 0) break
    at = next
    if (text.startsWith('<!--', at)) at = after(text, '-->', at + 4)
    else if (text.startsWith('<?', at)) at = after(text, '?>', at + 2)
    else if (text.startsWith('<![CDATA[', at) && open.length > 0) at = after(text, ']]>', at + 9)
    else if (text.startsWith('<!', at)) throw new XmlError('it has a document type')
    else if (text.startsWith('</', at)) {
      const end = match(END, text, at)
      const closed = open.pop()
      if (!closed || end?.[1] !== closed.name) throw new XmlError('an end tag does not fit')
      at += end[0].length
    } else {
      if (++elements > MAX_ELEMENTS) throw new XmlError('it has too many elements')
      const start = readStart(text, at)
      const element = { name: start.name, attributes: start.attributes, children: [] }
      const parent = open.at(-1)
      if (parent) parent.children.push(element)
      else if (root) throw new XmlError('it has two root elements')
      else root = element
      if (!start.empty) open.push(element)
      if (open.length > DEEPEST) throw new XmlError('its elements lie too deep')
      at = start.end
    }
  }
  if (!root || open.length > 0) throw new XmlError('it breaks off')
  return root
}

interface StartTag {
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
  readonly empty: boolean
  readonly end: number
}

function readStart(text: string, from: number): StartTag {
  const start = match(START, text, from)
  if (!start?.[1]) throw new XmlError('a "<" begins no tag')
  let at = from + start[0].length
  const attributes = new Map<string, string>()
  for (let found = match(ATTRIBUTE, text, at); found; found = match(ATTRIBUTE, text, at)) {
    const [whole, name = '', double, single] = found
    if (attributes.has(name)) throw new XmlError('an attribute appears twice')
    attributes.set(name, unescape(double ?? single ?? ''))
    at += whole.length
  }
  const end = match(START_END, text, at)
  if (!end) throw new XmlError('a tag is malformed')
  return { name: start[1], attributes, empty: end[1] === '/', end: at + end[0].length }
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

function unescape(value: string): string {
  if (!value.includes('&')) return value
  return value.replace(/&(?:(amp|lt|gt|quot|apos)|#(\d{1,7})|#x([\da-fA-F]{1,6}));|&/g, (...found) => {
    const [, name, decimal, hex] = found as (string | undefined)[]
    if (name !== undefined) return ENTITIES[name] ?? ''
    const code = decimal !== undefined ? Number.parseInt(decimal, 10) : Number.parseInt(hex ?? '', 16)
    if (!isCharacter(code)) throw new XmlError('it has an entity that is not built in')
    return String.fromCodePoint(code)
  })
}

function isCharacter(code: number): boolean {
  return (
    (code >= 0x20 && code < 0xd800) || (code > 0xdfff && code < 0xfffe) || (code > 0xffff && code <= 0x10ffff)
  )
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new XmlError('it is not UTF-8')
  }
}

function afterDeclaration(text: string): number {
  const declaration = match(DECLARATION, text, 0)?.[0] ?? ''
  const encoding = /\sencoding\s*=\s*["']([^"']*)["']/.exec(declaration)?.[1] ?? 'utf-8'
  if (encoding.toLowerCase() !== 'utf-8') throw new XmlError('it is not UTF-8')
  return declaration.length
}

function after(text: string, end: string, from: number): number {
  const found = text.indexOf(end, from)
  if (found < 0) throw new XmlError('it breaks off')
  return found + end.length
}

function match(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at
  return pattern.exec(text)
}
