import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import type { ApplicationName } from '../../simulator/application.js'
import { cellTable, lostInCells } from '../../simulator/scenarios/cell-table.js'
import type { CellResult, ScenarioNumber } from '../../simulator/scenarios/scenario-case.js'
import { cellsOf, playCell } from '../../simulator/scenarios/scenario-case.js'
import { reportCells } from '../../simulator/scenarios/report.js'
import { Tandem } from '../kit/tandem.js'
import type { Answer, Lie } from './lying-proxy.js'
import { forgetsRefusedSaves, LyingProxy } from './lying-proxy.js'
import { productionAt } from './scenario-fixture.js'

const nothing = { headers: {}, body: Buffer.alloc(0) }

/** The scenarios would prove nothing if they ended as documented on every host. */
describe('the scenarios find out a host', () => {
  let proxy: LyingProxy
  let tandem: Tandem

  beforeAll(async () => {
    proxy = await LyingProxy.start()
    tandem = await Tandem.start(inject('postgres'), { env: { PUBLIC_URL: proxy.url } })
    proxy.target = tandem.url
  })
  afterAll(async () => {
    await proxy[Symbol.asyncDispose]()
    await tandem.stop()
  })

  async function play(scenario: ScenarioNumber, name: ApplicationName, lie: Lie): Promise<CellResult> {
    proxy.lie = lie
    const cell = cellsOf('last-joined').find(
      (one) => one.scenario === scenario && one.application.name === name,
    )
    if (!cell) throw new Error('no such cell')
    return playCell(await productionAt(tandem, 'nothing-left'), cell)
  }

  it('not at all, when the host is in order', async () => {
    const result = await play('4', 'excel', (_, ask) => ask())
    expect(result.differences).toEqual([])
  })

  it('that asks for the lock id only, not for the right, at RefreshLock', async () => {
    const { differences } = await play('6', 'excel', async ({ operation }, ask) =>
      operation === 'REFRESH_LOCK' ? { status: 200, ...nothing } : ask(),
    )
    expect(differences.join()).toContain('A was not removed')
  })

  it('that freezes the right when the document is opened', async () => {
    const first = new Map<string, Answer>()
    const { differences } = await play('4', 'word', async ({ operation, path, token }, ask) => {
      if (operation !== 'GET' || path.endsWith('/contents')) return ask()
      const answer = first.get(token) ?? (await ask())
      first.set(token, answer)
      return answer
    })
    expect(differences.join()).toContain('B was not removed')
  })

  it('that throws away what it refuses', async () => {
    const result = await play('5', 'powerpoint', forgetsRefusedSaves(tandem.url))
    expect(result.differences.join()).toContain('1 refused saves were not kept')
    expect(result.differences.join()).toContain('neither saved nor kept')
    expect(lostInCells([result])).toBeGreaterThan(0)
    expect(cellTable([result])).toMatch(/✗.*0 of 1 refused kept/)
    const said: string[] = []
    reportCells([result], (line) => said.push(line))
    expect(said.join('\n')).toContain('save REFUSED for Bob')
    expect(said.at(-1)).toBe('0 of 1 cells are as documented.')
  })

  it('that acknowledges a save and forgets it', async () => {
    let puts = 0
    const { differences } = await play('1', 'excel', async ({ operation }, ask) =>
      operation === 'PUT' && ++puts === 9 ? { ...nothing, status: 200 } : ask(),
    )
    expect(differences.join()).toContain('acknowledged and gone')
  })

  it('that refuses the right person’s saves', async () => {
    const { differences } = await play('1', 'word', async ({ operation }, ask) =>
      operation === 'PUT' ? { ...nothing, status: 404 } : ask(),
    )
    expect(differences.join()).toContain('A, B were removed')
  })
})
