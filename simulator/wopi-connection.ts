import { randomUUID } from 'node:crypto'
import { Agent, request } from 'undici'
import type { ProofKeys } from './proof-key.js'
import type { Failure } from './wopi-outcome.js'

export interface WopiAccess {
  readonly wopiSrc: string
  readonly accessToken: string
}

export interface WopiClientOptions {
  readonly sessionId: string
  /** Signs every call when given. */
  readonly proofKeys?: ProofKeys
  /** Told of every call: real milliseconds until the answer was there. */
  readonly onCall?: (operation: string, milliseconds: number) => void
}

export interface Call {
  readonly operation: string
  readonly access: WopiAccess
  readonly path?: '/contents'
  /** None: it is a GET. */
  readonly headers?: Record<string, string>
  readonly body?: Uint8Array
}

export interface Answer {
  readonly status: number
  readonly body: Uint8Array
  /** Operation, status and correlation id. */
  readonly call: string
  readonly header: (name: string) => string | undefined
}

export type NoAnswer = Extract<Failure, { kind: 'unavailable' }>

const connections = new Agent({ connect: { timeout: 10_000 }, headersTimeout: 60_000, bodyTimeout: 60_000 })

/** How every WOPI call of the simulator looks, whoever makes it. */
export class WopiConnection {
  constructor(private readonly options: WopiClientOptions) {}

  async exchange(call: Call): Promise<(Answer & { readonly kind: 'answered' }) | NoAnswer> {
    const { operation, access, path, headers, body } = call
    const { wopiSrc, accessToken } = access
    const url = `${wopiSrc}${path ?? ''}?access_token=${encodeURIComponent(accessToken)}`
    const correlationId = randomUUID()
    const startedAt = performance.now()
    try {
      const response = await request(url, {
        method: headers ? 'POST' : 'GET',
        dispatcher: connections,
        headers: {
          Authorization: `Bearer ${accessToken}`,
          'X-WOPI-CorrelationId': correlationId,
          'X-WOPI-SessionId': this.options.sessionId,
          'X-WOPI-ClientVersion': 'tandem-simulator',
          ...headers,
          ...this.options.proofKeys?.headers(url, accessToken, Date.now()),
        },
        ...(body ? { body } : {}),
      })
      const received = new Uint8Array(await response.body.arrayBuffer())
      this.options.onCall?.(operation, performance.now() - startedAt)
      const { statusCode } = response
      return {
        kind: 'answered',
        status: statusCode,
        body: received,
        call: `${operation} answered ${statusCode} (correlation ${correlationId})`,
        header: (name) => [response.headers[name]].flat()[0],
      }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      return { kind: 'unavailable', call: `${operation} got no answer: ${reason}`, retryAfterMs: 0 }
    }
  }
}
