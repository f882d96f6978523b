import { spawnSync } from 'node:child_process'
import { expect, it } from 'vitest'

it('docs/protocol.md says what the sources and tests say', () => {
  const { status, stderr } = spawnSync(process.execPath, ['scripts/protocol-table.mjs', '--check'], {
    encoding: 'utf8',
  })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
})
