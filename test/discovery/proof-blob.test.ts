import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { proofBlob as simulatorsBlob } from '../../simulator/proof-key.js'
import { proofKeysOf, type ProofKeys } from '../../src/discovery/proof-keys.js'
import {
  COMBINATIONS,
  isTimely,
  matches,
  proofBlob,
  proofOf,
  type Combination,
} from '../../src/wopi/guards/proof.js'
import { KEYS, VECTORS, type Vector } from './proof-vectors.js'

const keys = keysOf(KEYS)
const request = (headers: Record<string, string>): IncomingMessage =>
  ({ headers }) as unknown as IncomingMessage

function keysOf(attributes: Record<string, string>): ProofKeys {
  const found = proofKeysOf({
    name: 'proof-key',
    attributes: new Map(Object.entries(attributes)),
    children: [],
  })
  if (!found) throw new Error('no keys')
  return found
}

function fitting(vector: Vector, token = vector.token): Combination[] {
  const proof = proofOf(
    request({
      'x-wopi-proof': vector.proof,
      'x-wopi-proofold': vector.proofOld,
      'x-wopi-timestamp': String(vector.ticks),
    }),
  )
  if (!proof) throw new Error('no proof')
  const blob = proofBlob(token, vector.prefix + vector.token, proof.ticks)
  return COMBINATIONS.filter((combination) => matches(combination, keys, proof, [blob]))
}

describe('proofs (WOPI.md §14)', () => {
  it.each(VECTORS)('§14.5: Microsoft’s vector at $ticks fits $fits alone', (vector) => {
    expect(fitting(vector)).toEqual([vector.fits])
  })

  it('§14.5: the blob of the first vector', () => {
    const [{ token, prefix, ticks } = { token: '', prefix: '', ticks: 0n }] = VECTORS
    const blob = proofBlob(token, prefix + token, ticks)
    expect(blob).toHaveLength(507)
    expect(createHash('sha256').update(blob).digest('hex')).toBe(
      '5ba5ba7a205e58d1de521c6f290b484787901e4104409cc9fb28d5803fc48079',
    )
    expect(blob.subarray(-12).toString('hex')).toBe('0000000808d24dabc878e41c')
  })

  it('§14.3: Microsoft signed the token as it stands in the query, not decoded', () => {
    for (const vector of VECTORS) expect(fitting(vector, decodeURIComponent(vector.token))).toEqual([])
  })

  it('is the blob that the simulator signs', () => {
    const ticks = fc.bigInt({ min: 0n, max: 2n ** 63n - 1n })
    fc.assert(
      fc.property(fc.string({ unit: 'binary-ascii' }), fc.string(), ticks, (token, url, time) => {
        expect(proofBlob(token, url, time).equals(simulatorsBlob(url, token, time))).toBe(true)
      }),
    )
  })

  it('P-02: ProofOld with the old key is none, and no old key is no trouble', () => {
    const [vector] = VECTORS.filter(({ fits }) => fits === 'old-key')
    if (!vector) throw new Error('no vector')
    // The vector's Proof was made with the old key: as ProofOld it must count for nothing.
    expect(fitting({ ...vector, proofOld: vector.proof, proof: vector.proofOld })).toEqual([])
    const withoutOld = keysOf({ modulus: KEYS.modulus, exponent: 'AQAB' })
    const proof = proofOf(request({ 'x-wopi-proof': vector.proof, 'x-wopi-timestamp': String(vector.ticks) }))
    const blob = proofBlob(vector.token, vector.prefix + vector.token, vector.ticks)
    expect(proof && matches('old-key', withoutOld, proof, [blob])).toBe(false)
  })

  it('P-03, R-28: whatever is in the headers, it is a value or none, and never an exception', () => {
    const piece = fc.constantFrom('=', '%', 'A', '+', '/', '-', '_', ' ', ',', '9', '\u00ff')
    const text = fc.oneof(
      fc.string(),
      fc.array(piece, { maxLength: 400 }).map((pieces) => pieces.join('')),
    )
    const [{ token, prefix, ticks } = { token: '', prefix: '', ticks: 0n }] = VECTORS
    const blobs = [proofBlob(token, prefix + token, ticks)]
    fc.assert(
      fc.property(text, text, fc.oneof(text, fc.constant(String(ticks))), (one, other, time) => {
        const headers = { 'x-wopi-proof': one, 'x-wopi-proofold': other, 'x-wopi-timestamp': time }
        const proof = proofOf(request(headers))
        if (proof)
          for (const combination of COMBINATIONS) expect(matches(combination, keys, proof, blobs)).toBe(false)
      }),
      { numRuns: 5000 },
    )
  })

  const now = Date.UTC(2026, 10, 21)
  const at = (ms: number): { ticks: bigint; proof: Buffer; proofOld: undefined } => ({
    ticks: BigInt(ms) * 10_000n + 621_355_968_000_000_000n,
    proof: Buffer.alloc(256),
    proofOld: undefined,
  })
  it.each([
    ['now', 0, true],
    ['19 min 59 s old', -1_199_000, true],
    ['20 min 1 s old', -1_201_000, false],
    ['5 min ahead', 300_000, true],
    ['6 min ahead', 360_000, false],
  ])('P-04: %s', (_what, offset, timely) => {
    expect(isTimely(at(now + offset), now)).toBe(timely)
  })

  it.each(['', 'abc', '-1', '1.5', '1e3', '9223372036854775808', '18446744073709551616', '1 ', '٣'])(
    'P-04: the time %j is none',
    (time) => {
      const [{ proof } = { proof: '' }] = VECTORS
      expect(proofOf(request({ 'x-wopi-proof': proof, 'x-wopi-timestamp': time }))).toBeUndefined()
    },
  )

  it.each(['0', '9223372036854775807'])('P-04: the time %s is far away', (time) => {
    const [{ proof } = { proof: '' }] = VECTORS
    const read = proofOf(request({ 'x-wopi-proof': proof, 'x-wopi-timestamp': time }))
    expect(read && isTimely(read, now)).toBe(false)
  })
})
