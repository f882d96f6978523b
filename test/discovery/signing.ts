import { ProofKeys } from '../../simulator/proof-key.js'
import type { Tandem } from '../kit/tandem.js'
import { rawRequest, type RawAnswer } from '../permission/raw-http.js'

export interface SignedCall {
  readonly keys: ProofKeys
  /** As it goes over the wire, with its query. */
  readonly target: string
  readonly token: string
  /** The origin that the editor believes in. */
  readonly origin?: string
  /** What is signed instead of `origin` and `target`. */
  readonly url?: string
  readonly at?: number
  readonly method?: 'GET' | 'POST'
  readonly body?: string
  /** Besides the proof; undefined takes one of its headers out. */
  readonly headers?: Readonly<Record<string, string | undefined>>
}

/** One WOPI call with a proof, each part of which can be wrong. */
export async function signedCall(tandem: Tandem, call: SignedCall): Promise<RawAnswer> {
  const { keys, target, token, origin = tandem.publicUrl, at = Date.now(), method = 'GET', body } = call
  const proof = keys.headers(call.url ?? origin + target, token, at)
  const headers = Object.entries({ ...proof, ...call.headers }).flatMap(([name, value]) =>
    value === undefined ? [] : [name, value],
  )
  return rawRequest(tandem.url, target, { method, headers, ...(body === undefined ? {} : { body }) })
}

/** The next call of an editor whose current and old keys are these. */
export function signer(current: ProofKeys['current'], old: ProofKeys['current']): ProofKeys {
  return new ProofKeys(current, old)
}
