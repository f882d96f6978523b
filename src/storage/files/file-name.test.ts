import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkName, MAX_STEM_LENGTH, nameKey, numberedName, sanitizeName, splitName } from './file-name.js'
import { InvalidName } from '../storage-errors.js'
import { processorTime } from '../../../test/kit/processor-time.js'

/** Everything that some rule is about, and enough ordinary letters between. */
const awkward = fc.constantFrom(
  ...[
    'a',
    'b',
    'é',
    'e',
    '\u0301',
    '😀',
    '\ud83d',
    '\ude00',
    '\udb40',
    '\udc01',
    '.',
    '..',
    ' ',
    '\u00a0',
    '/',
  ],
  ...['\\', '<', '>', ':', '"', '|', '?', '*', '\u0000', '\n', '\t', '\u202e', '\u200b', '\u200d', '\ufeff'],
  ...[
    '\ue000',
    '\u2028',
    'con',
    'NUL',
    'lpt1',
    '.docx',
    'x'.repeat(30),
    'y'.repeat(199),
    '\u037e',
    '\u1100\u1161',
  ],
)
const anyName = fc.oneof(
  fc.string({ unit: awkward, maxLength: 12 }),
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)) }),
)

describe('file names', () => {
  it.each([
    'Budget.xlsx',
    'Отчёт за 2026 год.docx',
    '文件1.docx',
    '👨\u200d👩\u200d👧 Family.docx',
    '-rf.docx',
    '=HYPERLINK(1).xlsx',
    'no extension',
    'a.b.c.docx',
    'x'.repeat(MAX_STEM_LENGTH) + '.docx',
  ])('N-03: %j is a name', (name) => {
    expect(checkName(name)).toBe(name)
  })

  it.each([
    ['', 'empty'],
    [' ', 'empty'],
    ['\u200d', 'empty'],
    ['\u200d\u200d', 'empty'],
    ['.', 'dot'],
    ['..', 'dot'],
    ['../../etc/passwd', 'characters'],
    ['..\\..\\x', 'characters'],
    ['C:\\x', 'characters'],
    ['\\\\srv\\s', 'characters'],
    ['/abs', 'characters'],
    ['a/b', 'characters'],
    ['<img src=x>.docx', 'characters'],
    ['a\r\nb.docx', 'invisible'],
    ['a\tb.docx', 'invisible'],
    ['bell\u0007.docx', 'invisible'],
    ['nul\u0000.docx', 'invisible'],
    ['cod\u202exe.docx', 'invisible'],
    ['zero\u200bwidth.docx', 'invisible'],
    ['half \ud83d pair.docx', 'invisible'],
    [' leading.docx', 'begins or ends'],
    ['.hidden', 'begins or ends'],
    ['trailing.docx.', 'begins or ends'],
    ['trailing.docx ', 'begins or ends'],
    ['CON', 'Windows'],
    ['con.docx', 'Windows'],
    ['NUL.docx', 'Windows'],
    ['LPT1.tar.gz', 'Windows'],
    ['x'.repeat(MAX_STEM_LENGTH + 1) + '.docx', 'longer'],
    ['x.' + 'y'.repeat(30), 'longer'],
  ])('N-01, N-03: %j is none, because of: %s', (name, reason) => {
    expect(() => checkName(name)).toThrow(InvalidName)
    expect(() => checkName(name)).toThrow(reason)
  })

  it.each([
    ['../../etc/passwd', 'passwd'],
    ['C:\\Users\\x\\Plan.docx', 'Plan.docx'],
    ['a<b>.docx', 'a_b_.docx'],
    ['  .. Plan.docx.. ', 'Plan.docx'],
    ['CON.docx', '_CON.docx'],
    ['cod\u202exe.docx', 'codxe.docx'],
    ['e\u200d\u0301.docx', 'é.docx'],
    ['Plan.' + 'x'.repeat(30), 'Plan'],
    ['Plan.' + 'x'.repeat(30) + '.' + 'y'.repeat(30), 'Plan'],
    ['Plan..' + 'x'.repeat(30), 'Plan'],
    ['Plan.docx .' + 'x'.repeat(30), 'Plan.docx'],
    ['x'.repeat(500) + '.docx', 'x'.repeat(MAX_STEM_LENGTH - 1) + '.docx'],
  ])('WOPI.md §8.1: makes of the suggestion %j the name %j', (suggested, name) => {
    expect(sanitizeName(suggested)).toBe(name)
  })

  it.each(['', '   ', '...', '/', '..\\..', '\u0000\u0001', '\u200b', '\u200d', '. /. '])(
    'N-01: finds nothing to use in %j',
    (suggested) => {
      expect(sanitizeName(suggested)).toBeUndefined()
    },
  )

  it('WOPI.md §8.1: whatever is suggested becomes a name as it is, or is known to be useless', () => {
    fc.assert(
      fc.property(anyName, (suggested) => {
        const name = sanitizeName(suggested)
        if (name !== undefined) expect(checkName(name)).toBe(name)
      }),
      { numRuns: 20_000 },
    )
  })

  it('WOPI.md §8.1: a good name that is short enough stays as it is', () => {
    fc.assert(
      fc.property(anyName, (suggested) => {
        const name = sanitizeName(suggested)
        if (name === undefined || splitName(name).stem.length >= MAX_STEM_LENGTH) return
        expect(sanitizeName(name)).toBe(name)
      }),
      { numRuns: 5000 },
    )
  })

  it('pain 64: a numbered name is a name with the same extension', () => {
    fc.assert(
      fc.property(anyName, fc.integer({ min: 2, max: 100_000 }), (suggested, number) => {
        const name = sanitizeName(suggested)
        if (name === undefined) return
        const numbered = numberedName(name, number)
        expect(checkName(numbered)).toBe(numbered)
        expect(numbered.endsWith(` (${number})${splitName(name).extension}`)).toBe(true)
      }),
      { numRuns: 5000 },
    )
    expect(numberedName('Plan.docx', 2)).toBe('Plan (2).docx')
    expect(numberedName('x'.repeat(200) + '.docx', 10)).toBe('x'.repeat(195) + ' (10).docx')
  })

  it('N-03: names that only look different to a computer are one name', () => {
    expect(nameKey('Caf\u00e9.docx')).toBe(nameKey('CAFE\u0301.DOCX'))
    expect(nameKey('ﬁle.docx')).toBe(nameKey('File.docx'))
    expect(nameKey('Pl\u200dan.docx')).toBe(nameKey('plan.docx'))
    expect(nameKey('Plan.docx')).not.toBe(nameKey('Plan 2.docx'))
  })

  it('pain 64: the extension begins at the last dot', () => {
    expect(splitName('a.b.docx')).toEqual({ stem: 'a.b', extension: '.docx' })
    expect(splitName('plain')).toEqual({ stem: 'plain', extension: '' })
    expect(splitName('.docx')).toEqual({ stem: '.docx', extension: '' })
  })

  it.each([
    '.',
    ' ',
    'a',
    '. ',
    '.a',
    '/',
    '\u200b',
    '\u202e.',
    ' \u0000',
    'é',
    '\ud83d',
    '.'.padEnd(25, 'x'),
  ])('D-10: 100 kB of %j take time in proportion', (piece) => {
    const text = `a${piece.repeat(Math.ceil(100_000 / piece.length))}a`
    const took = processorTime(() => {
      sanitizeName(text)
      sanitizeName(`${text}.docx`)
      nameKey(text)
      numberedName(text, 2)
      expect(() => checkName(text)).toThrow(InvalidName)
    })
    expect(took).toBeLessThan(500)
  })
})
