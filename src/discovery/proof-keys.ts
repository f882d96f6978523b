import { createHash, createPublicKey, type KeyObject } from 'node:crypto'
import type { XmlElement } from './xml-reader.js'

export interface ProofKey {
  /** Kept: a key that is parsed at each check costs six times as much. */
  readonly key: KeyObject
  /** Of its signatures. */
  readonly bytes: number
  /** SHA-256 of its SubjectPublicKeyInfo, for people to compare. */
  readonly fingerprint: string
}

/** With what an editor signs its calls, and signed them before (WOPI.md §14.4). */
export interface ProofKeys {
  readonly current: ProofKey
  /** Not every editor publishes one (CLIENTS.md pain 54). */
  readonly old: ProofKey | undefined
}

/** @returns undefined without a usable current key */
export function proofKeysOf(element: XmlElement | undefined): ProofKeys | undefined {
  const key = (prefix: '' | 'old'): ProofKey | undefined =>
    proofKey(element?.attributes.get(`${prefix}modulus`), element?.attributes.get(`${prefix}exponent`))
  const current = key('')
  return current && { current, old: key('old') }
}

const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/
const LEAST_BYTES = 2048 / 8
const MAX_BYTES = 8192 / 8

/** Weak keys are none (P-10): under 2048 bits, even, or with an exponent that nobody uses. */
function proofKey(modulus = '', exponent = ''): ProofKey | undefined {
  if (!BASE64.test(modulus) || !BASE64.test(exponent)) return undefined
  const n = withoutZeros(Buffer.from(modulus, 'base64'))
  const e = withoutZeros(Buffer.from(exponent, 'base64')).toString('hex')
  const odd = (n.at(-1) ?? 0) % 2 === 1
  const long = n.length >= LEAST_BYTES && (n[0] ?? 0) >= 0x80
  if (!odd || !long || n.length > MAX_BYTES || (e !== '010001' && e !== '03')) return undefined
  const jwk = { kty: 'RSA', n: n.toString('base64url'), e: Buffer.from(e, 'hex').toString('base64url') }
  const key = createPublicKey({ key: jwk, format: 'jwk' })
  const der = key.export({ type: 'spki', format: 'der' })
  return { key, bytes: n.length, fingerprint: createHash('sha256').update(der).digest('hex') }
}

function withoutZeros(bytes: Buffer): Buffer {
  const first = bytes.findIndex((byte) => byte !== 0)
  return first < 0 ? Buffer.alloc(0) : bytes.subarray(first)
}
