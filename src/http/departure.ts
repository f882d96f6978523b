import type { Socket } from 'node:net'

const watched = new WeakMap<Socket, Set<() => void>>()

/** Somebody who wants to know when a connection is gone; until `forget`. */
export interface Departure {
  /** Rejects when the client is gone. */
  readonly gone: Promise<never>
  forget(): void
}

/**
 * Asked of the connection, not of the response: one that waits behind others on its connection (pipelining) is told
 * nothing by Node when that breaks. One listener for each connection, however many wait.
 */
export function departureOf(socket: Socket): Departure {
  let leave: () => void = () => undefined
  const gone = new Promise<never>((_resolve, reject) => {
    leave = () => {
      reject(new Error('the client went away'))
    }
  })
  gone.catch(() => undefined)
  const waiting = waitingAt(socket)
  waiting.add(leave)
  return { gone, forget: () => waiting.delete(leave) }
}

function waitingAt(socket: Socket): Set<() => void> {
  const known = watched.get(socket)
  if (known) return known
  const waiting = new Set<() => void>()
  watched.set(socket, waiting)
  socket.once('close', () => {
    for (const leave of waiting) leave()
  })
  return waiting
}
