import pg from 'pg'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import type { RestAnswer } from '../kit/people.js'
import { Tandem } from '../kit/tandem.js'
import { Editor } from '../kit/wopi.js'
import { Visitor } from '../pages/visitor.js'
import { until } from '../reliability/until.js'
import { expectProblem } from './problem.js'

describe('an administrator signs somebody out', () => {
  let tandem: Tandem
  let fileId: string
  beforeAll(async () => {
    tandem = await Tandem.start(inject('postgres'))
    fileId = (await tandem.sharedFile('content', { bob: 'editor', carol: 'editor' })).id
  })
  afterAll(() => tandem.stop())

  const opens = async (visitor: Visitor): Promise<Editor> => {
    const { body } = await visitor.calls('POST', `/files/${fileId}/access-tokens`, { mode: 'edit' })
    return new Editor(tandem.url, fileId, (JSON.parse(body) as { accessToken: string }).accessToken)
  }
  const signOut = async (user: string, body: object = { reason: 'laptop lost' }): Promise<RestAnswer> =>
    (await tandem.person('root', 'admin')).calls('POST', `/admin/users/${user}/sign-out`, body)
  const connected = async (): Promise<pg.Client> => {
    const client = new pg.Client(tandem.databaseUrl)
    await client.connect()
    return client
  }

  it('in every browser, with every access token of each, and nobody else; the audit says why', async () => {
    const [one, other, carols] = [
      await Visitor.signedIn(tandem, 'bob'),
      await Visitor.signedIn(tandem, 'bob'),
      await Visitor.signedIn(tandem, 'carol'),
    ]
    const bobs = [await opens(one), await opens(one), await opens(other)]
    const bearers = await tandem.editor(await tandem.person('bob'), fileId)
    const carolsEditor = await opens(carols)
    const answer = await signOut('bob')
    expect([answer.status, answer.json()]).toEqual([200, { sessions: 2, accessTokens: 3 }])
    for (const editor of bobs) expect((await editor.checkFileInfo()).status).toBe(401)
    for (const visitor of [one, other]) expect((await visitor.calls('GET', '/me')).status).toBe(401)
    expect((await bearers.checkFileInfo()).status).toBe(200)
    expect((await carolsEditor.checkFileInfo()).status).toBe(200)
    expect((await carols.calls('GET', '/me')).status).toBe(200)
    const root = await tandem.person('root', 'admin')
    const audit = await root.calls('GET', '/admin/audit?action=signed-out&object=bob')
    expect(audit.json<{ items: object[] }>().items).toMatchObject([
      {
        actor: 'root',
        objectId: 'bob',
        outcome: 'done',
        detail: { by: 'root', reason: 'laptop lost', sessions: 2, accessTokens: 3 },
      },
    ])
    expect((await signOut('bob')).json()).toEqual({ sessions: 0, accessTokens: 0 })
    expect((await (await Visitor.signedIn(tandem, 'bob')).calls('GET', '/me')).status).toBe(200)
  })

  it('and revokes a token that is issued while it waits for the session', async () => {
    const visitor = await Visitor.signedIn(tandem, 'dave')
    const client = await connected()
    await client.query('begin')
    await client.query(`select from web_session where user_id = 'dave' and ended_at is null for update`)
    const answer = signOut('dave')
    const blocked = `select from pg_stat_activity where pg_backend_pid() = any (pg_blocking_pids(pid))`
    await until('it waits', async () => (await client.query(blocked)).rowCount === 1)
    await client.query(
      `insert into access_token (jti, user_id, resource_kind, resource_id, mode, issued_at, expires_at, web_session)
        select 'late', 'dave', 'file', $1, 'edit', now(), now() + interval '1 hour', cookie_hash
        from web_session where user_id = 'dave' and ended_at is null`,
      [fileId],
    )
    await client.query('commit')
    expect((await answer).json()).toMatchObject({ accessTokens: 1 })
    const { rows } = await client.query<{ dead: boolean }>(
      `select revoked_at is not null as dead from access_token where jti = 'late'`,
    )
    await client.end()
    expect(rows).toEqual([{ dead: true }])
    expect((await visitor.calls('GET', '/me')).status).toBe(401)
  })

  it('with a reason, and only somebody whom Tandem knows', async () => {
    expectProblem(await signOut('bob', {}), 400, 'invalid-request')
    expectProblem(await signOut('bob', { reason: ' ' }), 400, 'invalid-request')
    expectProblem(await signOut('nobody'), 404, 'not-found')
  })
})
