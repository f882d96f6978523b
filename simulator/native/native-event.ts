import type { ApplicationName } from '../application.js'

/** What a native client did or met, at a simulated time. */
export interface NativeEvent {
  readonly at: number
  readonly document: string
  readonly application: ApplicationName
  readonly who: string
  readonly what: NativeHappening
}

export type NativeHappening =
  | { readonly kind: 'opened'; readonly sequenceNumber: number; readonly editors: readonly string[] }
  | { readonly kind: 'not-admitted'; readonly why: string }
  | { readonly kind: 'typed'; readonly mark: string }
  /** `size`: bytes of the document; `sent`: bytes that went over the wire for it. */
  | {
      readonly kind: 'saved'
      readonly sequenceNumber: number
      readonly version: string
      readonly changes: number
      readonly size: number
      readonly sent: number
    }
  /** What others saved, under the own unsaved changes; `received`: bytes that came over the wire for it. */
  | { readonly kind: 'merged'; readonly received: number; readonly size: number; readonly unsaved: number }
  /** 412: somebody else was faster. */
  | { readonly kind: 'save-overtaken'; readonly sequenceNumber: number }
  | { readonly kind: 'save-delayed'; readonly why: string }
  | { readonly kind: 'save-refused'; readonly why: string }
  | { readonly kind: 'editors-changed'; readonly editors: readonly string[] }
  | { readonly kind: 'lock-refreshed' }
  /** The host had forgotten the lock. */
  | { readonly kind: 'lock-retaken' }
  | { readonly kind: 'removed'; readonly why: string }
  | { readonly kind: 'left' }
  | { readonly kind: 'closed'; readonly unsaved: number }
  /** Something that a correct host does not answer. */
  | { readonly kind: 'surprise'; readonly what: string }
