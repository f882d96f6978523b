import { escapeXml } from './xml-text.js'

export const xmlDeclaration = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'

const officeDocument = 'http://schemas.openxmlformats.org/officeDocument/2006'
const packageSchema = 'http://schemas.openxmlformats.org/package/2006'

/** `[Content_Types].xml`: the type of every part that is not a relationship. */
export function contentTypes(partTypes: Readonly<Record<string, string>>): string {
  const overrides = Object.entries(partTypes).map(
    ([part, type]) =>
      `<Override PartName="/${part}" ContentType="application/vnd.openxmlformats-${type}+xml"/>`,
  )
  return (
    `${xmlDeclaration}<Types xmlns="${packageSchema}/content-types">` +
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>' +
    `<Default Extension="xml" ContentType="application/xml"/>${overrides.join('')}</Types>`
  )
}

/** A `.rels` part: relationship id → kind (`slide`, `theme` …) and target. */
export function relationships(
  links: Readonly<Record<string, readonly [kind: string, target: string]>>,
): string {
  const rows = Object.entries(links).map(([id, [kind, target]]) => {
    const type =
      kind === 'core-properties'
        ? `${packageSchema}/relationships/metadata/core-properties`
        : `${officeDocument}/relationships/${kind}`
    return `<Relationship Id="${id}" Type="${type}" Target="${target}"/>`
  })
  return `${xmlDeclaration}<Relationships xmlns="${packageSchema}/relationships">${rows.join('')}</Relationships>`
}

export function coreProperties(title: string): string {
  return (
    `${xmlDeclaration}<cp:coreProperties xmlns:cp="${packageSchema}/metadata/core-properties"` +
    ' xmlns:dc="http://purl.org/dc/elements/1.1/">' +
    `<dc:title>${escapeXml(title)}</dc:title><dc:creator>Tandem simulator</dc:creator></cp:coreProperties>`
  )
}
