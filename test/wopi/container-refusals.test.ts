import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { encodeUtf7 } from '../../src/wopi/protocol/utf7.js'
import type { Headers, WopiAnswer } from '../kit/wopi.js'
import { Place } from '../kit/wopi.js'
import { jtiOf } from '../permission/forge.js'
import { useFixture } from './fixture.js'

/** One well-formed call of each operation on containers, and on the ecosystem. */
const ON_CONTAINER: Readonly<Record<string, (place: Place) => Promise<WopiAnswer>>> = {
  CheckContainerInfo: (place) => place.get(),
  EnumerateChildren: (place) => place.get('/children'),
  EnumerateAncestors: (place) => place.get('/ancestry'),
  GetEcosystem: (place) => place.get('/ecosystem_pointer'),
  CreateChildFile: (place) => place.operation('CREATE_CHILD_FILE', { 'X-WOPI-SuggestedTarget': 'New.docx' }),
  CreateChildContainer: (place) =>
    place.operation('CREATE_CHILD_CONTAINER', { 'X-WOPI-SuggestedTarget': 'New' }),
  RenameContainer: (place) => place.operation('RENAME_CONTAINER', { 'X-WOPI-RequestedName': 'Renamed' }),
  DeleteContainer: (place) => place.operation('DELETE_CONTAINER'),
}
const ON_ECOSYSTEM: Readonly<Record<string, (place: Place) => Promise<WopiAnswer>>> = {
  CheckEcosystem: (place) => place.get(),
  GetRootContainer: (place) => place.get('/root_container_pointer'),
  GetFileWopiSrc: (place) =>
    place.operation('GET_WOPI_SRC_WITH_ACCESS_TOKEN', { 'X-WOPI-HostNativeFileName': '0'.repeat(32) }),
}

/** Who may do what: read, edit, own. */
const RIGHTS = {
  'no grant any more': [404, 404, 404],
  viewer: [200, 404, 404],
  editor: [200, 200, 404],
  owner: [200, 200, 200],
  'view token of an owner': [200, 404, 404],
} as const
const NEEDS: Readonly<Record<string, number>> = {
  CreateChildFile: 1,
  CreateChildContainer: 1,
  RenameContainer: 2,
  DeleteContainer: 2,
}

describe('refusals of containers and of the ecosystem', () => {
  const fixture = useFixture()

  const withToken = (place: Place, token: string): Place =>
    new Place(`${place.url.split('?', 1)[0]}?access_token=${token}`)
  const statuses = async (
    calls: Readonly<Record<string, (place: Place) => Promise<WopiAnswer>>>,
    place: () => Place | Promise<Place>,
  ): Promise<number[]> => {
    const answers: WopiAnswer[] = []
    for (const call of Object.values(calls)) answers.push(await call(await place()))
    for (const { status, body } of answers) if (status >= 400) expect(body).toHaveLength(0)
    return answers.map(({ status }) => status)
  }
  const all = (calls: object, status: number): number[] => Object.keys(calls).map(() => status)

  it.each(['expired', 'revoked', 'disabled', 'forged', 'missing'])(
    '401: every operation, for a token that is %s',
    async (what) => {
      const spoil = async (place: Place): Promise<Place> => {
        if (what === 'missing') return new Place(place.url.replace(/access_token=.*/, 'x=y'))
        if (what === 'forged') return withToken(place, `${place.token}x`)
        const column = what === 'expired' ? 'expires_at' : 'revoked_at'
        const by =
          what === 'disabled'
            ? `update user_account set disabled_at = now() from access_token t where t.user_id = id and t.jti = $1`
            : `update access_token set ${column} = now() - interval '1 s' where jti = $1`
        await fixture.sql(by, [jtiOf(place.token)])
        return place
      }
      const who = `spoilt${what}`
      const folder = await spoil(await fixture.folder({ who, role: 'owner' }))
      expect(await statuses(ON_CONTAINER, () => folder)).toEqual(all(ON_CONTAINER, 401))
      if (what === 'disabled')
        await fixture.sql('update user_account set disabled_at = null where id = $1', [who])
      const ecosystem = await spoil(await fixture.ecosystem(who))
      expect(await statuses(ON_ECOSYSTEM, () => ecosystem)).toEqual(all(ON_ECOSYSTEM, 401))
    },
  )

  for (const [who, expected] of Object.entries(RIGHTS)) {
    it(`404: ${who}: every operation answers by the live right`, async () => {
      const role = who === 'viewer' || who === 'editor' ? who : 'owner'
      const mode = who === 'viewer' || who.startsWith('view') ? 'view' : 'edit'
      const alice = await fixture.person('alice')
      const place = async (): Promise<Place> => {
        const folder = await fixture.folder({ who: 'bob', role, mode })
        if (expected[0] === 404) await alice.calls('DELETE', `/containers/${folder.id}/grants/user:bob`)
        return folder
      }
      expect(await statuses(ON_CONTAINER, place)).toEqual(
        Object.keys(ON_CONTAINER).map((operation) => expected[NEEDS[operation] ?? 0]),
      )
    })
  }

  it('404: every operation on a container that is gone', async () => {
    const folder = await fixture.folder()
    await fixture.sql('delete from container where id = $1', [folder.id])
    expect(await statuses(ON_CONTAINER, () => folder)).toEqual(all(ON_CONTAINER, 404))
  })

  it.each([
    ['CREATE_CHILD_FILE', {}, 400],
    ['CREATE_CHILD_FILE', { 'X-WOPI-SuggestedTarget': '' }, 400],
    ['CREATE_CHILD_FILE', { 'X-WOPI-RelativeTarget': '+AD8-' }, 400],
    ['CREATE_CHILD_FILE', { 'X-WOPI-RelativeTarget': 'x'.repeat(3000) }, 400],
    ['CREATE_CHILD_FILE', { 'X-WOPI-RelativeTarget': 'a', 'X-WOPI-SuggestedTarget': 'b' }, 501],
    ['CREATE_CHILD_CONTAINER', {}, 400],
    ['CREATE_CHILD_CONTAINER', { 'X-WOPI-RelativeTarget': '..' }, 400],
    ['CREATE_CHILD_CONTAINER', { 'X-WOPI-SuggestedTarget': 'x'.repeat(3000) }, 400],
    ['CREATE_CHILD_CONTAINER', { 'X-WOPI-RelativeTarget': 'a', 'X-WOPI-SuggestedTarget': 'b' }, 501],
    ['RENAME_CONTAINER', {}, 400],
    ['RENAME_CONTAINER', { 'X-WOPI-RequestedName': '' }, 400],
    ['', {}, 400],
    ['create_child_file', {}, 501],
    ['PUT_RELATIVE', { 'X-WOPI-SuggestedTarget': 'x' }, 501],
    ['LOCK', { 'X-WOPI-Lock': 'L' }, 501],
    ['DELETE', {}, 501],
    ['GET_RESTRICTED_LINK', {}, 501],
  ] as [string, Headers, number][])(
    '%s with %j is answered %i on a container',
    async (override, headers, status) => {
      const answer = await (await fixture.folder()).operation(override, headers)
      expect(answer.status).toBe(status)
      expect(answer.body).toHaveLength(0)
      expect(answer.headers['x-wopi-servererror']).toBeTruthy()
    },
  )

  it.each([
    ['GET_WOPI_SRC_WITH_ACCESS_TOKEN', {}, 400],
    ['GET_WOPI_SRC_WITH_ACCESS_TOKEN', { 'X-WOPI-HostNativeFileName': '' }, 400],
    ['', {}, 400],
    ['GET_NEW_ACCESS_TOKEN', {}, 501],
  ] as [string, Headers, number][])(
    '%s with %j is answered %i on the ecosystem',
    async (override, headers, status) => {
      const answer = await (await fixture.ecosystem()).operation(override, headers)
      expect(answer.status).toBe(status)
      expect(answer.body).toHaveLength(0)
    },
  )

  it('501: the root is neither renamed nor deleted, even by one who is granted it', async () => {
    const grant = `insert into access_grant (object_id, subject, object_kind, role, granted_by)
      values ('root', 'user:rootowner', 'container', 'owner', 'test')`
    await fixture.sql(grant)
    const root = await fixture.enter('root', { who: 'rootowner' })
    const headers = { 'X-WOPI-RequestedName': encodeUtf7('Mine') }
    expect((await root.operation('RENAME_CONTAINER', headers)).status).toBe(501)
    expect((await root.operation('DELETE_CONTAINER')).status).toBe(501)
    expect((await root.get()).json()).toMatchObject({ UserCanDelete: false, UserCanRename: false })
    await fixture.sql(`delete from access_grant where object_id = 'root'`)
  })

  it('404 before 501: a stranger does not learn what is supported', async () => {
    const folder = await fixture.folder({ who: 'bob', role: 'viewer', mode: 'view' })
    const alice = await fixture.person('alice')
    expect((await folder.operation('NOTHING')).status).toBe(501)
    await alice.calls('DELETE', `/containers/${folder.id}/grants/user:bob`)
    expect((await folder.operation('NOTHING')).status).toBe(404)
  })

  describe('500', () => {
    let folder: Place
    let ecosystem: Place
    let file: Place
    beforeAll(async () => {
      folder = await fixture.folder()
      ecosystem = await fixture.ecosystem()
      const editor = await fixture.open('x')
      file = new Place(`${fixture.tandem.url}/wopi/files/${editor.fileId}?access_token=${editor.token}`)
      await fixture.sql('alter table user_account rename to out_of_reach')
    })
    afterAll(() => fixture.sql('alter table out_of_reach rename to user_account'))

    it('every operation says so without a word of why, and the log has it', async () => {
      expect(await statuses(ON_CONTAINER, () => folder)).toEqual(all(ON_CONTAINER, 500))
      expect(await statuses(ON_ECOSYSTEM, () => ecosystem)).toEqual(all(ON_ECOSYSTEM, 500))
      for (const below of ['/ancestry', '/ecosystem_pointer'])
        expect((await file.get(below)).status).toBe(500)
      const line = await fixture.logged(({ code, status }) => code === 'internal-error' && status === 500)
      expect(line.reason).toMatch(/user_account/)
    })
  })

  fixture.leavesNoTokenInTheLog()
})
