import type { Application } from './application.js'
import { minute, second } from './application.js'
import type { Visit } from './co-author.js'
import { excel } from './excel.js'
import { powerpoint } from './powerpoint.js'
import { word } from './word.js'

export const users = ['alice', 'bob', 'carol', 'dave'] as const
export type User = (typeof users)[number]

export interface Scene {
  readonly application: Application
  readonly title: string
  /** The first one owns the document and opens it. */
  readonly visits: readonly (readonly [User, Visit])[]
}

/** How long the scenes take, in simulated minutes. */
export const sceneMinutes = 20

const types = [12 * second, 45 * second] as const

/** The documents of the demo, and who comes and goes when. */
export const scenes: readonly Scene[] = [
  {
    application: word,
    title: 'Report',
    visits: [
      ['alice', stays(0, 20, types)],
      ['bob', stays(1, 12, types)],
      ['carol', stays(4, 17, types)],
      ['dave', stays(8, 15, 'only-reads')],
    ],
  },
  {
    application: excel('last-joined'),
    title: 'Budget',
    visits: [
      ['bob', stays(0, 18, types)],
      ['alice', stays(2, 20, types)],
      // He only reads, and yet the workbook is saved with his token while he is there.
      ['dave', stays(5, 13, 'only-reads')],
      ['carol', stays(9, 16, types)],
    ],
  },
  {
    application: powerpoint,
    title: 'Pitch',
    visits: [
      ['carol', stays(0, 11, types)],
      ['dave', stays(4, 20, types)],
      ['alice', stays(7, 20, types)],
      ['bob', stays(10, 16, types)],
    ],
  },
]

function stays(from: number, until: number, pause: Visit['pause']): Visit {
  return { arrives: from * minute, leaves: until * minute, pause }
}
