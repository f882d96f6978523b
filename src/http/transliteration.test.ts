import { describe, expect, it } from 'vitest'
import { headerText, nameInHeader } from './answer.js'

describe('text in headers', () => {
  it.each([
    ['plain ASCII, {"S":"x"}', 'plain ASCII, {"S":"x"}'],
    ['François Müller-Lüdenscheidt', 'Francois Muller-Ludenscheidt'],
    ['Łukasz Żółć', 'Lukasz Zolc'],
    ['Øystein Æsop Þór', 'Oystein Aesop Thor'],
    ['STRAẞE straße', 'STRASSE strasse'],
    ['Nguyễn Văn Đức', 'Nguyen Van Duc'],
    ['İlayda Işık', 'Ilayda Isik'],
    ['Юлия Щербакова', 'Iuliia Shcherbakova'],
    ['Фёдор Достоевский', 'Fedor Dostoevskii'],
    ['Олексій Їжак', 'Oleksii Izhak'],
    ['Ђорђе Љубић', 'Djordje Ljubic'],
    ['Γιώργος Παπαδόπουλος', 'Giorgos Papadopoulos'],
    ['Άγγελος Ευσταθίου', 'Angelos Eystathiou'],
    ['“Größe” – 5 €…', '"Grosse" - 5 EUR...'],
    ['ﬁle ①', 'file 1'],
    ['e\u0301 decomposed', 'e decomposed'],
    ['a\u00a0b\u2028c\td', 'a b c d'],
    ['李雷 and 한국 and 🙂', '_ and _ and _'],
    ['\ud800 alone', '_ alone'],
  ])('says %j as %j', (text, expected) => {
    expect(headerText(text)).toBe(expected)
  })

  it('is printable ASCII of at most 500 characters and without a question mark that nobody wrote, whatever comes', () => {
    for (let code = 0; code < 0x11000; code += 7) {
      const character = String.fromCodePoint(code)
      const text = headerText(`a${character}b`)
      expect(text).toMatch(/^[\x20-\x7e]*$/)
      expect(text.includes('?')).toBe(character.normalize('NFKD').includes('?'))
    }
    expect(headerText('x\r\nSet-Cookie: a=b')).toBe('x  Set-Cookie: a=b')
    expect(headerText('ü'.repeat(10_000))).toHaveLength(500)
  })

  it.each([
    ['Zoë Ångström', 'Zoe Angstrom'],
    ['李 Wei', 'Wei'],
    ['李雷', 'u123'],
    ['محمد', 'u123'],
    ['🙂', 'u123'],
    ['', 'u123'],
    [' \n ', 'u123'],
    ['x'.repeat(200), 'x'.repeat(80)],
  ])('names %j as %j', (name, expected) => {
    expect(nameInHeader(name, 'u123')).toBe(expected)
  })
})
