/** One person's way to one document: what a WOPI client holds after the host page opened it. */
export interface Seat {
  /** Path of the WOPISrc, `/wopi/files/ID`. */
  readonly path: string
  readonly token: string
  readonly size: number
  /** The lock id everybody uses on this document. */
  readonly lockId: string
}

/** The documents that both servers hold, with the same sizes. Each seat is a document of its own … */
export interface Documents {
  readonly small: readonly Seat[]
  readonly medium: readonly Seat[]
  readonly large: readonly Seat[]
  /** … except here: many people, each with their own token, on one document. */
  readonly shared: readonly Seat[]
}

/**
 * Those that a case can be asked of: Tandem as it comes, the same with `COAUTH_PROFILE=plus`, with `WORKERS=2`, with 200
 * event streams listening, or the floor.
 */
export type ServerName = 'Tandem' | 'plus' | '2 workers' | '200 streams' | 'floor'

/** A running server with its documents. */
export interface Target {
  readonly name: ServerName
  readonly database: string
  readonly port: number
  readonly pid: number
  readonly documents: Documents
  /** What goes on there while it is measured. @returns how to end it */
  readonly beside?: () => Promise<() => void>
}

export const KB = 1024
export const MB = 1024 * KB

/** How many documents of which size; the slices use one client per document. */
export const sizes = {
  small: { count: 10, bytes: 20 * KB },
  medium: { count: 8, bytes: MB },
  large: { count: 4, bytes: 20 * MB },
  shared: { people: 10, bytes: 20 * KB },
} as const

export type Folder = 'small' | 'medium' | 'large'

/** A lock id as long and as awkward as the ones that Office for the web sends. */
export function lockIdOf(label: string): string {
  return `{"S":"8b9f3c1e-7d52-4f0a-9a57-${label}","F":4,"E":2,"M":"f3a1","P":"1C6D0A"}`
}
