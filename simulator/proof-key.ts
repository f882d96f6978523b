import { generateKeyPairSync, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'

export interface KeyPair {
  readonly publicKey: KeyObject
  readonly privateKey: KeyObject
}

const ticksAtUnixEpoch = 621_355_968_000_000_000n

/**
 * The keys with which an editor service signs its calls (WOPI.md §14): a current one and the one before it.
 */
export class ProofKeys {
  readonly current: KeyPair
  readonly old: KeyPair

  constructor(current = newKeyPair(), old = newKeyPair()) {
    this.current = current
    this.old = old
  }

  /** The next generation: today's key becomes the old one. */
  rotated(): ProofKeys {
    return new ProofKeys(newKeyPair(), this.current)
  }

  /** `url` exactly as it is requested; `unixMs` is real time, whatever the simulated clock says. */
  headers(url: string, accessToken: string, unixMs: number): Record<string, string> {
    const ticks = BigInt(unixMs) * 10_000n + ticksAtUnixEpoch
    const proof = proofBlob(url, accessToken, ticks)
    return {
      'X-WOPI-TimeStamp': ticks.toString(),
      'X-WOPI-Proof': sign('sha256', proof, this.current.privateKey).toString('base64'),
      'X-WOPI-ProofOld': sign('sha256', proof, this.old.privateKey).toString('base64'),
    }
  }
}

export function proofBlob(url: string, accessToken: string, ticks: bigint): Buffer {
  const time = Buffer.alloc(8)
  time.writeBigInt64BE(ticks)
  return Buffer.concat([Buffer.from(accessToken), Buffer.from(url.toUpperCase()), time].map(withLength))
}

function withLength(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeInt32BE(bytes.length)
  return Buffer.concat([length, bytes])
}

function newKeyPair(): KeyPair {
  return generateKeyPairSync('rsa', { modulusLength: 2048 })
}
