import { createHash, createPublicKey, verify } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { ProofKeys, proofBlob } from '../../simulator/proof-key.js'
import { proofKeyElement } from '../../simulator/proof-key-element.js'

const keys = new ProofKeys()
const url = 'https://tandem.example/wopi/files/aB-9?access_token=eyJ.x_y'

describe('the proof signer', () => {
  it('builds the blob of the public vector (WOPI.md §14.5)', () => {
    const token =
      'yZhdN1qgywcOQWhyEMVpB6NE3pvBksvcLXsrFKXNtBeDTPW%2fu62g2t%2fOCWSlb3jUGaz1zc%2fzOzbNgAredLdhQI1Q7sPPqUv2owO78olmN74DV%2fv52OZIkBG%2b8jqjwmUobcjXVIC1BG9g%2fynMN0itZklL2x27Z2imCF6xELcQUuGdkoXBj%2bI%2bTlKM'
    const prefix = 'https://contoso.com/wopi/files/vHxYyRGM8VfmSGwGYDBMIQPzuE+sSC6kw+zWZw2Nyg?access_token='
    const blob = proofBlob(prefix + token, token, 635655897610773532n)
    expect(blob).toHaveLength(507)
    expect(createHash('sha256').update(blob).digest('hex')).toBe(
      '5ba5ba7a205e58d1de521c6f290b484787901e4104409cc9fb28d5803fc48079',
    )
  })

  it('signs with the current and with the old key', () => {
    const headers = keys.headers(url, 'eyJ.x_y', Date.UTC(2026, 0, 1))
    expect(headers['X-WOPI-TimeStamp']).toBe('639028224000000000')
    // Written out once more, so that an error in the signer's own blob does not check itself.
    const parts = [
      Buffer.from('eyJ.x_y'),
      Buffer.from(url.toUpperCase()),
      Buffer.from('08de48c8b4f80000', 'hex'),
    ]
    const blob = Buffer.concat(parts.flatMap((part) => [Buffer.from([0, 0, 0, part.length]), part]))
    const signedBy = (key: typeof keys.current, signature = ''): boolean =>
      verify('sha256', blob, key.publicKey, Buffer.from(signature, 'base64'))
    expect(signedBy(keys.current, headers['X-WOPI-Proof'])).toBe(true)
    expect(signedBy(keys.old, headers['X-WOPI-ProofOld'])).toBe(true)
    expect(signedBy(keys.old, headers['X-WOPI-Proof'])).toBe(false)
  })

  it('keeps the current key as the old one when it rotates', () => {
    expect(keys.rotated().old).toBe(keys.current)
  })

  it('publishes keys that verify, as modulus and exponent and as .NET blob', () => {
    const element = proofKeyElement(keys)
    const attribute = (name: string): Buffer =>
      Buffer.from(new RegExp(`\\b${name}="([^"]*)"`).exec(element)?.[1] ?? '', 'base64')
    for (const [prefix, pair] of [
      ['', keys.current],
      ['old', keys.old],
    ] as const) {
      const modulus = attribute(`${prefix}modulus`)
      const jwk = {
        kty: 'RSA',
        n: modulus.toString('base64url'),
        e: attribute(`${prefix}exponent`).toString('base64url'),
      }
      expect(createPublicKey({ key: jwk, format: 'jwk' }).equals(pair.publicKey)).toBe(true)
      const blob = attribute(`${prefix}value`)
      expect(blob.subarray(0, 20).toString('hex')).toBe('0602000000a400005253413100080000' + '01000100')
      expect(Buffer.from(blob.subarray(20)).reverse().equals(modulus)).toBe(true)
    }
  })
})
