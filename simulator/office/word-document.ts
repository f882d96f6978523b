import type { LineFormat } from './office-document.js'
import { OfficeDocument } from './office-document.js'
import { contentTypes, coreProperties, relationships, xmlDeclaration } from './package-parts.js'
import { elements, escapeXml, insertBeforeLast, textOf } from './xml-text.js'

/** A line is a paragraph. */
export const wordFormat: LineFormat = {
  mainPart: 'word/document.xml',
  // The section properties must stay the body's last element.
  append: (xml, lines) => {
    const last = xml.match(/<w:sectPr[ >/]/g)?.at(-1) ?? '</w:body>'
    return insertBeforeLast(xml, last, lines.map(paragraph).join(''))
  },
  read: (xml) => elements(xml, 'w:p').map((content) => textOf(content, 'w:t')),
}

export function newWordDocument(title: string): Uint8Array {
  const parts = {
    '[Content_Types].xml': contentTypes({
      'word/document.xml': 'officedocument.wordprocessingml.document.main',
      'docProps/core.xml': 'package.core-properties',
    }),
    '_rels/.rels': relationships({
      rId1: ['officeDocument', 'word/document.xml'],
      rId2: ['core-properties', 'docProps/core.xml'],
    }),
    'docProps/core.xml': coreProperties(title),
    'word/document.xml':
      `${xmlDeclaration}<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>` +
      `${heading(title)}<w:sectPr><w:pgSz w:w="11906" w:h="16838"/>` +
      '<w:pgMar w:top="1440" w:right="1440" w:bottom="1440" w:left="1440" w:header="708" w:footer="708"' +
      ' w:gutter="0"/></w:sectPr></w:body></w:document>',
  }
  return OfficeDocument.create(parts, wordFormat).toBytes()
}

function paragraph(line: string): string {
  return `<w:p><w:r><w:t xml:space="preserve">${escapeXml(line)}</w:t></w:r></w:p>`
}

function heading(title: string): string {
  return `<w:p><w:r><w:rPr><w:b/><w:sz w:val="40"/></w:rPr><w:t>${escapeXml(title)}</w:t></w:r></w:p>`
}
