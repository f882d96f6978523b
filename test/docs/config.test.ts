import { describe, expect, it } from 'vitest'
import { readConfig } from '../../src/config/config.js'
import { tableBelow, textOf, uncoded } from './markdown.js'
import { variablesOfTheSource } from './variables.js'

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
