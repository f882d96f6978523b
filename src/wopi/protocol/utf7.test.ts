import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeUtf7, encodeUtf7, InvalidUtf7 } from './utf7.js'
import { processorTime } from '../../../test/kit/processor-time.js'

/** WOPI.md §3, computed with .NET's encoder. */
const VECTORS: readonly [string, string][] = [
  ['madeup_name.wopitestx', 'madeup+AF8-name.wopitestx'],
  ['文件1.docx', '+ZYdO9g-1.docx'],
  ['日本', '+ZeVnLA-'],
  ['a+b', 'a+-b'],
  ['naïve – 100%', 'na+AO8-ve +IBM- 100+ACU-'],
  ['😀.docx', '+2D3eAA-.docx'],
]

const ascii = fc.string({ unit: fc.integer({ min: 0, max: 127 }).map((code) => String.fromCharCode(code)) })
/** Text that is made of the very characters that UTF-7 gives a meaning. */
const nearUtf7 = fc.string({ unit: fc.constantFrom('+', '-', '/', 'A', 'D', '2', '3', 'g', '_', ' ', '=') })

describe('UTF-7 file names', () => {
  it.each(VECTORS)('WOPI.md §3: encodes %j as %j', (text, utf7) => {
    expect(encodeUtf7(text)).toBe(utf7)
  })

  it.each(VECTORS)('WOPI.md §3: has %j from %j', (text, utf7) => {
    expect(decodeUtf7(utf7)).toBe(text)
  })

  it.each([
    ['plain ASCII stays', 'Plan - v1.2 (draft).docx', 'Plan - v1.2 (draft).docx'],
    ['a terminator other than - is kept', '+AOk.docx', 'é.docx'],
    ['a run may end with the text', 'caf+AOk', 'café'],
    ['a - that ends a run is swallowed, the next one is not', '+AOk--x', 'é-x'],
    ['two runs may follow each other', '+AOk-+AOk-', 'éé'],
    ['leftover bits are dropped', '+AOl-', 'é'],
    ['a bare + is taken literally', 'a+ b', 'a+ b'],
    ['a + at the end is taken literally', 'C++', 'C++'],
    ['a + before too few base64 characters is taken literally', '1+1=2', '1+1=2'],
    ['an encoded plus is not decoded a second time', '+-AOk-', '+AOk-'],
    ['an encoded NUL arrives, for the name check to refuse', '+AAA-', '\u0000'],
    ['an encoded ../ arrives, for the name check to refuse', '+AC4ALgAv-etc', '../etc'],
    ['nothing stays nothing', '', ''],
  ])('WOPI.md §3: %s', (_title, utf7, text) => {
    expect(decodeUtf7(utf7)).toBe(text)
  })

  it.each([
    ['half a surrogate pair, the first', '+2D0-'],
    ['half a surrogate pair, the second', '+3gA-'],
    ['the halves in the wrong order', '+3gDYPQ-'],
    ['a first half before plain text', '+2D0-.docx'],
    ['UTF-8 read as Latin-1', 'cafÃ©.docx'],
  ])('N-02: refuses %s', (_title, utf7) => {
    expect(() => decodeUtf7(utf7)).toThrow(InvalidUtf7)
  })

  it('WOPI.md §3: decoding gives back every well-formed text', () => {
    const everything = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), nearUtf7)
    fc.assert(
      fc.property(everything, (text) => {
        expect(decodeUtf7(encodeUtf7(text))).toBe(text)
      }),
      { numRuns: 5000 },
    )
  })

  it('WOPI.md §3: encodes to what a header can carry, with nothing but direct characters outside of runs', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(encodeUtf7(text)).toMatch(/^(?:[A-Za-z0-9'(),\-./:? \t\r\n]|\+[A-Za-z0-9+/]*-)*$/)
      }),
      { numRuns: 1000 },
    )
  })

  it('N-02: for arbitrary ASCII answers well-formed text or InvalidUtf7, and nothing else', () => {
    fc.assert(
      fc.property(fc.oneof(ascii, nearUtf7), (text) => {
        const decoded = decodedOrRefused(text)
        if (decoded === undefined) return
        expect(decoded).not.toMatch(/\p{Cs}/u)
        expect(decodeUtf7(encodeUtf7(decoded))).toBe(decoded)
      }),
      { numRuns: 20_000 },
    )
  })

  it('D-10: takes time in proportion to the length', () => {
    for (const piece of ['+', '+A', '+AAA', '+-', '-', 'A', '+AOk-', '+2D0']) {
      const text = piece.repeat(Math.ceil(100_000 / piece.length))
      expect(processorTime(() => decodedOrRefused(text))).toBeLessThan(500)
    }
  })
})

function decodedOrRefused(text: string): string | undefined {
  try {
    return decodeUtf7(text)
  } catch (error) {
    if (error instanceof InvalidUtf7) return undefined
    throw error
  }
}
