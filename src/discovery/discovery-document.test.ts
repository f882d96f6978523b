import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { readDiscovery, type DiscoveryDocument } from './discovery-document.js'
import { XmlError } from './xml-reader.js'

const ORIGINS = ['https://office.example']

const action = (name: string, ext: string, urlsrc = `https://office.example/${name}?`, more = ''): string =>
  `<action name="${name}" ext="${ext}" urlsrc="${urlsrc}" ${more}/>`
const zone = (name: string, ...actions: string[]): string =>
  `<net-zone name="${name}"><app name="Word" checkLicense="true">${actions.join('')}</app></net-zone>`
const document = (...parts: string[]): Buffer =>
  Buffer.from(`<?xml version="1.0" encoding="utf-8"?><wopi-discovery>${parts.join('')}</wopi-discovery>`)
const read = (...parts: string[]): DiscoveryDocument => readDiscovery(document(...parts), ORIGINS)
const EDIT = zone('external-https', action('edit', 'docx'))

describe('a discovery document (WOPI.md §15.1)', () => {
  it('has the actions of its applications', () => {
    expect(read(zone('external-https', action('edit', 'DOCX'), action('view', 'docx'))).actions).toEqual([
      { application: 'Word', name: 'edit', extension: 'docx', urlsrc: 'https://office.example/edit?' },
      { application: 'Word', name: 'view', extension: 'docx', urlsrc: 'https://office.example/view?' },
    ])
  })

  it('pain 58: puts the best net-zone first, and takes any', () => {
    const at = (name: string): string => zone(name, action('edit', 'docx', `https://office.example/${name}`))
    const zones = ['somewhere', 'internal-http', 'external-http', 'internal-https', 'external-https']
    expect(read(...zones.map(at)).actions.map(({ urlsrc }) => urlsrc.split('/').at(-1))).toEqual([
      'external-https',
      'external-http',
      'internal-https',
      'internal-http',
      'somewhere',
    ])
  })

  it('leaves out actions that need what Tandem does not offer', () => {
    const needing = (requires: string): string => action('edit', 'docx', undefined, `requires="${requires}"`)
    expect(
      read(zone('external-https', needing('locks,cobalt,update'), needing('locks,update'))).actions,
    ).toHaveLength(1)
  })

  it.each([
    'https://evil.example/edit?',
    'https://office.example.evil.example/edit?',
    'https://office.example:8443/edit?',
    'http://office.example/edit?',
    'https://office.example@evil.example/edit?',
    'https://evil.example\\@office.example/edit?',
    'https://office.example',
    'https://&lt;a=UI_LLCC&gt;/edit?',
    '//evil.example/edit?',
    'javascript:alert(1)',
    'data:text/html,x',
    '',
  ])('S-03: opens nothing at %s', (urlsrc) => {
    const { actions } = read(zone('external-https', action('edit', 'docx', urlsrc), action('view', 'docx')))
    expect(actions.map(({ name }) => name)).toEqual(['view'])
  })

  it('S-03: says which addresses it left out', () => {
    const { disallowedOrigins } = read(
      zone('external-https', action('edit', 'docx', 'http://evil.example/x?')),
    )
    expect(disallowedOrigins).toEqual(['http://evil.example'])
  })

  it('S-03: takes the many hosts of Microsoft only for who reads its discovery there', () => {
    const word = zone(
      'external-https',
      action('edit', 'docx', 'https://word-edit.officeapps.live.com/we/frame.aspx?'),
    )
    const own = ['https://onenote.officeapps.live.com']
    expect(readDiscovery(document(word), own).actions).toHaveLength(1)
    expect(readDiscovery(document(word), ORIGINS).actions).toEqual([])
    const fake = zone('external-https', action('edit', 'docx', 'https://officeapps.live.com.evil.example/x?'))
    expect(readDiscovery(document(fake), own).actions).toEqual([])
  })

  it.each([
    ['https://office.example/browser/d3a/cool.html?', 'collabora'],
    ['https://office.example/loleaflet/1/loleaflet.html?', 'collabora'],
    ['https://office.example/hosting/wopi/word/edit?', 'onlyoffice'],
    ['https://office.example/we/wordeditorframe.aspx?', 'microsoft'],
    ['https://office.example/simulator/edit?', undefined],
  ])('knows whose product opens %s', (urlsrc, family) => {
    expect(read(zone('external-https', action('edit', 'docx', urlsrc))).family).toBe(family)
  })

  it.each([
    ['another document', '<html/>'],
    ['no action', '<wopi-discovery/>'],
    ['HTML', '<!doctype html><p>Not found'],
  ])('P-10: refuses %s', (_what, text) => {
    expect(() => readDiscovery(Buffer.from(text), ORIGINS)).toThrow(XmlError)
  })
})

describe('the proof keys in it (WOPI.md §14.4)', () => {
  const numbers = (bits: number): { n: string; e: string } => {
    const { n = '', e = '' } = generateKeyPairSync('rsa', { modulusLength: bits }).publicKey.export({
      format: 'jwk',
    })
    return {
      n: Buffer.from(n, 'base64url').toString('base64'),
      e: Buffer.from(e, 'base64url').toString('base64'),
    }
  }
  const good = numbers(2048)
  const keys = (attributes: string): DiscoveryDocument['keys'] =>
    read(EDIT, `<proof-key ${attributes}/>`).keys
  const current = `modulus="${good.n}" exponent="${good.e}"`

  it('are a current one and, where there is one, an old one (pain 54)', () => {
    expect(keys(current)).toMatchObject({ current: { bytes: 256 }, old: undefined })
    expect(keys(`${current} oldmodulus="${good.n}" oldexponent="${good.e}"`)?.old?.fingerprint).toBe(
      keys(current)?.current.fingerprint,
    )
  })

  it('may have leading zeros', () => {
    const padded = Buffer.concat([Buffer.alloc(3), Buffer.from(good.n, 'base64')]).toString('base64')
    expect(keys(`modulus="${padded}" exponent="AAEAAQ=="`)?.current.fingerprint).toBe(
      keys(current)?.current.fingerprint,
    )
  })

  const weak = numbers(1024)
  const even = Buffer.from(good.n, 'base64')
  even[255] = (even[255] ?? 0) & 0xfe
  it.each([
    ['none', ''],
    ['empty', 'modulus="" exponent=""'],
    ['AA==', 'modulus="AA==" exponent="AQAB"'],
    ['no base64', 'modulus="%%%" exponent="AQAB"'],
    ['exponent 1', `modulus="${good.n}" exponent="AQ=="`],
    ['an even exponent', `modulus="${good.n}" exponent="AQAC"`],
    ['an even modulus', `modulus="${even.toString('base64')}" exponent="AQAB"`],
    ['1024 bits', `modulus="${weak.n}" exponent="${weak.e}"`],
    ['a modulus of 100 KB', `modulus="${Buffer.alloc(100_000, 0xff).toString('base64')}" exponent="AQAB"`],
    ['only the old one', `oldmodulus="${good.n}" oldexponent="${good.e}"`],
  ])('P-10: are no keys: %s', (_what, attributes) => {
    expect(keys(attributes)).toBeUndefined()
  })

  it('P-10: a weak old key leaves the current one alone', () => {
    expect(keys(`${current} oldmodulus="${weak.n}" oldexponent="${weak.e}"`)?.old).toBeUndefined()
  })
})
