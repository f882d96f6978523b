import type { ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, inject, it, vi } from 'vitest'
import { findIssuer } from '../../src/auth/issuer-api.strategy.js'
import { Person } from '../kit/people.js'
import { Tandem } from '../kit/tandem.js'
import { until } from '../reliability/until.js'
import { Issuer } from './issuer.js'

vi.setConfig({ testTimeout: 60_000 })

const MIB = 1024 ** 2
/** What an answer may take in all, and what a busy machine adds. */
const ENDED_MS = 14_000
const AT_ONCE_MS = 3000
const METADATA = '/.well-known/openid-configuration'

describe('an identity provider whose answers are no good', () => {
  let issuer: Issuer
  let tandem: Tandem

  beforeEach(async () => {
    issuer = await Issuer.start()
    tandem = await Tandem.start(inject('postgres'), { env: { OIDC_ISSUER: issuer.url } })
  })
  afterEach(async () => {
    await issuer[Symbol.asyncDispose]()
    await tandem.stop()
  })

  async function status(token: string): Promise<number> {
    return (await new Person(tandem.url, 'alice', token).calls('GET', '/files')).status
  }

  function stranger(kid: string): string {
    return issuer.token({ sub: 'mallory' }, { header: { kid } })
  }

  async function tookMs(work: () => Promise<unknown>): Promise<number> {
    const began = performance.now()
    await work()
    return performance.now() - began
  }

  function lines(event: string): string[] {
    return tandem.log.filter((line) => line.includes(`"${event}"`))
  }

  const endless = (response: ServerResponse): void => {
    const more = Buffer.alloc(256 * 1024, ' ')
    const go = (): void => {
      while (!response.destroyed && response.write(more));
    }
    response.on('drain', go).on('error', () => undefined)
    go()
  }
  const dripping = (response: ServerResponse): void => {
    const drip = setInterval(() => response.write(' '), 50)
    response.on('close', () => {
      clearInterval(drip)
    })
  }
  const redirecting = (response: ServerResponse): void => {
    response.writeHead(302, { Location: `${issuer.url}/elsewhere` }).end()
  }
  const packed = (response: ServerResponse): void => {
    response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(gzipSync(Buffer.alloc(64 * MIB, ' ')))
  }
  const lying = (response: ServerResponse): void => {
    response.writeHead(200, { 'Content-Length': 10 ** 12 }).write('{"keys":[')
    response.destroy()
  }

  for (const [what, answer] of Object.entries({ endless, redirecting, packed, lying })) {
    it(`keys ${what}, fetched for a stranger’s kid: 503 while none is known, and no memory goes`, async () => {
      issuer.answers.set('/keys', answer)
      const before = process.memoryUsage().rss
      expect(await tookMs(async () => expect(await status(stranger('k'))).toBe(503))).toBeLessThan(AT_ONCE_MS)
      expect((process.memoryUsage().rss - before) / MIB).toBeLessThan(100)
      expect(lines('issuer-keys-failed')).toHaveLength(1)
      // Elsewhere was not asked.
      expect(issuer.requests).toBe(2)
      expect((await fetch(`${tandem.url}/health/live`)).status).toBe(200)
    })
  }

  it('keys byte by byte: strangers get 401 in 10 s, by one fetch, and people are served meanwhile', async () => {
    expect(await status(issuer.token({ sub: 'alice' }))).toBe(200)
    issuer.answers.set('/keys', dripping)
    // The look before counts: forged kids may cause another only after a while, which is put forward.
    const strangers: Promise<number>[] = []
    const real = performance.now.bind(performance)
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => real() + 10_500)
    try {
      for (let i = 0; i < 20; i++) strangers.push(status(stranger(`k${i}`)))
      await until('the keys are asked for', () => Promise.resolve(issuer.keyRequests === 2))
      expect(
        await tookMs(async () => expect(await status(issuer.token({ sub: 'alice' }))).toBe(200)),
      ).toBeLessThan(AT_ONCE_MS)
    } finally {
      clock.mockRestore()
    }
    let statuses: number[] = []
    expect(await tookMs(async () => (statuses = await Promise.all(strangers)))).toBeLessThan(ENDED_MS)
    expect(new Set(statuses)).toEqual(new Set([401]))
    expect(await status(stranger('one more'))).toBe(401)
    expect(issuer.keyRequests).toBe(2)
  })

  it('wrong keys among good ones are left out, and said once', async () => {
    const [rsa, ec] = issuer.keySet.keys
    const wrong = [
      null,
      7,
      {},
      { ...rsa, kid: 5 },
      { ...rsa, kid: 'no modulus', n: undefined },
      { ...ec, kid: 'no curve', crv: 'P-17' },
      { ...rsa, kid: 'short', n: Buffer.alloc(128, 0xff).toString('base64url') },
    ]
    const unused = [
      { ...rsa, kid: 'for encryption', use: 'enc' },
      { kty: 'oct', kid: 'symmetric', k: 'AAAA' },
    ]
    issuer.answers.set('/keys', (response) => {
      response.end(JSON.stringify({ keys: [...wrong, ...unused, rsa, ec] }))
    })
    expect(await status(issuer.token({ sub: 'alice' }))).toBe(200)
    expect(await status(issuer.token({ sub: 'alice' }, { key: issuer.ec }))).toBe(200)
    const [line, ...others] = lines('issuer-keys-skipped')
    expect(others).toEqual([])
    for (const n of [1, 2, 3, 4, 5, 6, 7]) expect(line).toContain(`key ${n}: `)
    for (const n of [8, 9, 10, 11]) expect(line).not.toContain(`key ${n}: `)
  })

  it.each(['null', '[]', '{"keys":null}', '{"keys":{}}', 'no JSON', ''])(
    'what is no key set is none, and nobody is told that they are not signed in: %s',
    async (text) => {
      issuer.answers.set('/keys', (response) => response.end(text))
      expect(await status(issuer.token({ sub: 'alice' }))).toBe(503)
      expect(lines('issuer-keys-failed')[0]).toContain('its answer is no JSON Web Key Set')
    },
  )

  it.each([
    ['endless', endless, /over 1 MB/],
    ['redirecting', redirecting, /answered 302/],
    ['packed', packed, /packed \(gzip\), unasked/],
    ['null', (response: ServerResponse) => response.end('null'), /no JSON object/],
  ] as const)('metadata that are %s are refused in words', async (_what, answer, words) => {
    issuer.answers.set(METADATA, answer)
    await expect(findIssuer(issuer.url)).rejects.toThrow(words)
  })
})
