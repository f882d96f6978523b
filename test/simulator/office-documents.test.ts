import fc from 'fast-check'
import { unzipSync } from 'fflate'
import { describe, expect, it } from 'vitest'
import { excelFormat, newExcelWorkbook } from '../../simulator/office/excel-workbook.js'
import { appendMarkedLine, markedLines, OfficeDocument } from '../../simulator/office/office-document.js'
import { newPowerpointDeck, powerpointFormat } from '../../simulator/office/powerpoint-deck.js'
import { newWordDocument, wordFormat } from '../../simulator/office/word-document.js'
import { withThumbnail } from '../../simulator/office/thumbnail.js'
import { asLine, escapeXml, unescapeXml } from '../../simulator/office/xml-text.js'
import { Random } from '../../simulator/random.js'

const kinds = [
  { name: 'Word', create: newWordDocument, format: wordFormat },
  { name: 'Excel', create: newExcelWorkbook, format: excelFormat },
  { name: 'PowerPoint', create: newPowerpointDeck, format: powerpointFormat },
]

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.constantFrom(
    '<&>"\'',
    ']]>',
    '&amp;',
    '&#65;',
    '_x0041_',
    '_x005F_',
    '_x_x000D_',
    '§eve#1 x',
    '👩‍👩‍👧‍👦 ',
    '  two  ',
    '\ud800',
  ),
)

describe.each(kinds)('$name documents', ({ create, format }) => {
  it('keep every line that is appended, in order and letter by letter', () => {
    fc.assert(
      fc.property(fc.array(anyText, { maxLength: 6 }), (texts) => {
        const lines = texts.map((text, index) => `§alice#${index + 1} ${text}`)
        const bytes = lines.reduce(
          (document, line) => appendMarkedLine(document, line, format),
          create('Test'),
        )
        expect(markedLines(bytes, format)).toEqual(lines.map(asLine))
      }),
    )
  })

  it('do not show an unmarked heading as a change', () => {
    expect(markedLines(create('Costs & benefits <draft>'), format)).toEqual([])
  })

  it('are the same bytes for the same content', () => {
    expect(create('Test')).toEqual(create('Test'))
  })

  it('begin with the content types, which name every part, and every relationship leads to a part', () => {
    const parts = unzipSync(create('Test'))
    const names = Object.keys(parts)
    expect(names[0]).toBe('[Content_Types].xml')
    const text = (name: string): string => Buffer.from(parts[name] ?? []).toString('utf8')
    const typed = Array.from(
      text('[Content_Types].xml').matchAll(/PartName="\/([^"]+)"/g),
      ([, part]) => part,
    )
    const isRelationships = (name: string): boolean => name.endsWith('.rels')
    expect(typed.toSorted()).toEqual(
      names.filter((name) => !isRelationships(name) && name !== '[Content_Types].xml').toSorted(),
    )
    for (const name of names.filter(isRelationships)) {
      const folder = name.replace(/_rels\/[^/]+$/, '')
      for (const [, target] of text(name).matchAll(/Target="([^"]+)"/g)) {
        const url = new URL(target ?? '', `https://package/${folder}`)
        expect(names).toContain(url.pathname.slice(1))
      }
    }
  })
})

it.each(kinds)('can have a picture in them: $name', ({ create, format }) => {
  const bytes = withThumbnail(create('Test'), 8, new Random('picture'))
  expect(bytes.length).toBeGreaterThan(8 * 1024)
  expect(markedLines(appendMarkedLine(bytes, '§alice#1 one', format), format)).toEqual(['§alice#1 one'])
  // Opened and written again, it is the same package: only what changes is sent.
  expect(OfficeDocument.open(bytes, format).toBytes()).toEqual(bytes)
  const parts = unzipSync(bytes)
  expect(Object.keys(parts)[0]).toBe('[Content_Types].xml')
  const png = Buffer.from(parts['docProps/thumbnail.png'] ?? [])
  expect(png.toString('latin1', 1, 4)).toBe('PNG')
  expect(png.readUInt32BE(16)).toBe(1024)
})

it('escapes XML so that it comes back the same', () => {
  fc.assert(fc.property(anyText, (text) => unescapeXml(escapeXml(text)) === text))
  expect(unescapeXml('&#x1F44D;&#65;&lt;')).toBe('👍A<')
})

describe('documents that other programs made', () => {
  it.each([
    [
      'a body whose section has attributes',
      '<w:body><w:sectPr w:rsidR="1"/></w:body>',
      '<w:sectPr w:rsidR="1"/>',
    ],
    ['a body without a section', '<w:body></w:body>', '</w:body>'],
  ])('take a paragraph at the end of %s', (_what, xml, follows) => {
    const written = wordFormat.append(xml, ['one'])
    expect(wordFormat.read(written)).toEqual(['one'])
    expect(written.split('</w:p>').at(-1)?.startsWith(follows)).toBe(true)
  })

  it.each([
    ['an empty sheet', '<sheetData/>', '1'],
    ['a sheet with gaps', '<sheetData><row spans="1:1" r="7"></row></sheetData>', '8'],
  ])('take a row at the end of %s', (_what, xml, number) => {
    const written = excelFormat.append(xml, ['one'])
    expect(written).toContain(`<row r="${number}"><c r="A${number}"`)
    expect(excelFormat.read(written).at(-1)).toBe('one')
  })
})
