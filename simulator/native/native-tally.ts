import type { NativeEvent } from './native-event.js'

/** What one document's native clients did and met. */
export interface NativeTally {
  readonly editors: Set<string>
  saves: number
  /** 412: read, merged, tried again. */
  overtaken: number
  delayedSaves: number
  lockRefreshes: number
  /** Bytes of the documents that were saved, and what of it went over the wire. */
  saved: number
  sent: number
  /** The same for what others had saved and was read again. */
  read: number
  received: number
  readonly problems: string[]
}

export function newNativeTally(): NativeTally {
  const bytes = { saved: 0, sent: 0, read: 0, received: 0 }
  return {
    editors: new Set(),
    saves: 0,
    overtaken: 0,
    delayedSaves: 0,
    lockRefreshes: 0,
    ...bytes,
    problems: [],
  }
}

/** Counts an event; a refusal that a clean session never meets becomes a problem. */
export function countNative(tally: NativeTally, { document, who, what }: NativeEvent): void {
  const problem = (text: string): void => void tally.problems.push(`${document}: ${text}`)
  switch (what.kind) {
    case 'opened':
      tally.editors.add(who)
      return
    case 'saved':
      tally.saves += 1
      tally.saved += what.size
      tally.sent += what.sent
      return
    case 'merged':
      tally.read += what.size
      tally.received += what.received
      return
    case 'save-overtaken':
      tally.overtaken += 1
      return
    case 'save-delayed':
      tally.delayedSaves += 1
      return
    case 'lock-refreshed':
      tally.lockRefreshes += 1
      return
    case 'not-admitted':
      problem(`${who} was not admitted: ${what.why}`)
      return
    case 'save-refused':
      problem(`a save of ${who} was refused: ${what.why}`)
      return
    case 'removed':
      problem(`${who} was removed: ${what.why}`)
      return
    case 'surprise':
      problem(what.what)
      return
    case 'closed':
      if (what.unsaved > 0) problem(`${who} closed it with ${what.unsaved} unsaved changes`)
      return
    case 'typed':
    case 'editors-changed':
    case 'lock-retaken':
    case 'left':
      return
  }
}
