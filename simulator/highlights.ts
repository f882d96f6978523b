import { minute } from './application.js'
import type { SessionEvent } from './session-event.js'

const quietFor = 4 * minute

/**
 * Picks the events worth a line for somebody who sees this for the first time: of the many saves, those whose
 * token is another user's than last time and one every few minutes.
 */
export function highlights(show: (event: SessionEvent) => void): (event: SessionEvent) => void {
  const shown = new Map<string, { readonly at: number; readonly token: string }>()
  return (event) => {
    const { at, document, what } = event
    if (what.kind === 'saved') {
      const last = shown.get(document)
      if (last?.token === what.withToken && at - last.at < quietFor) return
      if (last && at - last.at < minute) return
      shown.set(document, { at, token: what.withToken })
    }
    show(event)
  }
}
