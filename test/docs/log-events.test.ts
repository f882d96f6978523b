import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { tableBelow, textOf, uncoded } from './markdown.js'

it('docs/operations.md explains exactly the events that the server logs', () => {
  const sources = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  )
  const logged = sources.flatMap((name) =>
    [...textOf(join('src', name)).matchAll(/\bevent: '([a-z-]+)'/g)].map(([, event = '']) => event),
  )
  const explained = tableBelow(textOf('docs/operations.md'), 'Logs').map(([event = '']) => uncoded(event))
  expect(explained.sort()).toEqual([...new Set(logged)].sort())
})
