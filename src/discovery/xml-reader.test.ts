import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readXml, XmlError, type XmlElement } from './xml-reader.js'
import { processorTime } from '../../test/kit/processor-time.js'

const read = (text: string): XmlElement => readXml(Buffer.from(text))

describe('the XML reader', () => {
  it('reads elements, attributes in both quotes, and the five built-in entities', () => {
    const root = read(`\ufeff<?xml version="1.0" encoding="UTF-8"?>\n<!-- hello --><?ignored at all?>
      <a one='1' two = "&lt;&amp;&gt;&quot;&apos;&#65;&#x1F600;">text <b/><ns:c x="&lt;!--"></ns:c ><![CDATA[<d>]]></a>\n`)
    expect(root.name).toBe('a')
    expect([...root.attributes]).toEqual([
      ['one', '1'],
      ['two', `<&>"'A😀`],
    ])
    expect(root.children.map(({ name }) => name)).toEqual(['b', 'ns:c'])
    expect(root.children[1]?.attributes.get('x')).toBe('<!--')
  })

  it.each([
    ['nothing', ''],
    ['text', 'hello'],
    ['JSON', '{"a":1}'],
    ['a document type', '<!DOCTYPE a><a/>'],
    ['an entity bomb', '<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]><a b="&c;"/>'],
    ['an external entity', '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'],
    ['an unknown entity', '<a b="&nbsp;"/>'],
    ['a lone ampersand', '<a b="x&y"/>'],
    ['a forbidden character', '<a b="&#0;"/>'],
    ['half a surrogate', '<a b="&#xD800;"/>'],
    ['a character beyond Unicode', '<a b="&#x110000;"/>'],
    ['an open element', '<a><b></a>'],
    ['an end without a start', '</a>'],
    ['two roots', '<a/><b/>'],
    ['text behind the root', '<a/>b'],
    ['an attribute twice', '<a b="1" b="2"/>'],
    ['an attribute without quotes', '<a b=1/>'],
    ['attributes without a blank', '<a b="1"c="2"/>'],
    ['a "<" in an attribute', '<a b="<"/>'],
    ['an open comment', '<a><!-- </a>'],
    ['an open tag', '<a'],
    ['HTML', '<!doctype html><html><body><br></body></html>'],
    ['another encoding', '<?xml version="1.0" encoding="utf-16"?><a/>'],
  ])('P-10: refuses %s', (_what, text) => {
    expect(() => read(text)).toThrow(XmlError)
  })

  it('P-10: refuses what is no UTF-8', () => {
    expect(() => readXml(Buffer.from('<a b="\xff"/>', 'latin1'))).toThrow(XmlError)
  })

  it('P-10: refuses depth and number, in a moment', () => {
    expect(() => read('<a>'.repeat(100_000))).toThrow('its elements lie too deep')
    expect(() => read(`<a>${'<b/>'.repeat(100_000)}</a>`)).toThrow('it has too many elements')
  })

  it.each(['<a ' + ' '.repeat(1e6), '<'.repeat(1e6), '<a b="' + '&amp;'.repeat(2e5), '<!--'.repeat(2e5)])(
    'reads a megabyte of nonsense in a moment',
    (text) => {
      const took = processorTime(() => {
        expect(() => read(text)).toThrow(XmlError)
      })
      expect(took).toBeLessThan(500)
    },
  )

  it('R-28: throws nothing but XmlError, whatever comes', () => {
    const piece = fc.constantFrom(
      ...[
        '<',
        '>',
        '/',
        '<a',
        '<b/>',
        '</a>',
        '"',
        "'",
        '=',
        ' ',
        '&',
        ';',
        '&#',
        'x',
        '<!--',
        '-->',
        '<?',
        '?>',
      ],
      ...['<!DOCTYPE', '<![CDATA[', ']]>', 'c="d"', '\u0000', '\ud800'],
    )
    const soup = fc.array(piece, { maxLength: 40 }).map((pieces) => Buffer.from(pieces.join('')))
    fc.assert(
      fc.property(fc.oneof(soup, fc.uint8Array({ maxLength: 200 })), (bytes) => {
        try {
          return readXml(bytes).name.length > 0
        } catch (error) {
          return error instanceof XmlError
        }
      }),
      { numRuns: 20_000 },
    )
  })

  it('R-28: reads back what was written', () => {
    const name = fc.stringMatching(/^[A-Za-z_][\w.-]{0,10}$/)
    const value = fc
      .string({ unit: 'grapheme' })
      .filter((text) => /^[\x20-\x7e\u00a0-\u{10ffff}]*$/u.test(text))
    const tree = (depth: number): fc.Arbitrary<XmlElement> =>
      fc.record({
        name,
        attributes: fc
          .dictionary(name, value, { maxKeys: 4 })
          .map((object) => new Map(Object.entries(object))),
        children: depth === 0 ? fc.constant([]) : fc.array(tree(depth - 1), { maxLength: 3 }),
      })
    fc.assert(
      fc.property(tree(3), (element) => {
        expect(read(written(element))).toEqual(element)
      }),
      { numRuns: 300 },
    )
  })
})

function written({ name, attributes, children }: XmlElement): string {
  const list = [...attributes].map(([key, value]) => ` ${key}="${escaped(value)}"`).join('')
  return `<${name}${list}>${children.map(written).join('\n')}</${name}>`
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&#34;')
}
