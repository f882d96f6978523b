import type { ContentKind } from '../files/content-kind.js'

/** A content: where its bytes lie, how many there are, and what they must be. Of new ones nobody knows yet. */
export interface StoredBlob {
  readonly blob: string
  readonly size: number
  /** hex */
  readonly sha256: string
  /** Where its bytes were looked at. */
  readonly kind?: ContentKind
}
