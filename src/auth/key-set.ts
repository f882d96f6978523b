import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import { z } from 'zod'
import { whyUnusable } from './issuer-key.js'

/** Of what an identity provider publishes: the keys that can have signed a token, and why others are left out. */
export interface KeySet {
  readonly keys: ReadonlyMap<string, KeyObject>
  readonly skipped: readonly string[]
}

const keySet = z.object({ keys: z.array(z.unknown()) })
const key = z.looseObject({
  kid: z.string().min(1).max(1024),
  kty: z.string(),
  use: z.string().optional(),
  alg: z.string().optional(),
})

/**
 * A part of it that is wrong must not keep the others from being used: one `null` used to keep every new key out.
 * @throws Error when it is no key set (RFC 7517 §5)
 */
export function readKeySet(bytes: Uint8Array): KeySet {
  const parsed = keySet.safeParse(jsonIn(bytes))
  if (!parsed.success) throw new Error('its answer is no JSON Web Key Set')
  const keys = new Map<string, KeyObject>()
  const skipped: string[] = []
  for (const [index, entry] of parsed.data.keys.entries()) {
    const read = readKey(entry)
    if (read === 'of no use here') continue
    if ('wrong' in read) skipped.push(`key ${index + 1}: ${read.wrong}`)
    else if (keys.has(read.kid)) skipped.push(`key ${index + 1}: its kid is there twice`)
    else keys.set(read.kid, read.key)
  }
  return { keys, skipped }
}

function readKey(entry: unknown): { kid: string; key: KeyObject } | { wrong: string } | 'of no use here' {
  const parsed = key.safeParse(entry)
  if (!parsed.success) return { wrong: 'no key with a kid and a kty' }
  const { kid, kty, use, alg } = parsed.data
  // Keys for encryption, and kinds that no token of ours is signed with, are no mistake.
  if ((use !== undefined && use !== 'sig') || !['RSA', 'EC'].includes(kty)) return 'of no use here'
  try {
    const read = createPublicKey({ key: parsed.data as JsonWebKey, format: 'jwk' })
    const wrong = whyUnusable(read, alg)
    return wrong === undefined ? { kid, key: read } : { wrong }
  } catch (error) {
    return { wrong: error instanceof Error ? error.message : String(error) }
  }
}

/** @returns undefined when it is no JSON */
export function jsonIn(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString()) as unknown
  } catch {
    return undefined
  }
}
