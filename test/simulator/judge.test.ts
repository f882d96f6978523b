import { describe, expect, it } from 'vitest'
import { minute } from '../../simulator/application.js'
import type { Script, ScriptName, Role } from '../../simulator/scenarios/script.js'
import { courses } from '../../simulator/scenarios/script.js'
import { documented } from '../../simulator/scenarios/documented.js'
import { differences } from '../../simulator/scenarios/judge.js'
import type { HostFacts, Observed } from '../../simulator/scenarios/observed.js'

const afterFour: HostFacts = {
  headVersion: '3',
  lock: '',
  typed: 10,
  lost: [],
  strange: [],
  nowhere: [],
  kept: [],
  notKept: 0,
  shown: new Map<Role | 'owner', number | 'refused'>([
    ['owner', 0],
    ['A', 0],
    ['B', 'refused'],
  ]),
}

/** B alone is removed, by CheckFileInfo. */
const bobOut: Observed = {
  saves: [
    { at: minute, with: 'A', lastChangeBy: 'A', version: '2' },
    { at: 12 * minute, with: 'A', lastChangeBy: 'A', version: '3' },
  ],
  refused: [],
  removed: [{ at: 10 * minute, who: 'B', why: 'CheckFileInfo answered 404' }],
  stayed: ['A'],
  surprises: [],
  revokedAt: 6 * minute,
  host: afterFour,
}

/** A save with B's token is refused, and everybody is removed. */
const allOut: Observed = {
  saves: [{ at: minute, with: 'B', lastChangeBy: 'A', version: '2' }],
  refused: [{ at: 7 * minute, with: 'B', lastChangeBy: 'A', why: 'PutFile answered 404' }],
  removed: [
    { at: 10 * minute, who: 'A', why: '' },
    { at: 10 * minute, who: 'B', why: '' },
  ],
  stayed: [],
  surprises: [],
  revokedAt: 6 * minute,
  host: {
    ...afterFour,
    headVersion: '2',
    kept: [{ reason: 'permission-revoked', user: 'bob', lacks: [] }],
    shown: new Map<Role | 'owner', number | 'refused'>([
      ['owner', 1],
      ['A', 1],
      ['B', 'refused'],
    ]),
  },
}

const inWord = (observed: Observed): string[] => judge('word', '4', observed)
const inExcel = (observed: Observed): string[] => judge('excel', '4', observed)

function judge(application: 'word' | 'excel', name: ScriptName, observed: Observed): string[] {
  return differences(course(name), documented(application, 'last-joined', name), observed)
}

function course(name: ScriptName): Script {
  const found = courses.find((one) => one.name === name)
  if (!found) throw new Error(`there is no course ${name}`)
  return found
}

describe('the judge of a scenario', () => {
  it('has nothing to say when all is as documented', () => {
    expect(inWord(bobOut)).toEqual([])
    expect(inExcel(allOut)).toEqual([])
  })

  it('tells one application from another', () => {
    expect(inExcel(bobOut)).toContain('no save was refused')
    expect(inWord(allOut)).toContain('1 saves were refused')
  })

  it.each<[Partial<Observed>, string]>([
    [{ saves: [] }, 'nothing was saved'],
    [{ saves: bobOut.saves.map((save) => ({ ...save, with: 'B' as const })) }, 'used B instead of A'],
    [{ saves: bobOut.saves.slice(0, 1) }, 'nothing was saved after the removal'],
    [{ removed: [] }, 'B was not removed'],
    [{ removed: [{ at: 11.5 * minute, who: 'B', why: 'CheckFileInfo' }] }, 'B was removed at 11:30 only'],
    [{ removed: [{ at: 5 * minute, who: 'B', why: 'CheckFileInfo' }] }, 'before the right was'],
    [{ removed: [{ at: 10 * minute, who: 'B', why: 'RefreshLock' }] }, 'B was removed because: RefreshLock'],
    [{ removed: [...bobOut.removed, { at: 11 * minute, who: 'A', why: '' }] }, 'B, A were removed'],
    [{ stayed: [] }, 'went on'],
    [{ surprises: ['Unlock answered 500'] }, 'Unlock answered 500'],
  ])('sees what differs where one is removed: %#', (other, complaint) => {
    expect(inWord({ ...bobOut, ...other }).join()).toContain(complaint)
  })

  it.each<[Partial<Observed>, string]>([
    [{ refused: [] }, 'no save was refused'],
    [{ refused: allOut.refused.map((save) => ({ ...save, with: 'A' as const })) }, 'a save of A was refused'],
    [{ refused: allOut.refused.map((save) => ({ ...save, why: 'Lock answered 404' })) }, 'Lock answered 404'],
    [
      { refused: allOut.refused.map((save) => ({ ...save, at: 6.5 * minute })) },
      'all were out at 10:00 only',
    ],
    [{ removed: allOut.removed.slice(1) }, 'B was removed'],
    [{ stayed: ['A'] }, 'A stayed'],
    [{ saves: [...allOut.saves, ...bobOut.saves] }, 'a save was accepted after the right was removed'],
  ])('sees what differs where everyone is removed: %#', (other, complaint) => {
    expect(inExcel({ ...allOut, ...other }).join()).toContain(complaint)
  })

  it.each<[Partial<HostFacts>, string]>([
    [{ headVersion: '9' }, 'the head is version 9'],
    [{ lock: 'abc' }, 'the lock was left behind: abc'],
    [{ lost: ['alice#1'] }, 'acknowledged and gone: alice#1'],
    [{ strange: ['alice#1'] }, 'in the head: alice#1'],
    [{ nowhere: ['alice#1'] }, 'neither saved nor kept: alice#1'],
    [{ notKept: 1 }, '1 refused saves were not kept'],
    [{ kept: [] }, '0 saves are kept of 1 refused'],
    [{ kept: [{ reason: 'not-locked', user: 'bob', lacks: [] }] }, 'because: not-locked'],
    [{ kept: [{ reason: 'permission-revoked', user: 'bob', lacks: ['alice#2'] }] }, 'lacks alice#2'],
    [{ shown: new Map([...allOut.host.shown, ['A', 0]]) }, 'A is shown 0 of the kept saves'],
    [{ shown: new Map([...allOut.host.shown, ['B', 1]]) }, 'B is shown what was kept'],
  ])('sees what the host lost or shows to the wrong person: %#', (other, complaint) => {
    expect(inExcel({ ...allOut, host: { ...allOut.host, ...other } }).join()).toContain(complaint)
  })
})
