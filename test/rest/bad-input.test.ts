import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import type { Person } from '../kit/people.js'
import { Tandem } from '../kit/tandem.js'
import { rawRequest, type RawAnswer } from '../permission/raw-http.js'
import { expectProblem } from './problem.js'

describe('REST: bad input', () => {
  let tandem: Tandem
  let alice: Person
  let id: string

  beforeAll(async () => {
    tandem = await Tandem.start(inject('postgres'))
    alice = await tandem.person('alice')
    id = (await tandem.sharedFile('content')).id
  })
  afterAll(() => tandem.stop())

  const raw = (
    method: string,
    path: string,
    body?: string | Buffer,
    headers: string[] = [],
  ): Promise<RawAnswer> =>
    rawRequest(tandem.url, path, {
      method,
      headers: ['Authorization', `Bearer ${alice.bearer}`, ...headers],
      ...(body === undefined ? {} : { body }),
    })

  const paths = [
    ['GET', '/api/v1/files/%00'],
    ['DELETE', '/api/v1/files/%00'],
    ['GET', '/api/v1/files/%00/content'],
    ['PUT', '/api/v1/files/%00/content'],
    ['GET', '/api/v1/files/ID/versions/%00/content'],
    ['POST', '/api/v1/files/ID/versions/%00/restore'],
    ['GET', '/api/v1/files/%00/grants'],
    ['PUT', '/api/v1/files/ID/grants/group:a%00'],
    ['DELETE', '/api/v1/files/ID/grants/user:a%00'],
    ['GET', '/api/v1/files/ID/recovery-items/%00/content'],
    ['POST', '/api/v1/files/ID/recovery-items/%00/save-copy'],
    ['DELETE', '/api/v1/files/ID/recovery-items/%00'],
    ['DELETE', '/api/v1/files/%00/exclusive-lock'],
    ['GET', '/api/v1/containers/%00'],
    ['GET', '/api/v1/containers/%00/grants'],
    ['GET', `/api/v1/files/${'x'.repeat(8000)}`],
    ['GET', '/api/v1/files/..%2f..%2fetc%2fpasswd'],
    ['GET', "/api/v1/files/' or 1=1 --".replaceAll(' ', '%20')],
  ] as const
  for (const [method, path] of paths) {
    it(`${method} ${path.slice(0, 60)} is 404`, async () => {
      const body = method === 'PUT' && path.includes('grants') ? '{"role":"viewer"}' : undefined
      expectProblem(await raw(method, path.replace('ID', id), body), 404, 'not-found')
    })
  }

  it('is 400 for U+0000 in any query parameter', async () => {
    for (const path of [
      'files?cursor=%00',
      'files?limit=%00',
      `files/${id}/versions?cursor=%00`,
      'containers?parent=%00',
    ]) {
      expectProblem(await raw('GET', `/api/v1/${path}`), 400, 'invalid-request')
    }
  })

  it('answers what is no path in UTF-8 with 400', async () => {
    for (const path of ['/api/v1/files/%E0%A4%A', '/api/v1/files/%', '/api/v1/files/%ff']) {
      expect((await raw('GET', path)).status).toBe(400)
    }
  })

  it('answers unknown addresses and methods with 404, and tells them only to callers who are signed in', async () => {
    for (const [method, path] of [
      ['GET', '/api/v1'],
      ['GET', '/api/v1/nothing'],
      ['PATCH', `/api/v1/files/${id}`],
      ['PUT', `/api/v1/files/${id}`],
      ['GET', `/api/v1/files/${id}/`],
      ['GET', '/api/v1/files//content'],
      ['GET', `/api/v1//files/${id}`],
    ] as const) {
      expectProblem(await raw(method, path), 404, 'not-found')
      expectProblem(await rawRequest(tandem.url, path, { method }), 401, 'not-signed-in')
    }
    expect((await raw('GET', `/API/v1/files/${id}`)).status).toBe(404)
  })

  const token = (body: string | Buffer): Promise<RawAnswer> =>
    raw('POST', `/api/v1/files/${id}/access-tokens`, body)

  it('takes JSON of 100,000 bytes and refuses a byte more, announced or not', async () => {
    const padded = (bytes: number): string => `{"mode":"view"${' '.repeat(bytes - 15)}}`
    expect((await token(padded(100_000))).status).toBe(201)
    expectProblem(await token(padded(100_001)), 413, 'body-too-large')
    expectProblem(await token(padded(150_000)), 413, 'body-too-large')
    expect((await alice.calls('GET', '/files')).status).toBe(200)
  })

  const bodies: readonly [string, string | Buffer][] = [
    ['nothing', ''],
    ['half a document', '{"mode":'],
    ['two documents', '{"mode":"view"}{"mode":"view"}'],
    ['a text', '"view"'],
    ['a number', '1e400'],
    ['arrays 49,000 deep', '['.repeat(49_000) + ']'.repeat(49_000)],
    ['objects 10,000 deep', '{"mode":'.repeat(10_000) + '1' + '}'.repeat(10_000)],
    ['a deep value', `{"mode":${'['.repeat(40_000)}${']'.repeat(40_000)}}`],
    ['__proto__ besides', '{"mode":"view","__proto__":{"admin":true}}'],
    ['__proto__ alone', '{"__proto__":{"mode":"view"}}'],
    ['constructor', '{"mode":"view","constructor":{"prototype":{}}}'],
    [
      '9,000 unknown keys',
      `{"mode":"view",${Array.from({ length: 9000 }, (_, i) => `"k${i}":1`).join(',')}}`,
    ],
    ['no UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d])],
    ['a zip bomb’s header', Buffer.from('504b0304', 'hex')],
    ['U+0000 in a value', '{"mode":"view","onBehalfOf":"a\\u0000"}'],
  ]
  for (const [what, body] of bodies) {
    it(`answers 400 to a body of ${what}`, async () => {
      expectProblem(await token(body), 400, 'invalid-request')
      expect(({} as Record<string, unknown>)['admin']).toBeUndefined()
    })
  }

  it('answers 401 without a genuine bearer token, whatever stands in its place', async () => {
    const headers = [
      [],
      ['Authorization', 'Bearer'],
      ['Authorization', 'Bearer x'],
      ['Authorization', 'Bearer a.b.c'],
      ['Authorization', 'Basic eDp5'],
      ['Authorization', `Bearer ${alice.bearer}x`],
      ['Authorization', `Bearer ${'x'.repeat(30_000)}`],
    ]
    for (const header of headers) {
      const answer = await rawRequest(tandem.url, `/api/v1/files?access_token=${alice.bearer}`, {
        headers: header,
      })
      expectProblem(answer, 401, 'not-signed-in')
      expect(answer.headers['www-authenticate']).toBe('Bearer')
    }
  })

  it('repeats the caller’s correlation id in problem and log, and makes one up for a strange one', async () => {
    const given = await raw('GET', '/api/v1/files/none', undefined, ['X-Request-Id', 'trace-4711'])
    expect(expectProblem(given, 404, 'not-found')['correlationId']).toBe('trace-4711')
    expect(tandem.log.filter((line) => line.includes('trace-4711'))).toHaveLength(1)
    for (const strange of ['a b', 'x'.repeat(129), 'é']) {
      const answer = await raw('GET', '/api/v1/files/none', undefined, ['X-Request-Id', strange])
      expect(expectProblem(answer, 404, 'not-found')['correlationId']).toMatch(/^[0-9a-f]{24}$/)
    }
  })
})
