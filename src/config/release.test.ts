import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { isAtLeast, RELEASE } from './release.js'

it('is what package.json and its lock say', () => {
  for (const name of ['package.json', 'package-lock.json']) {
    const { version } = JSON.parse(readFileSync(name, 'utf8')) as { version: string }
    expect([name, version]).toEqual([name, RELEASE])
  }
})

const rows: readonly [string, string, boolean][] = [
  ['0.2.0', '0.2.0', true],
  ['0.2.0', '0.1.9', true],
  ['0.2.0', '0.10.0', false],
  ['0.10.0', '0.2.0', true],
  ['1.0.0', '0.99.99', true],
  ['0.2.0', '0.2.1', false],
  ['0.2.0', 'nonsense', false],
]
for (const [release, other, expected] of rows) {
  it(`${release} is ${expected ? '' : 'not '}at least ${other}`, () => {
    expect(isAtLeast(release, other)).toBe(expected)
  })
}
