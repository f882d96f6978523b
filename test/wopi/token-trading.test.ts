import { describe, expect, it } from 'vitest'
import { encodeUtf7 } from '../../src/wopi/protocol/utf7.js'
import { Place, type WopiAnswer } from '../kit/wopi.js'
import { openToken } from '../permission/forge.js'
import { useFixture } from './fixture.js'

interface Pointer {
  readonly Url: string
}

describe('T-08: tokens that come out of other tokens', () => {
  const fixture = useFixture()

  const exact = (name: string): Record<string, string> => ({ 'X-WOPI-RelativeTarget': encodeUtf7(name) })
  const claims = ({ token }: Place): Readonly<Record<string, unknown>> => openToken(token).payload

  /** Every way from one resource to another, by the kind of the first. */
  const WAYS: Readonly<Record<string, readonly ((place: Place, hop: number) => Promise<string>)[]>> = {
    file: [
      async (place) => ancestor(await place.get('/ancestry')),
      async (place) => (await place.get('/ecosystem_pointer')).json<Pointer>().Url,
      async (place, hop) => {
        const headers = { 'X-WOPI-SuggestedTarget': encodeUtf7(`Hop ${hop}.docx`) }
        return (await place.operation('PUT_RELATIVE', headers, 'copy')).json<Pointer>().Url
      },
    ],
    container: [
      async (place) => (await children(place)).ChildFiles.at(-1)?.Url ?? '',
      async (place) => (await place.get('/ecosystem_pointer')).json<Pointer>().Url,
      async (place, hop) =>
        (await place.operation('CREATE_CHILD_FILE', exact(`${hop}.docx`))).json<Pointer>().Url,
      async (place, hop) => {
        const answer = await place.operation('CREATE_CHILD_CONTAINER', exact(`Hop ${hop}`))
        return answer.json<{ ContainerPointer: Pointer }>().ContainerPointer.Url
      },
      async (place) => ancestor(await place.get('/ancestry')),
    ],
    ecosystem: [
      async (place) => {
        const answer = await place.operation('GET_WOPI_SRC_WITH_ACCESS_TOKEN', {
          'X-WOPI-HostNativeFileName': fileId,
        })
        return answer.json<Pointer>().Url
      },
    ],
  }
  let fileId = ''

  const children = async (place: Place): Promise<{ ChildFiles: Pointer[]; ChildContainers: Pointer[] }> =>
    (await place.get('/children')).json()
  const ancestor = (answer: WopiAnswer): string =>
    answer.json<{ AncestorsWithRootFirst: Pointer[] }>().AncestorsWithRootFirst.at(-1)?.Url ?? ''
  const kindOf = ({ url }: Place): string => {
    const path = new URL(url).pathname
    return path.startsWith('/wopi/files/')
      ? 'file'
      : path.startsWith('/wopi/containers/')
        ? 'container'
        : 'ecosystem'
  }

  it('50 hops: always the same user and the same end, always for what the address names', async () => {
    const file = await fixture.newFile('start')
    fileId = file.id
    const start = await fixture.join(file)
    const end = new Date(Math.floor(Date.now() / 1000 + 1234) * 1000)
    await fixture.sql('update access_token set expires_at = $2 where resource_id = $1', [file.id, end])
    let place = new Place(`${fixture.tandem.publicUrl}/wopi/files/${file.id}?access_token=${start.token}`)
    const taken = new Map<string, number>()
    const seen = new Set<string>([place.token])
    for (let hop = 1; hop <= 50; hop++) {
      const kind = kindOf(place)
      const ways = WAYS[kind] ?? []
      const turn = taken.get(kind) ?? 0
      taken.set(kind, turn + 1)
      const way = ways[turn % ways.length]
      place = fixture.goTo((await way?.(place, hop)) ?? '')
      const { sub, fid, exp } = claims(place)
      expect({ sub, fid, exp }).toEqual({ sub: 'alice', fid: place.id, exp: end.getTime() / 1000 })
      expect((await place.get()).status).toBe(200)
      seen.add(place.token)
    }
    // No token was ever handed on as it was.
    expect(seen.size).toBe(51)
    expect([...taken.keys()].sort()).toEqual(['container', 'ecosystem', 'file'])
    const jtis = [...seen].map((token) => String(openToken(token).payload['jti']))
    const ends = await fixture.sql(
      'select 1 from access_token where jti = any ($1) and (expires_at <> $2 or user_id <> $3)',
      [jtis, end, 'alice'],
    )
    expect(ends).toEqual([])
  })

  it('a view token never becomes an edit token', async () => {
    const file = await fixture.newFile('start')
    const view = await fixture.join(file, { mode: 'view' })
    const around = fixture.goTo(ancestor(await view.call('GET', '/ancestry')))
    expect((await around.get()).json()).toMatchObject({ UserCanCreateChildFile: false })
    expect((await around.operation('CREATE_CHILD_FILE', exact('No.docx'))).status).toBe(404)
    const [child] = (await children(around)).ChildFiles
    const again = fixture.follow(child?.Url ?? '')
    expect((await again.checkFileInfo()).json()).toMatchObject({ ReadOnly: true })
    const ecosystem = fixture.goTo((await view.call('GET', '/ecosystem_pointer')).json<Pointer>().Url)
    const native = { 'X-WOPI-HostNativeFileName': file.id }
    const source = await ecosystem.operation('GET_WOPI_SRC_WITH_ACCESS_TOKEN', native)
    expect((await fixture.follow(source.json<Pointer>().Url).lock('L')).status).toBe(404)
  })

  it('no token opens another resource, of whatever kind: 401 everywhere', async () => {
    const file = await fixture.open('content')
    const other = await fixture.open('other')
    const folder = await fixture.folder()
    const root = await fixture.enter('root', { mode: 'view' })
    const ecosystem = await fixture.ecosystem()
    const tokens = [file, other, folder, root, ecosystem].map(({ token }) => token)
    const addresses = [
      `files/${file.fileId}`,
      `files/${other.fileId}`,
      `containers/${folder.id}`,
      'containers/root',
      'ecosystem',
      // The ids of one kind among the other.
      `containers/${file.fileId}`,
      `files/${folder.id}`,
      'containers/ecosystem',
      'files/ecosystem',
    ]
    const statuses = await Promise.all(
      addresses.map((address) =>
        Promise.all(
          tokens.map(
            async (token) =>
              (await new Place(`${fixture.tandem.url}/wopi/${address}?access_token=${token}`).get()).status,
          ),
        ),
      ),
    )
    expect(statuses).toEqual(addresses.map((_, a) => tokens.map((_, t) => (a === t ? 200 : 401))))
  })

  fixture.leavesNoTokenInTheLog()
})
