import { verify } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { ProofKey, ProofKeys } from '../../discovery/proof-keys.js'

/**
 * Which signature fitted which key (WOPI.md §14.2). `old-header`: the editor has rotated, and we have not read it yet.
 * `old-key`: we have, and this machine of the editor still signs with the key before. ProofOld with the old key is none.
 */
export const COMBINATIONS = ['current', 'old-header', 'old-key'] as const
export type Combination = (typeof COMBINATIONS)[number]

export interface Proof {
  readonly proof: Buffer
  readonly proofOld: Buffer | undefined
  /** 100 ns since 0001-01-01. */
  readonly ticks: bigint
}

const LATEST_TICKS = 2n ** 63n - 1n

/** @returns undefined when there is none, or nothing that could be one; a missing header never means "no keys" (P-01) */
export function proofOf({ headers }: IncomingMessage): Proof | undefined {
  const proof = signature(headers['x-wopi-proof'])
  const time = headers['x-wopi-timestamp']
  if (!proof || typeof time !== 'string' || !/^\d{1,19}$/.test(time)) return undefined
  const ticks = BigInt(time)
  if (ticks > LATEST_TICKS) return undefined
  return { proof, proofOld: signature(headers['x-wopi-proofold']), ticks }
}

// Buffer.from() takes everything: what is not base64 must be refused before (P-03).
function signature(value: string | string[] | undefined): Buffer | undefined {
  if (typeof value !== 'string' || !/^[A-Za-z0-9+/]{4,1400}={0,2}$/.test(value)) return undefined
  return Buffer.from(value, 'base64')
}

const TICKS_AT_UNIX_EPOCH = 621_355_968_000_000_000n
const OLDEST_MS = 20 * 60_000
/** Microsoft sets no bound; our clock may be slow, but not by more. */
const FURTHEST_AHEAD_MS = 5 * 60_000

export function isTimely({ ticks }: Proof, nowMs: number): boolean {
  const ageMs = nowMs - Number((ticks - TICKS_AT_UNIX_EPOCH) / 10_000n)
  return ageMs <= OLDEST_MS && ageMs >= -FURTHEST_AHEAD_MS
}

/** What is signed: token, URL in capitals, time, each with its length before it (WOPI.md §14.1). */
export function proofBlob(token: string, url: string, ticks: bigint): Buffer {
  const tokenBytes = Buffer.from(token)
  const urlBytes = Buffer.from(url.toUpperCase())
  const blob = Buffer.allocUnsafe(tokenBytes.length + urlBytes.length + 20)
  let at = blob.writeInt32BE(tokenBytes.length)
  at += tokenBytes.copy(blob, at)
  at = blob.writeInt32BE(urlBytes.length, at)
  at += urlBytes.copy(blob, at)
  at = blob.writeInt32BE(8, at)
  blob.writeBigInt64BE(ticks, at)
  return blob
}

/** @returns whether one of the blobs was signed in that way */
export function matches(
  combination: Combination,
  { current, old }: ProofKeys,
  { proof, proofOld }: Proof,
  blobs: readonly Buffer[],
): boolean {
  switch (combination) {
    case 'current':
      return isSigned(blobs, current, proof)
    case 'old-header':
      return isSigned(blobs, current, proofOld)
    case 'old-key':
      return isSigned(blobs, old, proof)
  }
}

function isSigned(blobs: readonly Buffer[], key: ProofKey | undefined, signed: Buffer | undefined): boolean {
  if (!key || signed?.length !== key.bytes) return false
  return blobs.some((blob) => verify('sha256', blob, key.key, signed))
}
