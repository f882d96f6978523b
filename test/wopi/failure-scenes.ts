import { callWopi, type Headers, type WopiAnswer } from '../kit/wopi.js'
import { jtiOf } from '../permission/forge.js'
import type { Fixture } from './fixture.js'

/** Somebody at an object of their own, with which nothing is wrong until a step makes it so. */
export interface Scene {
  readonly fixture: Fixture
  readonly who: string
  /** Of the file or container. */
  readonly id: string
  readonly url: string
  readonly token: string | undefined
  readonly bearer: string | undefined
}

export type Step = (scene: Scene) => Promise<WopiAnswer>
export type Kind = 'file' | 'container' | 'ecosystem' | 'bootstrapper'

let scenes = 0

export async function setScene(fixture: Fixture, kind: Kind): Promise<Scene> {
  const who = `guest${++scenes}`
  const person = await fixture.person(who)
  switch (kind) {
    case 'file': {
      const { fileId: id, token } = await fixture.open('content', { who, role: 'owner' })
      const url = `${fixture.tandem.url}/wopi/files/${id}`
      return { fixture, who, id, url, token, bearer: undefined }
    }
    case 'container': {
      const { id, token } = await fixture.folder({ who, role: 'owner' })
      const url = `${fixture.tandem.url}/wopi/containers/${id}`
      return { fixture, who, id, url, token, bearer: undefined }
    }
    case 'ecosystem': {
      const { token } = await fixture.ecosystem(who)
      const { id } = await person.createsFile('Plan.docx', 'content')
      return { fixture, who, id, url: `${fixture.tandem.url}/wopi/ecosystem`, token, bearer: undefined }
    }
    case 'bootstrapper': {
      const { id } = await person.createsFile('Plan.docx', 'content')
      const url = `${fixture.tandem.url}/wopibootstrapper`
      return { fixture, who, id, url, token: undefined, bearer: person.bearer }
    }
  }
}

function send(
  { url, token, bearer }: Scene,
  method: 'GET' | 'POST',
  below: string,
  headers: Headers,
  body?: Buffer | string,
): Promise<WopiAnswer> {
  const query = token === undefined ? '' : `?access_token=${token}`
  const authorization = bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }
  return callWopi(method, `${url}${below}${query}`, { ...authorization, ...headers }, body)
}

export const get =
  (below = '', headers: Headers = {}): Step =>
  (scene) =>
    send(scene, 'GET', below, headers)

/** @param headers may depend on the object's id */
export const post =
  (
    override: string,
    headers: Headers | ((scene: Scene) => Headers) = {},
    body: Buffer | string = '',
    below = '',
  ): Step =>
  (scene) => {
    const given = typeof headers === 'function' ? headers(scene) : headers
    return send(scene, 'POST', below, { 'X-WOPI-Override': override, ...given }, body)
  }

/** @returns the answer to the last */
export const after =
  (first: (scene: Scene) => Promise<unknown>, last: Step): Step =>
  async (scene) => {
    await first(scene)
    return last(scene)
  }

export const revokeToken = ({ fixture, token = '' }: Scene): Promise<unknown> =>
  fixture.sql('update access_token set revoked_at = now() where jti = $1', [jtiOf(token)])

export const takeRight = ({ fixture, id }: Scene): Promise<unknown> =>
  fixture.sql('delete from access_grant where object_id = $1', [id])

export const removeFile = ({ fixture, id }: Scene): Promise<unknown> =>
  fixture.sql('update file set deleted_at = now() where id = $1', [id])

export const removeContainer = ({ fixture, id }: Scene): Promise<unknown> =>
  fixture.sql('delete from container where id = $1', [id])

export const closeFile = async ({ fixture, id }: Scene): Promise<unknown> =>
  (await fixture.person('alice')).calls('POST', `/files/${id}/exclusive-lock`, {
    reason: 'maintenance',
    ttlSeconds: 60,
  })

/** The same call at the root, by somebody who was granted it. */
export const atRoot =
  (last: Step): Step =>
  async (scene) => {
    const { fixture, who } = scene
    await fixture.sql(
      `insert into access_grant (object_id, subject, object_kind, role, granted_by)
       values ('root', $1, 'container', 'owner', 'test')`,
      [`user:${who}`],
    )
    const { token } = await fixture.enter('root', { who })
    return last({ ...scene, id: 'root', url: `${fixture.tandem.url}/wopi/containers/root`, token })
  }

export const asAuditor =
  (last: Step): Step =>
  async (scene) => {
    const { bearer } = await scene.fixture.tandem.person(`${scene.who}ada`, 'auditor')
    scene.fixture.secrets.add(bearer)
    return last({ ...scene, bearer })
  }

/** While the operation's own table cannot be found. */
export const without =
  (table: string, last: Step): Step =>
  async (scene) => {
    await scene.fixture.sql(`alter table ${table} rename to out_of_reach`)
    try {
      return await last(scene)
    } finally {
      await scene.fixture.sql(`alter table out_of_reach rename to ${table}`)
    }
  }
