import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { execute } from '../kit/postgres.js'
import { Tandem } from '../kit/tandem.js'
import { CALLS, setStage } from './every-route.js'
import { routesOf } from './router.js'

/**
 * Who may call what. Each cell is one well-formed call on a file of its own. `wopi` presents an access
 * token where a bearer token belongs; the next four are people with that right to the file; auditor and admin are roles.
 */
const TABLE = `
                                                 | none  wopi | stranger viewer editor owner | auditor admin
GET    /files                                    |  401   401 |   200     200    200    200  |   200    200
POST   /files                                    |  401   401 |   201     201    201    201  |   403    201
GET    /files/:id                                |  401   401 |   404     200    200    200  |   200    200
DELETE /files/:id                                |  401   401 |   404     403    403    204  |   403    204
GET    /files/:id/content                        |  401   401 |   404     200    200    200  |   403    200
PUT    /files/:id/content                        |  401   401 |   404     403    200    200  |   403    200
GET    /files/:id/versions                       |  401   401 |   404     200    200    200  |   200    200
GET    /files/:id/versions/:version/content      |  401   401 |   404     200    200    200  |   403    200
POST   /files/:id/versions/:version/restore      |  401   401 |   404     403    200    200  |   403    200
GET    /:kind/:id/grants                         |  401   401 |   404     403    403    200  |   200    200
GET    /:kind/:id/grants (container)             |  401   401 |   404     404    404    200  |   200    200
PUT    /:kind/:id/grants/:subject                |  401   401 |   404     403    403    200  |   403    200
PUT    /:kind/:id/grants/:subject (container)    |  401   401 |   404     404    404    200  |   403    200
DELETE /:kind/:id/grants/:subject                |  401   401 |   404     403    403    204  |   403    204
GET    /:kind/:id/share-links                    |  401   401 |   404     403    403    200  |   200    200
GET    /:kind/:id/share-links (container)        |  401   401 |   404     404    404    200  |   200    200
DELETE /:kind/:id/share-links/:link              |  401   401 |   404     403    403    204  |   403    204
POST   /share-links/redeem                       |  401   401 |   200     200    200    200  |   403    200
POST   /files/:id/access-tokens                  |  401   401 |   404     201    201    201  |   403    403
POST   /files/:id/access-tokens (edit)           |  401   401 |   404     403    201    201  |   403    403
POST   /files/:id/access-tokens (for alice)      |  401   401 |   403     403    403    403  |   403    201
GET    /files/:id/opening                        |  401   401 |   404     200    200    200  |   403    404
GET    /files/:id/coauth-status                  |  401   401 |   404     403    200    200  |   200    200
POST   /files/:id/exclusive-lock                 |  401   401 |   404     403    403    201  |   403    201
DELETE /files/:id/exclusive-lock                 |  401   401 |   404     403    403    204  |   403    204
GET    /files/:id/recovery-items                 |  401   401 |   404     403    200    200  |   200    200
GET    /files/:id/recovery-items/:item/content   |  401   401 |   404     403    200    200  |   403    200
POST   /files/:id/recovery-items/:item/restore   |  401   401 |   404     403    200    200  |   403    200
POST   /files/:id/recovery-items/:item/save-copy |  401   401 |   404     403    201    201  |   403    201
DELETE /files/:id/recovery-items/:item           |  401   401 |   404     403    403    204  |   403    204
GET    /bin                                      |  401   401 |   200     200    200    200  |   200    200
DELETE /bin                                      |  401   401 |   204     204    204    204  |   403    204
GET    /bin/:id                                  |  401   401 |   404     404    404    200  |   200    200
DELETE /bin/:id                                  |  401   401 |   404     404    404    204  |   403    204
POST   /bin/:id/restore                          |  401   401 |   404     404    404    200  |   403    200
GET    /bin/:id/recovery-items                   |  401   401 |   404     404    404    200  |   200    200
GET    /bin/:id/recovery-items/:item/content     |  401   401 |   404     404    404    200  |   403    200
GET    /containers                               |  401   401 |   200     200    200    200  |   200    200
POST   /containers                               |  401   401 |   201     201    201    201  |   403    201
GET    /containers/:id                           |  401   401 |   404     404    404    200  |   200    200
POST   /containers/:id/access-tokens             |  401   401 |   404     404    404    201  |   403    403
POST   /containers/:id/access-tokens (for alice) |  401   401 |   403     403    403    403  |   403    201
GET    /events                                   |  401   401 |   403     403    403    403  |   200    200
GET    /events (one file)                        |  401   401 |   404     403    200    200  |   200    200
GET    /me                                       |  401   401 |   200     200    200    200  |   200    200
POST   /sign-in                                  |  400   400 |   400     400    400    400  |   400    400
POST   /sign-out                                 |  401   401 |   401     401    401    401  |   401    401
GET    /admin/locks                              |  401   401 |   403     403    403    403  |   200    200
GET    /admin/locks/:file                        |  401   401 |   403     403    403    403  |   200    200
DELETE /admin/locks/:file                        |  401   401 |   403     403    403    403  |   403    204
GET    /admin/access-tokens                      |  401   401 |   403     403    403    403  |   200    200
DELETE /admin/access-tokens/:jti                 |  401   401 |   403     403    403    403  |   403    204
POST   /admin/users/:user/sign-out               |  401   401 |   403     403    403    403  |   403    200
GET    /admin/editors                            |  401   401 |   403     403    403    403  |   200    200
GET    /admin/audit                              |  401   401 |   403     403    403    403  |   200    200
GET    /admin/recovery-items                     |  401   401 |   403     403    403    403  |   200    200
GET    /admin/sessions                           |  401   401 |   403     403    403    403  |   200    200
GET    /admin/sessions/:id                       |  401   401 |   403     403    403    403  |   200    200
GET    /admin/sessions/:id/events                |  401   401 |   403     403    403    403  |   200    200
GET    /admin/sessions/:id/revocation-forecast   |  401   401 |   403     403    403    403  |   200    200
POST   /admin/sessions/:id/end                   |  401   401 |   403     403    403    403  |   403    204
`

const BEARER_OF: Readonly<Record<string, (tandem: Tandem, fileId: string) => Promise<string | undefined>>> = {
  none: () => Promise.resolve(undefined),
  wopi: async (tandem, fileId) => (await tandem.person('alice')).opens(fileId, 'edit'),
  stranger: bearer('mallory'),
  viewer: bearer('vera'),
  editor: bearer('eddie'),
  owner: bearer('alice'),
  auditor: bearer('ada', 'auditor'),
  admin: bearer('root', 'admin'),
}

function bearer(id: string, role: 'user' | 'auditor' | 'admin' = 'user') {
  return async (tandem: Tandem): Promise<string> => (await tandem.person(id, role)).bearer
}

describe('roles × endpoints', () => {
  const table = readTable(TABLE)
  let routes: string[]
  let tandem: Tandem

  beforeAll(async () => {
    // First: passport knows one set of strategies in a process, the latest.
    routes = await routesOf(inject('postgres'))
    tandem = await Tandem.start(inject('postgres'))
  })
  afterAll(() => tandem.stop())

  /** The call of that row as that caller. @returns its status, and how many deeds the audit has of it */
  async function outcome(route: string, who: string): Promise<{ status: number; deeds: number }> {
    const stage = await setStage(tandem)
    // Before the call is made ready, which may delete the file.
    const token = await BEARER_OF[who]?.(tandem, stage.fileId)
    const { path, body, headers } = (await CALLS[route]?.(stage)) ?? { path: '/' }
    const trace = randomBytes(12).toString('hex')
    const answer = await fetch(`${tandem.url}/api/v1${path}`, {
      method: route.split(' ')[0] ?? '',
      headers: { ...headers, 'x-request-id': trace, ...(token && { authorization: `Bearer ${token}` }) },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    // A live stream has no end.
    await answer.body?.cancel()
    const { rows } = await execute(
      tandem.databaseUrl,
      `select count(*)::int as deeds from audit_event where correlation_id = $1 and outcome = 'done'`,
      [trace],
    )
    return { status: answer.status, deeds: (rows[0] as { deeds: number }).deeds }
  }

  it('A-09: every route of the running application has a row, and every row a route', () => {
    const ours = routes.flatMap((route) => {
      const [, method, path] = /^(\w+) \/api\/v1(\/.*)$/.exec(route) ?? []
      return method && path ? [`${method} ${path}`] : []
    })
    expect(new Set(Object.keys(table).map((row) => row.replace(/ \(.*/, '')))).toEqual(new Set(ours))
    expect(Object.keys(CALLS).toSorted()).toEqual(Object.keys(table).toSorted())
  })

  for (const [route, cells] of Object.entries(table)) {
    it(`A-07: ${route}`, async () => {
      const callers = Object.keys(cells)
      const outcomes = await Promise.all(callers.map((who) => outcome(route, who)))
      expect(Object.fromEntries(callers.map((who, i) => [who, outcomes[i]?.status]))).toEqual(cells)
      for (const { status, deeds } of outcomes) {
        // What is refused leaves nothing behind, and what changes anything is in the audit.
        if (status >= 400) expect(deeds).toBe(0)
        else if (!route.startsWith('GET')) expect(deeds).toBeGreaterThan(0)
      }
    })
  }
})

function readTable(text: string): Record<string, Record<string, number>> {
  const [head = '', ...rows] = text.trim().split('\n')
  const words = (line: string): string[] =>
    line.slice(line.indexOf('|')).replaceAll('|', ' ').trim().split(/ +/)
  const callers = words(head)
  return Object.fromEntries(
    rows.map((row) => [
      row.slice(0, row.indexOf('|')).trim().replace(/ +/g, ' '),
      Object.fromEntries(words(row).map((status, i) => [callers[i], Number(status)])),
    ]),
  )
}
