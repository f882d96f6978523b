import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import type { Person, RestAnswer } from '../kit/people.js'
import { execute } from '../kit/postgres.js'
import { Tandem } from '../kit/tandem.js'
import { Editor } from '../kit/wopi.js'
import { jtiOf, openToken } from '../permission/forge.js'
import { expectProblem } from './problem.js'

describe('REST: access tokens', () => {
  let tandem: Tandem
  let alice: Person
  let bob: Person
  let admin: Person
  let id: string

  beforeAll(async () => {
    tandem = await Tandem.start(inject('postgres'))
    alice = await tandem.person('alice')
    bob = await tandem.person('bob')
    admin = await tandem.person('root', 'admin')
    id = (await tandem.sharedFile('content', { bob: 'viewer' })).id
  })
  afterAll(() => tandem.stop())

  const asks = (person: Person, body: unknown): Promise<RestAnswer> =>
    person.calls('POST', `/files/${id}/access-tokens`, body)
  const issued = (answer: RestAnswer): Issued => answer.json<Issued>()

  it('issues a token with everything that an editor needs to be opened', async () => {
    const answer = await asks(alice, { mode: 'edit' })
    expect(answer.status).toBe(201)
    const token = issued(answer)
    expect(token).toEqual({
      accessToken: expect.any(String) as string,
      accessTokenTtl: expect.any(Number) as number,
      jti: jtiOf(token.accessToken),
      wopiSrc: `${tandem.publicUrl}/wopi/files/${id}`,
    })
    expect((await new Editor(tandem.url, id, token.accessToken).checkFileInfo()).status).toBe(200)
  })

  it('gives nobody more than their own right, not even an admin', async () => {
    expect((await asks(bob, { mode: 'view' })).status).toBe(201)
    expectProblem(await asks(bob, { mode: 'edit' }), 403, 'not-allowed')
    expectProblem(await asks(await tandem.person('mallory'), { mode: 'view' }), 404, 'not-found')
    expectProblem(await asks(admin, { mode: 'view' }), 403, 'not-allowed')
  })

  it('lets only an admin ask on behalf of somebody, who gets what is theirs', async () => {
    expectProblem(await asks(bob, { mode: 'view', onBehalfOf: 'alice' }), 403, 'not-allowed')
    expectProblem(await asks(alice, { mode: 'view', onBehalfOf: 'bob' }), 403, 'not-allowed')
    expectProblem(await asks(alice, { mode: 'view', onBehalfOf: 'alice' }), 403, 'not-allowed')
    const token = issued(await asks(admin, { mode: 'edit', onBehalfOf: 'alice' })).accessToken
    expect(openToken(token).payload['sub']).toBe('alice')
    expectProblem(await asks(admin, { mode: 'edit', onBehalfOf: 'bob' }), 403, 'not-allowed')
    expectProblem(await asks(admin, { mode: 'view', onBehalfOf: 'nobodyYet' }), 403, 'not-allowed')
    await execute(tandem.databaseUrl, `update user_account set disabled_at = now() where id = 'bob'`)
    expectProblem(await asks(admin, { mode: 'view', onBehalfOf: 'bob' }), 403, 'not-allowed')
    await execute(tandem.databaseUrl, `update user_account set disabled_at = null where id = 'bob'`)
  })

  it('refuses unknown fields, modes and ids', async () => {
    const bodies: unknown[] = [
      {},
      { mode: 'own' },
      { mode: ['edit'] },
      { mode: 'edit', ttl: 1 },
      { mode: 'edit', userId: 'alice' },
      { mode: 'edit', role: 'admin' },
      { mode: 'view', onBehalfOf: 'a b' },
      { mode: 'view', onBehalfOf: '' },
      { mode: 'view', onBehalfOf: null },
      { mode: 'view', onBehalfOf: 'a'.repeat(129) },
      [],
      '',
      'null',
      '{',
      '{"mode":"edit","__proto__":{"onBehalfOf":"alice"}}',
      '{"mode":"edit","constructor":{"prototype":{"x":1}}}',
    ]
    for (const body of bodies) {
      expectProblem(await asks(admin, body), 400, 'invalid-request')
      expectProblem(await asks(alice, body), 400, 'invalid-request')
    }
  })

  it('revokes for admins only, once, and audits it without the token', async () => {
    const { accessToken, jti } = issued(await asks(alice, { mode: 'edit' }))
    for (const person of [alice, bob, await tandem.person('auditor', 'auditor')]) {
      expectProblem(await person.calls('DELETE', `/admin/access-tokens/${jti}`), 403, 'not-allowed')
    }
    const editor = new Editor(tandem.url, id, accessToken)
    expect((await editor.checkFileInfo()).status).toBe(200)
    expect((await admin.calls('DELETE', `/admin/access-tokens/${jti}`)).status).toBe(204)
    expect((await editor.checkFileInfo()).status).toBe(401)
    // Asked again, the answer is the same and the audit has it once.
    expect((await admin.calls('DELETE', `/admin/access-tokens/${jti}`)).status).toBe(204)
    for (const unknown of ['f'.repeat(32), '%00', 'x'.repeat(2000)]) {
      expectProblem(await admin.calls('DELETE', `/admin/access-tokens/${unknown}`), 404, 'not-found')
    }
    const { rows } = await execute(
      tandem.databaseUrl,
      `select actor, action, object_id, detail from audit_event where detail->>'jti' = $1 order by id`,
      [jti],
    )
    expect(rows).toEqual([
      {
        actor: 'alice',
        action: 'access-token-issued',
        object_id: id,
        detail: { jti, mode: 'edit', userId: 'alice' },
      },
      { actor: 'root', action: 'access-token-revoked', object_id: id, detail: { jti, userId: 'alice' } },
    ])
  })
})

interface Issued {
  readonly accessToken: string
  readonly accessTokenTtl: number
  readonly jti: string
}
