import type { LineFormat } from './office-document.js'
import { OfficeDocument } from './office-document.js'
import { contentTypes, coreProperties, relationships, xmlDeclaration } from './package-parts.js'
import { elements, escapeXml, insertBeforeLast, textOf } from './xml-text.js'

/** A line is a row with one inline string in column A. */
export const excelFormat: LineFormat = {
  mainPart: 'xl/worksheets/sheet1.xml',
  append: (xml, lines) => {
    // A workbook that Excel made leaves out its empty rows.
    const numbers = Array.from(xml.matchAll(/<row [^>]*?\br="(\d+)"/g), ([, number]) => Number(number))
    const last = numbers.at(-1) ?? 0
    return insertBeforeLast(
      xml.replace('<sheetData/>', '<sheetData></sheetData>'),
      '</sheetData>',
      lines.map((line, index) => row(last + index + 1, line)).join(''),
    )
  },
  read: (xml) => elements(xml, 'row').map((content) => unescapeCell(textOf(content, 't'))),
}

export function newExcelWorkbook(title: string): Uint8Array {
  const main = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main'
  const parts = {
    '[Content_Types].xml': contentTypes({
      'xl/workbook.xml': 'officedocument.spreadsheetml.sheet.main',
      'xl/worksheets/sheet1.xml': 'officedocument.spreadsheetml.worksheet',
      'docProps/core.xml': 'package.core-properties',
    }),
    '_rels/.rels': relationships({
      rId1: ['officeDocument', 'xl/workbook.xml'],
      rId2: ['core-properties', 'docProps/core.xml'],
    }),
    'docProps/core.xml': coreProperties(title),
    'xl/workbook.xml':
      `${xmlDeclaration}<workbook xmlns="${main}"` +
      ' xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">' +
      '<sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>',
    'xl/_rels/workbook.xml.rels': relationships({ rId1: ['worksheet', 'worksheets/sheet1.xml'] }),
    'xl/worksheets/sheet1.xml':
      `${xmlDeclaration}<worksheet xmlns="${main}"><cols><col min="1" max="1" width="80" customWidth="1"/></cols>` +
      `<sheetData>${row(1, title)}</sheetData></worksheet>`,
  }
  return OfficeDocument.create(parts, excelFormat).toBytes()
}

function row(number: number, line: string): string {
  const text = escapeXml(escapeCell(line))
  return `<row r="${number}"><c r="A${number}" t="inlineStr"><is><t xml:space="preserve">${text}</t></is></c></row>`
}

// Excel reads _x0041_ inside a string as the character with that code (ECMA-376 part 1, ST_Xstring); a text
// that only looks like such a code must have its first underscore written as a code itself.
function escapeCell(text: string): string {
  return text.replace(/_(?=x[0-9a-f]{4}_)/gi, '_x005F_')
}

function unescapeCell(text: string): string {
  return text.replace(/_x([0-9a-f]{4})_/gi, (_, code: string) => String.fromCharCode(parseInt(code, 16)))
}
