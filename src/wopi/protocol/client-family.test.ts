import { describe, expect, it } from 'vitest'
import { theToken, theUser } from '../../../test/kit/ids.js'
import type { ClientFamily } from '../../coauth-status/application-profile.js'
import { clientFamily, type FamilyMarks } from './client-family.js'

const FILE = 'b5c1f0'

function call(headers: Record<string, string>, issuedFor?: ClientFamily): FamilyMarks {
  const openedIn = { editor: 'e', application: 'Word', ...(issuedFor && { family: issuedFor }) }
  const user = { jti: theToken('j'), userId: theUser('u'), resourceId: FILE, expiresAt: 1, openedIn }
  return { headers, params: { id: FILE }, user }
}

const COOL = { 'user-agent': 'COOLWSD HTTP Agent 25.04', 'x-cool-wopi-serverid': '1a' }
const LOOL = { 'x-lool-wopi-isautosave': 'true' }
const TABLE: readonly [string, Record<string, string>, readonly ClientFamily[]][] = [
  // issued for:                                                  nobody       microsoft    collabora    onlyoffice
  ['nothing that tells', {}, ['microsoft', 'microsoft', 'collabora', 'onlyoffice']],
  ['a browser', { 'user-agent': 'Mozilla/5.0' }, ['microsoft', 'microsoft', 'collabora', 'onlyoffice']],
  ['Collabora', COOL, ['collabora', 'collabora', 'collabora', 'collabora']],
  [
    'its server id alone',
    { 'x-cool-wopi-serverid': '1a' },
    ['collabora', 'collabora', 'collabora', 'collabora'],
  ],
  [
    'a save of Collabora',
    { 'x-cool-wopi-timestamp': '' },
    ['collabora', 'collabora', 'collabora', 'collabora'],
  ],
  [
    'a save of an older Collabora',
    { ...LOOL, 'user-agent': 'LOOLWSD WOPI Agent 6.4' },
    ['collabora', 'collabora', 'collabora', 'collabora'],
  ],
  ['a save of ONLYOFFICE', LOOL, ['onlyoffice', 'onlyoffice', 'collabora', 'onlyoffice']],
  ['the file’s id as lock', { 'x-wopi-lock': FILE }, ['onlyoffice', 'microsoft', 'collabora', 'onlyoffice']],
  ['another lock', { 'x-wopi-lock': '{"S":"x"}' }, ['microsoft', 'microsoft', 'collabora', 'onlyoffice']],
]

describe('whose call it is (docs/clients.md)', () => {
  const issued = [undefined, 'microsoft', 'collabora', 'onlyoffice'] as const
  it.each(TABLE)('%s', (_what, headers, families) => {
    expect(issued.map((family) => clientFamily(call(headers, family)))).toEqual(families)
  })
})
