import type { Server, ServerResponse } from 'node:http'

/**
 * Node ends the process for an `error` that nobody listens to, and a server has two such: a connection that cannot be
 * accepted (no file handle left, no memory), and a response that is written to after its client has gone. Either is the
 * end of that connection and of nothing else.
 */
export function hearErrors(server: Server, notAccepted: (error: Error) => void): void {
  server.on('error', notAccepted)
  server.prependListener('request', (_request: unknown, response: ServerResponse) => {
    response.on('error', () => undefined)
  })
}
