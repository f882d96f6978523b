import { describe, expect, it } from 'vitest'
import { API_PROBLEMS } from '../../src/api/http/api-problem.js'
import { WOPI_ERRORS } from '../../src/wopi/protocol/wopi-error.js'
import { tableBelow, textOf, uncoded } from './markdown.js'

describe('docs/errors.md', () => {
  const document = textOf('docs/errors.md')

  it('lists exactly the WOPI errors of the source, each with its status', () => {
    const rows = tableBelow(document, 'WOPI').map(([code = '', status]) => [uncoded(code), Number(status)])
    expect(rows).toEqual(Object.entries(WOPI_ERRORS))
  })

  it('lists exactly the REST problems of the source, each with its status and title', () => {
    const rows = tableBelow(document, 'REST').map(([code = '', status, title]) => [
      uncoded(code),
      [Number(status), title],
    ])
    expect(rows).toEqual(Object.entries(API_PROBLEMS))
  })

  it('says for every code what it means and what to do', () => {
    for (const cells of [...tableBelow(document, 'WOPI'), ...tableBelow(document, 'REST')]) {
      expect(cells).toHaveLength(4)
      expect(cells).not.toContain('')
    }
  })
})
