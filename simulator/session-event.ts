import type { ApplicationName } from './application.js'

/** What an editor service did or met, at a simulated time. */
export interface SessionEvent {
  readonly at: number
  readonly document: string
  readonly application: ApplicationName
  readonly what: Happening
}

export type Happening =
  | { readonly kind: 'opened'; readonly who: string; readonly version: string | undefined }
  | { readonly kind: 'joined'; readonly who: string; readonly editors: readonly string[] }
  | { readonly kind: 'not-admitted'; readonly who: string; readonly why: string }
  | { readonly kind: 'typed'; readonly who: string; readonly mark: string }
  | {
      readonly kind: 'saved'
      readonly withToken: string
      readonly version: string | undefined
      readonly changesBy: readonly string[]
      readonly changes: number
    }
  | { readonly kind: 'save-delayed'; readonly withToken: string; readonly why: string }
  /** `everyoneOutBy`: the simulated time by which the application gives up. */
  | {
      readonly kind: 'save-refused'
      readonly withToken: string
      readonly why: string
      readonly everyoneOutBy: number
    }
  | { readonly kind: 'lock-settled'; readonly who: string }
  | { readonly kind: 'lock-refreshed'; readonly withToken: string }
  /** The host had forgotten the lock. */
  | { readonly kind: 'lock-retaken' }
  | { readonly kind: 'permission-checked'; readonly who: string }
  | { readonly kind: 'removed'; readonly who: string; readonly why: string }
  | { readonly kind: 'left'; readonly who: string; readonly editors: readonly string[] }
  | { readonly kind: 'closed'; readonly unsaved: number }
  /** Something that a correct host does not answer. */
  | { readonly kind: 'surprise'; readonly what: string }
