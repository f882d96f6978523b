import { describe, expect, it } from 'vitest'
import { readConfig } from './config.js'

const OFFICE = 'office=https://onenote.officeapps.live.com/hosting/discovery'
const COLLABORA = 'collabora=http://collabora:9980/hosting/discovery https://office.example.com'

describe('EDITORS and PROOF', () => {
  it('are nobody by default', () => {
    expect(readConfig({}).editors).toEqual([])
    expect(readConfig({ PROOF: 'off' }).editors).toEqual([])
  })

  it('name editors, where they publish, and where their pages may be opened', () => {
    expect(readConfig({ EDITORS: `${OFFICE}, ${COLLABORA}` }).editors).toEqual([
      {
        name: 'office',
        discoveryUrl: 'https://onenote.officeapps.live.com/hosting/discovery',
        origins: ['https://onenote.officeapps.live.com'],
        proof: 'required',
      },
      {
        name: 'collabora',
        discoveryUrl: 'http://collabora:9980/hosting/discovery',
        origins: ['http://collabora:9980', 'https://office.example.com'],
        proof: 'required',
      },
    ])
  })

  it.each([
    ['required', ['required', 'required']],
    ['off', ['off', 'off']],
    ['collabora:off', ['required', 'off']],
    ['office:required, collabora:off', ['required', 'off']],
    ['collabora:required,office:off', ['off', 'required']],
  ])('PROOF=%s asks of the two: %j', (PROOF, modes) => {
    const { editors } = readConfig({ EDITORS: `${OFFICE},${COLLABORA}`, PROOF })
    expect(editors.map(({ proof }) => proof)).toEqual(modes)
  })

  it.each([
    'office',
    'office=',
    '=https://office.example/',
    'Office=https://office.example/',
    'of fice=https://office.example/',
    'office=file:///etc/passwd',
    'office=gopher://office.example/',
    'office=https://a@office.example/',
    'office=https://',
    'office=https://office.example/ other.example',
    `${OFFICE},`,
  ])('S-01: refuses EDITORS=%s', (EDITORS) => {
    expect(() => readConfig({ EDITORS })).toThrow(
      new Error('EDITORS must be a list of name=discovery-URL, separated by commas.'),
    )
  })

  it('refuses one name for two editors', () => {
    expect(() => readConfig({ EDITORS: `${OFFICE},${OFFICE}` })).toThrow(
      new Error('EDITORS has the same name twice.'),
    )
  })

  it.each(['on', 'office', 'office:', 'office:maybe', 'office:off,', 'office:off,office:off', ':off'])(
    'refuses PROOF=%s',
    (PROOF) => {
      expect(() => readConfig({ EDITORS: OFFICE, PROOF })).toThrow(
        new Error('PROOF must be required, off, or a list of name:required or name:off, each name once.'),
      )
    },
  )

  it('P-11: refuses to switch proofs off for an editor that is not there', () => {
    expect(() => readConfig({ EDITORS: OFFICE, PROOF: 'ofice:off' })).toThrow(
      new Error('PROOF names ofice, which EDITORS does not.'),
    )
  })
})
