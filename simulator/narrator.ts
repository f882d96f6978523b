import { minute, second } from './application.js'
import type { Happening, SessionEvent } from './session-event.js'

/**
 * One line for a person who watches, or nothing when the event is not worth one; `documents` are all that
 * occur.
 */
export function narrate(
  { at, document, what }: SessionEvent,
  documents: readonly { readonly name: string }[],
): string | undefined {
  const width = Math.max(...documents.map(({ name }) => name.length))
  const text = inWords(what)
  return text === undefined ? undefined : `  ${clockFace(at)}  ${document.padEnd(width)}  ${text}`
}

export function inWords(what: Happening): string | undefined {
  switch (what.kind) {
    case 'opened':
      return `${called(what.who)} opens version ${what.version ?? '?'} and takes the lock`
    case 'joined':
      return what.editors.length > 1
        ? `${called(what.who)} joins: ${people(what.editors)} edit together`
        : undefined
    case 'not-admitted':
      return `${called(what.who)} is NOT admitted: ${what.why}`
    case 'saved':
      return (
        `saved as version ${what.version ?? '?'} with the token of ${called(what.withToken)}:` +
        ` ${counted(what.changes, 'change')} by ${people(what.changesBy)}`
      )
    case 'save-delayed':
      return `save put off, changes kept: ${what.why}`
    case 'save-refused':
      return (
        `save REFUSED for ${called(what.withToken)}: ${what.why};` +
        ` everyone is out by ${clockFace(what.everyoneOutBy)}`
      )
    case 'lock-refreshed':
      return `lock refreshed with the token of ${called(what.withToken)}`
    case 'lock-retaken':
      return 'the host had dropped the lock; taken again'
    case 'removed':
      return `${called(what.who)} is REMOVED: ${what.why}`
    case 'left':
      return what.editors.length > 0
        ? `${called(what.who)} leaves: ${people(what.editors)} stay${what.editors.length > 1 ? '' : 's'}`
        : `${called(what.who)} leaves as the last: all saved, lock released`
    case 'closed':
      return what.unsaved > 0 ? `closed with ${counted(what.unsaved, 'change')} UNSAVED` : undefined
    case 'surprise':
      return `UNEXPECTED: ${what.what}`
    case 'typed':
    case 'lock-settled':
    case 'permission-checked':
      return undefined
  }
}

export function clockFace(at: number): string {
  const hours = Math.floor(at / (60 * minute))
  const minutes = Math.floor(at / minute) % 60
  const seconds = Math.floor(at / second) % 60
  const digits = (value: number): string => String(value).padStart(2, '0')
  return `${hours > 0 ? `${hours}:` : ''}${digits(minutes)}:${digits(seconds)}`
}

function called(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1)
}

function people(names: readonly string[]): string {
  const known = names.map(called)
  const last = known.at(-1) ?? 'nobody'
  return known.length > 1 ? `${known.slice(0, -1).join(', ')} and ${last}` : last
}

export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
