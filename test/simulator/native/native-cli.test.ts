import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { VirtualClock } from '../../../simulator/virtual-clock.js'
import { minute } from '../../../simulator/application.js'
import { nativeTable } from '../../../simulator/native/native-results.js'
import { requirePlus, simulateNative } from '../../../simulator/native/simulate-native.js'
import { planVisits } from '../../../simulator/plan.js'
import { Random } from '../../../simulator/random.js'
import { lostChanges, problems } from '../../../simulator/results.js'
import { editorFor, shareNewFile } from '../../../simulator/shared-file.js'
import { word } from '../../../simulator/word.js'
import { Tandem } from '../../kit/tandem.js'
import { accountsOf, plus } from './native-fixture.js'

let tandem: Tandem
beforeAll(async () => {
  tandem = await Tandem.start(inject('postgres'), plus)
})
afterAll(() => tandem.stop())

it('tells each save with what it sent, and sums it up', async () => {
  const accounts = await accountsOf(tandem, ['alice', 'bob'])
  await requirePlus(accounts[0], 'seed', {})
  const file = await shareNewFile(word, 'Told', accounts)
  const random = new Random('told')
  const visits = planVisits(2, 5 * minute, random)
  const cast = await Promise.all(
    accounts.map(async (account, index) => ({
      person: await editorFor(account, file, account.user),
      visits: visits[index] ?? [],
    })),
  )
  const lines: string[] = []
  const stage = { clock: new VirtualClock(), random, wopi: {} }
  const results = await simulateNative(stage, [file], [cast], (line) => {
    if (line !== undefined) lines.push(line)
  })
  expect(problems(results)).toEqual([])
  expect(lostChanges(results)).toBe(0)
  expect(lines.join('\n')).toMatch(/alice saves \d+ changes? as version \S+: [\d.]+ kB sent of [\d.]+ kB/)
  expect(lines.at(-1)).toContain('leaves, all saved, lock released')
  expect(nativeTable(results)).toContain('overtaken (412)')
})

it('says what to set when the host offers nothing to native clients', async () => {
  await using web = await Tandem.start(inject('postgres'))
  const [alice] = await accountsOf(web, ['alice'])
  await expect(requirePlus(alice, 'seed', {})).rejects.toThrow('Start Tandem with COAUTH_PROFILE=plus')
})
