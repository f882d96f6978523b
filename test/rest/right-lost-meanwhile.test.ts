import { randomBytes } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import type { ApiRole } from '../../src/auth/api-user.js'
import { execute } from '../kit/postgres.js'
import { Tandem } from '../kit/tandem.js'
import { linkFor, Visitor } from '../pages/visitor.js'
import { until } from '../reliability/until.js'
import { CALLS, setStage, type Call, type Stage } from './every-route.js'
import { routesOf } from './router.js'

/** Which row each change waits for. A route that changes something and is not here fails the first test. */
const WAITS_FOR: Readonly<Record<string, Held>> = {
  'POST /files (shared folder)': container,
  'DELETE /files/:id': file,
  'PUT /files/:id/content': file,
  'POST /files/:id/versions/:version/restore': file,
  'PUT /:kind/:id/grants/:subject': file,
  'PUT /:kind/:id/grants/:subject (container)': container,
  'DELETE /:kind/:id/grants/:subject': file,
  'DELETE /:kind/:id/share-links/:link': file,
  'POST /share-links/redeem': (stage) => ['share_link', 'object_id', stage.fileId],
  'POST /files/:id/access-tokens': file,
  'POST /files/:id/access-tokens (edit)': file,
  'POST /files/:id/access-tokens (for alice)': file,
  'POST /files/:id/exclusive-lock': file,
  'DELETE /files/:id/exclusive-lock': file,
  'POST /files/:id/recovery-items/:item/restore': file,
  'POST /files/:id/recovery-items/:item/save-copy': file,
  'DELETE /files/:id/recovery-items/:item': file,
  'POST /bin/:id/restore': binned,
  'DELETE /bin/:id': binned,
  'POST /containers (shared folder)': container,
  'POST /containers/:id/access-tokens': container,
  'POST /containers/:id/access-tokens (for alice)': container,
  'DELETE /admin/locks/:file': file,
  'DELETE /admin/access-tokens/:jti': (_stage, { path }) => ['access_token', 'jti', path.split('/').at(-1)],
  'POST /admin/users/:user/sign-out': () => ['web_session', 'user_id', 'vera'],
  'POST /admin/sessions/:id/end': file,
}

/** Signing in and out is nobody's right to lose, nor is what the caller owns. */
const NEED_NO_RIGHT = ['POST /sign-in', 'POST /sign-out', 'DELETE /bin']

type Held = (stage: Stage, call: Call) => readonly [table: string, column: string, value: string | undefined]

function file({ fileId }: Stage): ReturnType<Held> {
  return ['file', 'id', fileId]
}
function binned(_stage: Stage, { path }: Call): ReturnType<Held> {
  return ['file', 'id', path.split('/')[2]]
}
function container({ containerId }: Stage): ReturnType<Held> {
  return ['container', 'id', containerId]
}

/** Everything that a change could leave behind. */
const TABLES = [
  ...['file', 'file_version', 'file_lock', 'recovery_item', 'container', 'access_grant', 'access_token'],
  ...['share_link', 'share_link_holder', 'web_session', 'audit_event'],
]

/** That somebody was refused is recorded as well, and changes nothing. */
const OF_CHANGES = `where action not in ('access-refused', 'sign-in-refused')`

interface Ways {
  readonly role: ApiRole
  /** Takes it away from that person. */
  readonly meanwhile: (who: string) => Promise<unknown>
}

describe('a right that is taken away while a call waits for its turn', () => {
  let routes: string[]
  let tandem: Tandem
  beforeAll(async () => {
    routes = await routesOf(inject('postgres'))
    tandem = await Tandem.start(inject('postgres'))
  })
  afterAll(() => tandem.stop())

  const sql = async (text: string, values: unknown[] = []): Promise<Record<string, unknown>[]> =>
    (await execute(tandem.databaseUrl, text, values)).rows as Record<string, unknown>[]

  const state = async (): Promise<unknown> => {
    const tables = TABLES.map(
      (
        table,
      ) => `select '${table}' as name, coalesce(md5(string_agg(t::text, '|' order by t::text)), '') as is
        from "${table}" t ${table === 'audit_event' ? OF_CHANGES : ''}`,
    )
    const blobs = await readdir(join(tandem.dataDir, 'blobs'), { recursive: true })
    return [await sql(tables.join(' union all ')), blobs.toSorted()]
  }

  async function callOf(route: string, stage: Stage): Promise<Call> {
    const name = randomBytes(6).toString('hex')
    if (route === 'POST /files (shared folder)')
      return { path: `/files?name=${name}.docx&container=${stage.containerId}`, body: 'new' }
    if (route === 'POST /containers (shared folder)')
      return { path: `/containers?name=${name}&parent=${stage.containerId}` }
    const call = await CALLS[route]?.(stage)
    if (!call) throw new Error(`no call for ${route}`)
    return call
  }

  /** Makes the call while somebody holds the row that it waits for. @returns its status */
  async function whileItWaits(route: string, { role, meanwhile }: Ways): Promise<number> {
    const stage = await setStage(tandem)
    const who = `olga${randomBytes(4).toString('hex')}`
    const caller = await tandem.person(who, role)
    if (role !== 'admin') {
      const alice = await tandem.person('alice')
      const grants = `/containers/${stage.containerId}/grants/user:${who}`
      expect((await alice.calls('PUT', grants, { role: 'owner' })).status).toBe(200)
    }
    await Visitor.signedIn(tandem, 'vera')
    const call = await callOf(route, stage)
    const [table, column, value] = WAITS_FOR[route]?.(stage, call) ?? []
    const holder = new pg.Client({ connectionString: tandem.databaseUrl })
    await holder.connect()
    try {
      await holder.query('begin')
      const { rowCount } = await holder.query(`select from ${table} where ${column} = $1 for update`, [value])
      expect(rowCount, 'something to hold').toBeGreaterThan(0)
      const [method = ''] = route.split(' ')
      const answer = fetch(`${tandem.url}/api/v1${call.path}`, {
        method,
        headers: { ...call.headers, authorization: `Bearer ${caller.bearer}` },
        ...(call.body === undefined
          ? {}
          : { body: typeof call.body === 'string' ? call.body : JSON.stringify(call.body) }),
      })
      await until('the call waits', async () => {
        const waiting = await sql(
          `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
        )
        return waiting.length > 0
      })
      await meanwhile(who)
      await holder.query('commit')
      return (await answer).status
    } finally {
      await holder.end()
    }
  }

  const nothing: Ways['meanwhile'] = () => Promise.resolve()
  const revoke: Ways['meanwhile'] = (who) =>
    sql(`delete from access_grant where subject = $1`, [`user:${who}`])
  const disable: Ways['meanwhile'] = (who) =>
    sql(`update user_account set disabled_at = now() where id = $1`, [who])
  /** As a newer token of the provider does. */
  const demote: Ways['meanwhile'] = (who) =>
    sql(`update user_account set api_role = 'user', facts_at = now() where id = $1`, [who])

  /** Taken after the right is gone: nothing may follow. */
  async function refused(route: string, ways: Ways): Promise<number> {
    let before: unknown
    const status = await whileItWaits(route, {
      ...ways,
      meanwhile: async (who) => {
        await ways.meanwhile(who)
        before = await state()
      },
    })
    const [tables, blobs] = (await state()) as [unknown, string[]]
    const [tablesBefore, blobsBefore] = before as [unknown, string[]]
    expect(tables).toEqual(tablesBefore)
    // The bytes of a refused upload go as well.
    expect(blobsBefore).toEqual(expect.arrayContaining(blobs))
    return status
  }

  it('every route that changes something is asked here', () => {
    const changing = routes.flatMap((route) => {
      const [, method, path] = /^(POST|PUT|DELETE|PATCH) \/api\/v1(\/.*)$/.exec(route) ?? []
      return method && path ? [`${method} ${path}`] : []
    })
    const here = [...Object.keys(WAITS_FOR), ...NEED_NO_RIGHT].map((row) => row.replace(/ \(.*/, ''))
    expect(new Set(here)).toEqual(new Set(changing))
  })

  for (const route of Object.keys(WAITS_FOR)) {
    const forAdministrators = route.includes(' /admin/') || route.endsWith('(for alice)')
    const needsRight = !forAdministrators && !route.endsWith('/redeem')
    const role = forAdministrators ? 'admin' : 'user'

    it(`${route}: done when nothing happens meanwhile`, async () => {
      expect(await whileItWaits(route, { role, meanwhile: nothing })).toBeLessThan(300)
    })
    if (needsRight) {
      it(`${route}: 404 when it is the right to the object, and nothing has changed`, async () => {
        expect(await refused(route, { role, meanwhile: revoke })).toBe(404)
      })
    }
    // An administrator gets no token of their own but for what is shared with them, so there is nothing to lose.
    if (forAdministrators || (needsRight && !route.includes('/access-tokens'))) {
      it(`${route}: an administrator who is none any more has done nothing`, async () => {
        const status = await refused(route, { role: 'admin', meanwhile: demote })
        expect(status).toBe(route.includes(' /admin/') ? 403 : 404)
      })
    }
    it(`${route}: 401 when it is the account, and nothing has changed`, async () => {
      expect(await refused(route, { role, meanwhile: disable })).toBe(401)
    })
  }

  it('a browser that was signed out meanwhile has done nothing', async () => {
    const { fileId } = await setStage(tandem)
    const visitor = await Visitor.signedIn(tandem, 'alice')
    const other = new Visitor(tandem)
    await other.opensLink(await linkFor(tandem, 'alice'))
    const holder = new pg.Client({ connectionString: tandem.databaseUrl })
    await holder.connect()
    try {
      await holder.query('begin')
      await holder.query(`select from file where id = $1 for update`, [fileId])
      const answer = visitor.calls('DELETE', `/files/${fileId}`)
      await until('the call waits', async () => {
        const waiting = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
        return (await sql(waiting)).length > 0
      })
      const root = await tandem.person('root', 'admin')
      await root.calls('POST', '/admin/users/alice/sign-out', { reason: 'lost notebook' })
      await holder.query('commit')
      expect((await answer).status).toBe(401)
      expect((await root.calls('GET', `/files/${fileId}`)).status).toBe(200)
    } finally {
      await holder.end()
    }
  })
})
