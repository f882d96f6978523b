import { describe, expect, it } from 'vitest'
import { CALLS } from '../rest/every-route.js'
import { tableBelow, textOf, uncoded } from './markdown.js'

describe('docs/admin-api.md', () => {
  const document = textOf('docs/admin-api.md')

  it('lists exactly the calls for administrators', () => {
    const rows = tableBelow(document, 'The admin interface, by curl').map(([call = '']) => uncoded(call))
    expect(rows.toSorted()).toEqual(
      Object.keys(CALLS)
        .filter((call) => call.includes(' /admin/'))
        .toSorted(),
    )
  })

  it('shows each of them with curl', () => {
    const shown = document.replaceAll(/\$\w+/g, 'X')
    for (const call of Object.keys(CALLS).filter((name) => name.includes(' /admin/'))) {
      const path = call.split(' ')[1]?.replaceAll(/:\w+/g, 'X') ?? call
      expect(shown, call).toContain(`/api/v1${path}`)
    }
  })
})
