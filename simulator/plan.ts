import { minute, second } from './application.js'
import type { Visit } from './co-author.js'
import type { Random } from './random.js'

/**
 * Who comes and goes when, in a session of `length` simulated milliseconds: one list of visits per person.
 * The first opens the document, the last person stays to the end, one in five only reads, one in three comes
 * back later.
 */
export function planVisits(people: number, length: number, random: Random): Visit[][] {
  return Array.from({ length: people }, (_, index) => {
    const pause = index > 0 && random.next() < 0.2 ? 'only-reads' : ([5 * second, minute] as const)
    const arrives = index === 0 ? 0 : random.between(0, 0.4 * length)
    if (index === people - 1) return [{ arrives, leaves: length, pause }]
    if (random.next() >= 1 / 3) return [{ arrives, leaves: random.between(0.6, 1) * length, pause }]
    const leaves = random.between(0.45, 0.6) * length
    const returns = random.between(0.65, 0.8) * length
    return [
      { arrives, leaves, pause },
      { arrives: returns, leaves: length, pause },
    ]
  })
}
