/** Letters that Unicode takes apart into no others. */
const LATIN = {
  ...{ ß: 'ss', ẞ: 'SS', æ: 'ae', œ: 'oe', ø: 'o', đ: 'd', ð: 'd', þ: 'th', ł: 'l', ı: 'i', ŋ: 'ng' },
  ...{ ħ: 'h', ŧ: 't', ĸ: 'k', ə: 'a', ɓ: 'b', ɗ: 'd', ƙ: 'k', ɛ: 'e', ɔ: 'o', ƒ: 'f', ʻ: "'", ʼ: "'" },
}

/** As passports have it (ICAO 9303), with the letters of the languages around Russian. */
const CYRILLIC = {
  ...{ а: 'a', б: 'b', в: 'v', г: 'g', д: 'd', е: 'e', ё: 'e', ж: 'zh', з: 'z', и: 'i', й: 'i', к: 'k' },
  ...{ л: 'l', м: 'm', н: 'n', о: 'o', п: 'p', р: 'r', с: 's', т: 't', у: 'u', ф: 'f', х: 'kh', ц: 'ts' },
  ...{ ч: 'ch', ш: 'sh', щ: 'shch', ъ: 'ie', ы: 'y', ь: '', э: 'e', ю: 'iu', я: 'ia' },
  ...{ і: 'i', ї: 'i', є: 'ie', ґ: 'g', ў: 'u', ђ: 'dj', ј: 'j', љ: 'lj', њ: 'nj', ћ: 'c', џ: 'dz', ѕ: 'dz' },
  ...{ ѓ: 'g', ќ: 'k', ә: 'a', ғ: 'gh', қ: 'q', ң: 'ng', ө: 'o', ұ: 'u', ү: 'u', һ: 'h' },
}

/** ELOT 743. */
const GREEK = {
  ...{ α: 'a', β: 'v', γ: 'g', δ: 'd', ε: 'e', ζ: 'z', η: 'i', θ: 'th', ι: 'i', κ: 'k', λ: 'l', μ: 'm' },
  ...{ ν: 'n', ξ: 'x', ο: 'o', π: 'p', ρ: 'r', σ: 's', ς: 's', τ: 't', υ: 'y', φ: 'f', χ: 'ch', ψ: 'ps' },
  ω: 'o',
}

/** Of the letters that stand together in Greek; the others are written one by one. */
const GREEK_PAIRS = { ου: 'ou', γγ: 'ng', γξ: 'nx', γχ: 'nch' }

const SIGNS = {
  ...{ '‘': "'", '’': "'", '‚': "'", '“': '"', '”': '"', '„': '"', '«': '"', '»': '"', '‹': "'", '›': "'" },
  ...{ '‐': '-', '‒': '-', '–': '-', '—': '-', '―': '-', '−': '-', '•': '*', '·': '.', '×': 'x', '€': 'EUR' },
  ...{ '£': 'GBP', '©': '(c)', '®': '(R)', '¿': '', '¡': '', '⁄': '/' },
}

const LETTERS = new Map<string, string>(
  Object.entries<string>({ ...LATIN, ...CYRILLIC, ...GREEK, ...GREEK_PAIRS, ...SIGNS }),
)

const UNPRINTABLE = /[^\x20-\x7e]/u
const GREEK_PAIR = new RegExp(Object.keys(GREEK_PAIRS).join('|'), 'giu')
const MARKS = /\p{M}/gu

/**
 * What people can still read of a text where only ASCII may stand: Latin without its marks, Cyrillic and Greek in Latin
 * letters.
 * @param unknown in place of a letter of any other script, and of each run of them
 */
export function transliterated(text: string, unknown: string): string {
  if (!UNPRINTABLE.test(text)) return text
  const pairs = text.normalize('NFC').replace(GREEK_PAIR, (pair) => asciiOf(pair) ?? pair)
  const spelt = Array.from(pairs, asciiOf)
  return spelt.map((letter, i) => letter ?? (i > 0 && spelt[i - 1] === undefined ? '' : unknown)).join('')
}

/** @returns undefined where nothing in ASCII stands for it */
function asciiOf(letter: string): string | undefined {
  if (!UNPRINTABLE.test(letter)) return letter
  // Line breaks would end the header; other white space is a blank.
  if (/^[\p{Cc}\p{Z}]$/u.test(letter)) return ' '
  if (/^[\p{M}\p{Cf}]$/u.test(letter)) return ''
  const known = spelling(letter)
  if (known !== undefined) return known
  // Half of a surrogate pair normalizes to itself.
  const plain = letter.normalize('NFKD').replace(MARKS, '')
  if (!UNPRINTABLE.test(plain)) return plain
  if (plain === letter) return undefined
  const parts = Array.from(plain, asciiOf)
  return parts.includes(undefined) ? undefined : parts.join('')
}

function spelling(letter: string): string | undefined {
  const small = letter.toLowerCase()
  const known = LETTERS.get(letter) ?? LETTERS.get(small)
  if (known === undefined || small === letter || LETTERS.has(letter)) return known
  return known.charAt(0).toUpperCase() + known.slice(1)
}
