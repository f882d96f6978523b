import { spawnSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { tableBelow, textOf, uncoded } from './markdown.js'

it('docs/protocol.md says what the sources and tests say', () => {
  const { status, stderr } = spawnSync(process.execPath, ['scripts/protocol-table.mjs', '--check'], {
    encoding: 'utf8',
  })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
})

// The script reads the sources as text; were it blind, the page would agree with it all the same.
it('docs/protocol.md sees what CheckFileInfo sends', () => {
  const sent = (heading: string): Record<string, string> =>
    Object.fromEntries(
      tableBelow(textOf('docs/protocol.md'), heading).map(([name = '', mark = '']) => [uncoded(name), mark]),
    )
  expect(new Set(Object.values(sent('Required core')))).toEqual(new Set(['yes']))
  const { SupportsCoauth, ...others } = sent('CSPP Plus set: send all eight or none')
  expect(SupportsCoauth).toBe('yes')
  expect(Object.values(others)).toEqual(Array.from({ length: 7 }, () => 'plus'))
})
