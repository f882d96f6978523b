import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { tableBelow, textOf, uncoded } from './markdown.js'

it('docs/operations.md explains exactly the events that the server logs', () => {
  const sources = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  )
  const logged = sources.flatMap((name) =>
    // One, or the several of a parameter's type.
    [...textOf(join('src', name)).matchAll(/\bevent: ('[a-z-]+'(?: \| '[a-z-]+')*)/g)].flatMap(
      ([, events = '']) => events.split(' | ').map((event) => event.slice(1, -1)),
    ),
  )
  const explained = tableBelow(textOf('docs/operations.md'), 'Logs').map(([event = '']) => uncoded(event))
  expect(explained.sort()).toEqual([...new Set(logged)].sort())
})
