import { minute } from '../application.js'
import { clockFace } from '../narrator.js'
import type { Role } from './script.js'
import type { Documented, Ending } from './documented.js'
import type { Observed } from './observed.js'

/** The documented outcomes of one cell in a few words; a second course only where it ends in another way. */
export function describeDocumented(outcomes: readonly Documented[]): string {
  const [first] = outcomes
  if (!first) return ''
  const endings = [...new Set(outcomes.map(({ ending }) => describeEnding(ending)))]
  return `saves use ${first.saves.map(({ user }) => user).join(', then ')}; ${endings.join(' / ')}`
}

function describeEnding(ending: Ending): string {
  switch (ending.kind) {
    case 'nobody-removed':
      return 'all stay'
    case 'one-removed':
      return `${ending.who} out ≤ ${ending.within / minute} min`
    case 'everyone-removed':
      return `${ending.refused}'s refused, all out ${ending.within === 0 ? 'at once' : `≤ ${ending.within / minute} min`}`
  }
}

/** What was seen, in the same words. */
export function describeObserved(seen: readonly Observed[]): string {
  return [...new Set(seen.map(describeOne))].join(' / ')
}

function describeOne({ saves, refused, removed, revokedAt = 0, host }: Observed): string {
  const used = `${usersOf(saves)} saved ${saves.length}×`
  const out = removed.map(({ who }) => who).join(' and ')
  const lastOut = removed.at(-1)?.at
  const [first] = refused
  if (!first)
    return lastOut === undefined
      ? `${used}; all stayed`
      : `${used}; ${out} out after ${clockFace(lastOut - revokedAt)}`
  const kept = `${host.kept.length} of ${refused.length} refused kept`
  if (lastOut === undefined) return `${used}; ${usersOf(refused)}'s refused, nobody out, ${kept}`
  const when = lastOut === first.at ? 'at once' : `after ${clockFace(lastOut - first.at)}`
  return `${used}; ${usersOf(refused)}'s refused, ${out} out ${when}, ${kept}`
}

/** In the order of first use; `A and B` when they took turns. */
function usersOf(saves: readonly { readonly with: Role }[]): string {
  const users = [...new Set(saves.map((save) => save.with))]
  const turns = saves.filter((save, index) => index > 0 && save.with !== saves[index - 1]?.with).length
  return users.join(turns >= users.length ? ' and ' : ', then ') || 'nobody'
}
