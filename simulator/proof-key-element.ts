import type { KeyObject } from 'node:crypto'
import type { ProofKeys } from './proof-key.js'

/** The `<proof-key>` element of a discovery document (WOPI.md §14.4). */
export function proofKeyElement(keys: ProofKeys): string {
  const current = rsaNumbers(keys.current.publicKey)
  const old = rsaNumbers(keys.old.publicKey)
  return (
    `<proof-key value="${cspBlob(current)}" modulus="${base64(current.modulus)}"` +
    ` exponent="${base64(current.exponent)}" oldvalue="${cspBlob(old)}"` +
    ` oldmodulus="${base64(old.modulus)}" oldexponent="${base64(old.exponent)}"/>`
  )
}

interface RsaNumbers {
  readonly modulus: Buffer
  readonly exponent: Buffer
}

function rsaNumbers(key: KeyObject): RsaNumbers {
  const { n, e } = key.export({ format: 'jwk' })
  return { modulus: Buffer.from(n ?? '', 'base64url'), exponent: Buffer.from(e ?? '', 'base64url') }
}

/** .NET's public key blob: header, bit length and exponent little-endian, then the modulus little-endian. */
function cspBlob({ modulus, exponent }: RsaNumbers): string {
  const header = Buffer.from('0602000000a4000052534131', 'hex')
  const sizes = Buffer.alloc(8)
  sizes.writeUInt32LE(modulus.length * 8, 0)
  sizes.writeUInt32LE(exponent.readUIntBE(0, exponent.length), 4)
  return base64(Buffer.concat([header, sizes, Buffer.from(modulus).reverse()]))
}

function base64(bytes: Buffer): string {
  return bytes.toString('base64')
}
