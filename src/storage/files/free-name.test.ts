import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nameKey, numberedContainerName, numberedName, sanitizeName, sanitizeStem } from './file-name.js'
import { keyForms } from './free-name.js'

const letters = fc.constantFrom(
  ...[
    'a',
    'Σ',
    'ς',
    'İ',
    'ß',
    'ﬁ',
    '\uff76',
    '\uff9e',
    'e\u0301',
    '\u0301',
    '🙂',
    '\u200d',
    '(',
    ')',
    '1',
    '9',
    '.',
    ' ',
  ],
)
const anyName = fc.string({ unit: letters, minLength: 1, maxLength: 230 })
const anyNumber = fc.oneof(fc.integer({ min: 2, max: 12 }), fc.integer({ min: 2, max: 9_999_999 }))

describe('the keys of numbered names', () => {
  it.each([
    ['file', sanitizeName, numberedName],
    ['container', sanitizeStem, numberedContainerName],
  ] as const)(
    'of a %s: exactly one form has each number, and it says the key',
    (kind, sanitize, numbered) => {
      fc.assert(
        fc.property(anyName, anyNumber, (suggested, number) => {
          const name = sanitize(suggested)
          if (name === undefined) return
          const covering = keyForms(kind, name).filter(({ least, most }) => least <= number && number <= most)
          const key = nameKey(numbered(name, number))
          expect(covering.map(({ before, after }) => `${before}${number}${after}`)).toEqual([key])
        }),
        { numRuns: 3000 },
      )
    },
  )

  it('are one form, unless the name is so long that a number takes some of it away', () => {
    expect(keyForms('file', 'Plan.docx')).toEqual([
      { before: 'plan (', after: ').docx', least: 2, most: 9_999_999 },
    ])
    expect(keyForms('file', `${'x'.repeat(195)}.docx`)).toMatchObject([
      { before: `${'x'.repeat(195)} (`, least: 2, most: 99 },
      { before: `${'x'.repeat(194)} (`, least: 100, most: 999 },
      { before: `${'x'.repeat(193)} (`, least: 1000 },
      { least: 10_000 },
      { least: 100_000 },
      { least: 1_000_000, most: 9_999_999 },
    ])
  })

  it('an extension may have a number of its own', () => {
    expect(keyForms('file', 'a.b(1)')).toMatchObject([{ before: 'a (', after: ').b(1)' }])
    expect(keyForms('container', 'v1.2')).toMatchObject([{ before: 'v1.2 (', after: ')' }])
  })
})
