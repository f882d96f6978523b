import type { SessionEvent } from './session-event.js'

/** What one document's editors did and met. */
export interface Tally {
  readonly editors: Set<string>
  saves: number
  delayedSaves: number
  lockRefreshes: number
  readonly problems: string[]
}

export function newTally(): Tally {
  return { editors: new Set(), saves: 0, delayedSaves: 0, lockRefreshes: 0, problems: [] }
}

/** Counts an event; a refusal that a clean session never meets becomes a problem. */
export function count(tally: Tally, { document, what }: SessionEvent): void {
  const problem = (text: string): void => void tally.problems.push(`${document}: ${text}`)
  switch (what.kind) {
    case 'joined':
      tally.editors.add(what.who)
      return
    case 'saved':
      tally.saves += 1
      return
    case 'save-delayed':
      tally.delayedSaves += 1
      return
    case 'lock-refreshed':
      tally.lockRefreshes += 1
      return
    case 'not-admitted':
      problem(`${what.who} was not admitted: ${what.why}`)
      return
    case 'save-refused':
      problem(`a save with the token of ${what.withToken} was refused: ${what.why}`)
      return
    case 'removed':
      problem(`${what.who} was removed: ${what.why}`)
      return
    case 'surprise':
      problem(what.what)
      return
    case 'closed':
      if (what.unsaved > 0) problem(`closed with ${what.unsaved} unsaved changes`)
      return
    case 'opened':
    case 'typed':
    case 'lock-settled':
    case 'lock-retaken':
    case 'permission-checked':
    case 'left':
      return
  }
}
