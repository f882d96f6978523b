import { clockFace, counted } from '../narrator.js'
import type { NativeEvent, NativeHappening } from './native-event.js'

/** One line for a person who watches, or nothing when the event is not worth one. */
export function narrateNative({ at, document, who, what }: NativeEvent): string | undefined {
  const text = inWords(what)
  return text === undefined ? undefined : `  ${clockFace(at)}  ${document}  ${who} ${text}`
}

function inWords(what: NativeHappening): string | undefined {
  switch (what.kind) {
    case 'opened':
      return `opens sequence number ${what.sequenceNumber}; now there: ${what.editors.join(', ')}`
    case 'not-admitted':
      return `is NOT admitted: ${what.why}`
    case 'saved':
      return (
        `saves ${counted(what.changes, 'change')} as version ${what.version}:` +
        ` ${kilobytes(what.sent)} sent of ${kilobytes(what.size)}`
      )
    case 'merged':
      return (
        `reads what others saved: ${kilobytes(what.received)} received of ${kilobytes(what.size)}` +
        (what.unsaved > 0 ? `, and merges ${counted(what.unsaved, 'unsaved change')}` : '')
      )
    case 'save-overtaken':
      return `was overtaken: somebody saved after sequence number ${what.sequenceNumber}`
    case 'save-delayed':
      return `puts the save off, changes kept: ${what.why}`
    case 'save-refused':
      return `may not save: REFUSED, ${what.why}`
    case 'lock-retaken':
      return 'takes the lock again, which the host had dropped'
    case 'removed':
      return `is REMOVED: ${what.why}`
    case 'left':
      return 'leaves, all saved, lock released'
    case 'closed':
      return what.unsaved > 0 ? `closes with ${counted(what.unsaved, 'change')} UNSAVED` : undefined
    case 'surprise':
      return `meets the UNEXPECTED: ${what.what}`
    case 'typed':
    case 'editors-changed':
    case 'lock-refreshed':
      return undefined
  }
}

export function kilobytes(bytes: number): string {
  return `${(bytes / 1024).toFixed(1)} kB`
}
