import { describe, expect, it } from 'vitest'
import { readConfig } from '../../src/config/config.js'
import { tableBelow, textOf, uncoded } from './markdown.js'

/** The variables that `readConfig` knows, from its source. */
function variablesOfTheSource(): string[] {
  const source = textOf('src/config/config.ts')
  const [, schema = ''] = /const environment = z\.object\(\{\n(.*?)\n\}\)/s.exec(source) ?? []
  return [...schema.matchAll(/^ {2}([A-Z_]+):/gm)].map(([, name = '']) => name)
}

describe('the configuration table of README.md', () => {
  const rows = tableBelow(textOf('README.md'), 'Configuration')
  const variables = variablesOfTheSource()

  it('lists exactly the variables that the server reads', () => {
    expect(variables).toContain('DATABASE_URL')
    expect(rows.map(([name = '']) => uncoded(name)).sort()).toEqual([...variables].sort())
  })

  it.each(rows.filter(([, byDefault = '']) => byDefault !== uncoded(byDefault)))(
    'says the true default of %s: %s',
    (name = '', byDefault = '') => {
      expect(readConfig({ [uncoded(name)]: uncoded(byDefault) })).toEqual(readConfig({}))
    },
  )

  it('gives each variable a default, a unit and a meaning', () => {
    for (const cells of rows) {
      expect(cells).toHaveLength(4)
      expect(cells).not.toContain('')
    }
  })
})

describe('docker/', () => {
  it('sets only variables that the server reads', () => {
    const [, service = ''] = /\n {2}tandem:\n(.*?)\n {2}\w+:\n/s.exec(textOf('docker/compose.yaml')) ?? []
    const set = [...service.matchAll(/^ {6}([A-Z_]+):/gm)].map(([, name]) => name)
    expect(set).toContain('PUBLIC_URL')
    expect(variablesOfTheSource()).toEqual(expect.arrayContaining(set))
  })
})
