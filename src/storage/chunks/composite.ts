import { randomBytes } from 'node:crypto'

const PREFIX = 'c:'

/** Seen from its name, so that reading an ordinary blob asks nothing more. */
export function isComposite(blob: string): boolean {
  return blob.startsWith(PREFIX)
}

export function newComposite(): string {
  return PREFIX + randomBytes(16).toString('hex')
}
