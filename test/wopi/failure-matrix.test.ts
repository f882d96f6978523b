import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { REMOVE, ROWS, type Row } from './failure-rows.js'
import { after, revokeToken, setScene, takeRight, without, type Step } from './failure-scenes.js'
import { useFixture } from './fixture.js'

interface Operation {
  readonly name: string
  /** With which statuses WOPI.md §5 to §12 lets it fail. */
  readonly fails?: readonly number[]
}

const { operations } = JSON.parse(readFileSync('scripts/protocol.json', 'utf8')) as {
  operations: Operation[]
}
const listed = operations.flatMap(({ name, fails }) => (fails ? [{ name, fails }] : []))

/** Every operation in src/wopi, by its own name. */
function implemented(): string[] {
  const sources = readdirSync('src/wopi', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(`src/wopi/${name}`, 'utf8'))
  return sources.flatMap((text) =>
    [...text.matchAll(/readonly name = '(\w+)'/g)].map(([, name]) => name ?? ''),
  )
}

/** All the ways in which the call comes to that status, or why it never does. */
function waysTo(status: number, { kind, call, table, fails = {} }: Row): readonly Step[] | string {
  const own = fails[status]
  if (own !== undefined) return typeof own === 'string' ? own : [own]
  switch (status) {
    case 401:
      return kind === 'bootstrapper'
        ? [(scene) => call({ ...scene, bearer: undefined })]
        : [(scene) => call({ ...scene, token: undefined }), after(revokeToken, call)]
    case 404:
      return kind === 'file' || kind === 'container'
        ? [after(takeRight, call), after(REMOVE[kind], call)]
        : 'nobody said how'
    case 500:
      return [without(table, call)]
    default:
      return 'nobody said how'
  }
}

describe('operations × failures', () => {
  const fixture = useFixture({ MAX_FILE_SIZE: '1K', COAUTH_PROFILE: 'plus' })

  it('every operation that there is has a row, and every row an operation', () => {
    expect(Object.keys(ROWS).toSorted()).toEqual(listed.map(({ name }) => name).toSorted())
    expect([...new Set(Object.keys(ROWS).map((row) => row.replace(/ \(.*/, '')))].toSorted()).toEqual(
      implemented().toSorted(),
    )
  })

  it('every status that an operation may fail with is provoked below, or has a reason why it never comes', () => {
    for (const { name, fails } of listed) {
      const row = ROWS[name]
      if (!row) throw new Error(`${name} has no row`)
      const known = Object.keys(row.fails ?? {}).map(Number)
      expect(
        known.filter((status) => !fails.includes(status)),
        name,
      ).toEqual([])
      expect(
        fails.filter((status) => waysTo(status, row) === 'nobody said how'),
        name,
      ).toEqual([])
    }
  })

  for (const { name, fails } of listed) {
    const row = ROWS[name]
    if (!row) continue
    it(`${name} answers 200 when nothing is wrong`, async () => {
      const scene = await setScene(fixture, row.kind)
      await row.before?.(scene)
      expect((await row.call(scene)).status).toBe(200)
    })

    for (const status of fails) {
      const ways = waysTo(status, row)
      if (typeof ways === 'string') continue
      it(`${name} answers ${status}, without a body`, async () => {
        for (const way of ways) {
          const scene = await setScene(fixture, row.kind)
          await row.before?.(scene)
          const answer = await way(scene)
          expect([answer.status, answer.body.toString()]).toEqual([status, ''])
        }
      })
    }
  }

  fixture.leavesNoTokenInTheLog()
})
