import { request } from 'undici'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { Tandem } from '../kit/tandem.js'
import { Visitor } from '../pages/visitor.js'
import { CALLS, setStage } from './every-route.js'
import { routesOf } from './router.js'

/** Addresses beside the routes: documentation, assets, what leads nowhere, what is malformed. */
const BESIDE_ROUTES = [
  'GET /api/docs',
  'GET /api/docs/',
  'GET /api/docs/swagger-ui.css',
  'GET /api/docs/swagger-ui-bundle.js',
  'GET /api/docs/swagger-ui-init.js',
  'GET /api/docs/nothing',
  'GET /api/openapi.json',
  'GET /api/openapi.yaml',
  'GET /web/style.css',
  'GET /web/nothing.css',
  'GET /web/',
  'GET /web/%',
  'GET /web/%00',
  'GET /web/..%2fpackage.json',
  'POST /web/style.css',
  'GET /nothing',
  'GET /%',
  'GET /edit/%E0%A4%A',
  'GET /api/v1/nothing',
  'GET /api/v1/files/%E0%A4%A',
  'GET /wopi/files/%',
  'PATCH /api/v1/files/x',
  'OPTIONS /api/v1/files',
  'OPTIONS /wopi/files/x',
  'DELETE /wopi/files/x',
  'TRACE /health/live',
  'HEAD /health/ready',
]

type Headers = Readonly<Record<string, string | string[] | undefined>>

describe('D5: what browsers may do with an answer', () => {
  let routes: string[]
  let tandem: Tandem
  beforeAll(async () => {
    routes = await routesOf(inject('postgres'))
    tandem = await Tandem.start(inject('postgres'))
  })
  afterAll(() => tandem.stop())

  /** @returns what is wrong with its headers */
  function faults(path: string, headers: Headers): string[] {
    const csp = String(headers['content-security-policy'] ?? '')
    const caching = String(headers['cache-control'] ?? '')
    // Assets have no secret in them; the browser asks whether there is a newer one.
    const isAsset = path.startsWith('/web/') || path.startsWith('/api/docs')
    return [
      headers['x-content-type-options'] === 'nosniff' ? '' : 'may be sniffed',
      headers['referrer-policy'] === 'no-referrer' ? '' : 'sends its address on',
      csp.includes('frame-ancestors') ? '' : 'may be framed by anybody',
      caching.includes('no-store') || (isAsset && caching.includes('no-cache'))
        ? ''
        : `may be kept: ${caching}`,
      headers['x-powered-by'] === undefined ? '' : 'says what it is made with',
    ].filter((fault) => fault !== '')
  }

  async function faultsOf(call: string, more: object = {}): Promise<string[]> {
    const [method = '', path = ''] = call.split(' ')
    const answer = await request(tandem.url + path, { method: method as 'GET', ...more })
    // A live stream has no end.
    if (String(answer.headers['content-type']).includes('event-stream')) answer.body.destroy()
    else await answer.body.dump()
    return faults(path, answer.headers).map((fault) => `${call} (${answer.statusCode}): ${fault}`)
  }

  it('is said by every route to a stranger, and beside the routes', async () => {
    const calls = routes.map((route) => route.replaceAll(/:\w+/g, 'x'))
    const found = await Promise.all([...calls, ...BESIDE_ROUTES].map((call) => faultsOf(call)))
    expect(found.flat()).toEqual([])
  })

  it('is said by every REST route to an administrator, done or refused', async () => {
    const authorization = `Bearer ${(await tandem.person('root', 'admin')).bearer}`
    const found: string[] = []
    for (const [route, prepare] of Object.entries(CALLS)) {
      const { path, body, headers } = await prepare(await setStage(tandem))
      const payload = typeof body === 'object' ? JSON.stringify(body) : body
      const more = {
        headers: { authorization, ...headers },
        ...(payload === undefined ? {} : { body: payload }),
      }
      const call = `${route.split(' ')[0]} /api/v1${path}`
      found.push(...(await faultsOf(call, more)))
      found.push(...(await faultsOf(`${call}${path.includes('?') ? '&' : '?'}unknown=1`, more)))
    }
    const large = { headers: { authorization }, body: 'x'.repeat(200_000) }
    found.push(...(await faultsOf('POST /api/v1/share-links/redeem', large)))
    expect(found).toEqual([])
  })

  it('is said by the pages and by an editor’s calls', async () => {
    const { id } = await tandem.sharedFile('content')
    const visitor = await Visitor.signedIn(tandem, 'alice')
    const alice = await tandem.person('alice')
    const token = await alice.opens(id, 'edit')
    const found = [
      ...['/', `/edit/${id}`, `/view/${id}`, '/edit/nothing'].map((path) =>
        faultsOf(`GET ${path}`, { headers: { cookie: visitor.cookie } }),
      ),
      ...[`/wopi/files/${id}`, `/wopi/files/${id}/contents`, `/wopi/files/${id}/nothing`].map((path) =>
        faultsOf(`GET ${path}?access_token=${token}`),
      ),
    ]
    expect((await Promise.all(found)).flat()).toEqual([])
  })
})
