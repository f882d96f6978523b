import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { minute } from '../../simulator/application.js'
import type { PrincipalRule } from '../../simulator/excel.js'
import type { ScenarioCase } from '../../simulator/scenarios/scenario-case.js'
import { cellsOf, playCell } from '../../simulator/scenarios/scenario-case.js'
import { describeDocumented } from '../../simulator/scenarios/describe.js'
import type { Performance, Run, Revocation } from '../../simulator/scenarios/play-script.js'
import { execute } from '../kit/postgres.js'
import { Tandem } from '../kit/tandem.js'
import { productionAt } from './scenario-fixture.js'

let tandem: Tandem
beforeAll(async () => {
  tandem = await Tandem.start(inject('postgres'))
})
afterAll(() => tandem.stop())

/** PowerPoint asks as Word does. */
const asksAnew = ({ scenario, application }: ScenarioCase): boolean =>
  ['4', '5', '6'].includes(scenario) && application.name !== 'powerpoint'

describe('the six scenarios, as documented (RELIABILITY-SECURITY.md §3.2)', () => {
  const inWords = ({ scenario, application, courses }: ScenarioCase): string =>
    `${scenario} in ${application.label}: ${describeDocumented(courses.map((one) => one.documented))}`

  describe('with the last to join as Excel’s principal user', () => {
    for (const cell of cellsOf('last-joined'))
      it(inWords(cell), () => expectAsDocumented(cell, 'nothing-left'))
  })

  describe('with the first to join as Excel’s principal user', () => {
    for (const cell of excelCells('first-joined'))
      it(inWords(cell), () => expectAsDocumented(cell, 'nothing-left'))
  })

  describe('and no differently for who may still read', () => {
    for (const cell of cellsOf('last-joined').filter(asksAnew)) {
      it(inWords(cell), () => expectAsDocumented(cell, 'may-still-read'))
    }
  })
})

async function expectAsDocumented(cell: ScenarioCase, revocation: Revocation): Promise<void> {
  const { performances, differences } = await playCell(await productionAt(tandem, revocation), cell)
  expect(differences).toEqual([])
  for (const performance of performances) {
    await expectAudited(performance, revocation)
    expectAnswers(performance, revocation)
  }
}

/** Every save and every refusal once, each with the user of its token, and who took the right away. */
async function expectAudited({ file, observed }: Performance, revocation: Revocation): Promise<void> {
  const users = { A: 'alice', B: 'bob', C: 'carol' }
  const rows = await execute(
    tandem.databaseUrl,
    'select actor, action, outcome from audit_event where object_id = $1 order by id',
    [file.id],
  )
  const of = (action: string, outcome: string): string[] =>
    (rows.rows as { actor: string; action: string; outcome: string }[])
      .filter((row) => row.action === action && row.outcome === outcome)
      .map(({ actor }) => actor)
  expect(of('save', 'done')).toEqual(observed.saves.map((save) => users[save.with]))
  expect(of('save', 'permission-revoked')).toEqual(observed.refused.map((save) => users[save.with]))
  const removals = observed.revokedAt !== undefined && revocation === 'nothing-left' ? ['dave'] : []
  expect(of('grant-removed', 'done')).toEqual(removals)
}

function expectAnswers({ observed, log }: Performance, revocation: Revocation): void {
  for (const { why } of observed.refused) expect(why).toMatch(/^PutFile answered 404 /)
  if (observed.refused.length > 0) return
  for (const { why } of observed.removed) {
    const asked = why.startsWith('RefreshLock') ? 'RefreshLock' : 'CheckFileInfo'
    const seen =
      asked === 'CheckFileInfo' && revocation === 'may-still-read'
        ? 'says that they may not edit'
        : 'answered 404 '
    expect(why).toContain(`${asked} ${seen}`)
  }
  expect(log.filter(({ what }) => what.kind === 'closed')).toHaveLength(1)
}

describe('scenario 4 in Excel', () => {
  it('ends in the same way every time: three refusals, then A and B are out, in this order', async () => {
    const cell = cellsOf('last-joined').find(
      ({ scenario, application }) => scenario === '4' && application.name === 'excel',
    )
    if (!cell) throw new Error('no such cell')
    const production = await productionAt(tandem, 'nothing-left')
    const [first, again] = [await playOnly(production, cell), await playOnly(production, cell)]
    const { observed } = first
    const [firstRefusal] = observed.refused
    expect(observed.refused.map(({ at }) => at - (firstRefusal?.at ?? 0))).toEqual([
      0,
      2 * minute,
      3 * minute,
    ])
    expect(observed.removed.map(({ at, who }) => [at - (firstRefusal?.at ?? 0), who])).toEqual([
      [3 * minute, 'A'],
      [3 * minute, 'B'],
    ])
    expect(observed.host.kept.map(({ user, reason }) => [user, reason])).toEqual(
      Array(3).fill(['bob', 'permission-revoked']),
    )
    expect(observed.host.shown).toEqual(new Map(Object.entries({ owner: 3, A: 3, B: 'refused', C: 3 })))
    expect(withoutNames(again)).toEqual(withoutNames(first))
  })

  /** What differs between two performances on two files. */
  function withoutNames({ log }: Performance): unknown {
    return JSON.parse(JSON.stringify(log).replace(/correlation [0-9a-f-]+/g, 'correlation'))
  }
})

async function playOnly(production: Run, cell: ScenarioCase): Promise<Performance> {
  const [performance] = (await playCell(production, cell)).performances
  if (!performance) throw new Error('nothing was played')
  return performance
}

function excelCells(rule: PrincipalRule): ScenarioCase[] {
  return cellsOf(rule).filter(({ application }) => application.name === 'excel')
}
