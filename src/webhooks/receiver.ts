import { createHash } from 'node:crypto'

/** Somebody who is told of events. */
export interface Receiver {
  readonly url: string
  /** Names it in the database and in logs: the address itself may have a secret in it. */
  readonly id: string
  /** Its queue of deliveries. */
  readonly queue: string
}

export function receiverAt(url: string): Receiver {
  const id = createHash('sha256').update(url).digest('hex').slice(0, 16)
  return { url, id, queue: `webhook-${id}` }
}
