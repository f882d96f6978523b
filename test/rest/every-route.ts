import { randomBytes } from 'node:crypto'
import type { Tandem } from '../kit/tandem.js'
import { jtiOf } from '../permission/forge.js'
import { until } from '../reliability/until.js'

/** A file of alice's on which nothing but the caller's right can refuse a call. */
export interface Stage {
  readonly tandem: Tandem
  readonly fileId: string
  readonly containerId: string
}

export interface Call {
  readonly path: string
  readonly body?: string | object
  readonly headers?: Readonly<Record<string, string>>
}

export async function setStage(tandem: Tandem): Promise<Stage> {
  const people = { vera: 'viewer', eddie: 'editor' } as const
  const { id, containerId } = await tandem.sharedFile('content', people)
  return { tandem, fileId: id, containerId }
}

/** One well-formed call for each route below /api/v1; `(…)` tells two uses of one route apart. */
export const CALLS: Readonly<Record<string, (stage: Stage) => Promise<Call> | Call>> = {
  'GET /files': () => ({ path: '/files' }),
  'POST /files': () => ({ path: `/files?name=${randomBytes(6).toString('hex')}.docx`, body: 'new' }),
  'GET /files/:id': of(''),
  'DELETE /files/:id': of(''),
  'GET /files/:id/content': of('/content'),
  'PUT /files/:id/content': of('/content', { body: 'newer', headers: { 'if-match': '"1"' } }),
  'GET /files/:id/versions': of('/versions?all=true'),
  'GET /files/:id/versions/:version/content': of('/versions/1/content'),
  'POST /files/:id/versions/:version/restore': async (stage) => {
    await (await alice(stage)).calls('PUT', `/files/${stage.fileId}/content`, 'newer', { 'if-match': '"1"' })
    return { path: `/files/${stage.fileId}/versions/1/restore` }
  },
  'GET /:kind/:id/grants': of('/grants'),
  'GET /:kind/:id/grants (container)': (stage) => ({ path: `/containers/${stage.containerId}/grants` }),
  'PUT /:kind/:id/grants/:subject': of('/grants/user:new', { body: { role: 'viewer' } }),
  'PUT /:kind/:id/grants/:subject (container)': (stage) => ({
    path: `/containers/${stage.containerId}/grants/group:matrix`,
    body: { role: 'viewer' },
  }),
  'DELETE /:kind/:id/grants/:subject': of('/grants/user:vera'),
  'GET /:kind/:id/share-links': of('/share-links'),
  'GET /:kind/:id/share-links (container)': ({ containerId }) => ({
    path: `/containers/${containerId}/share-links`,
  }),
  'DELETE /:kind/:id/share-links/:link': async (stage) => ({ path: await shareLink(stage) }),
  'POST /share-links/redeem': async (stage) => ({
    path: '/share-links/redeem',
    body: { link: await shareSecret(stage) },
  }),
  'POST /files/:id/access-tokens': of('/access-tokens', { body: { mode: 'view' } }),
  'POST /files/:id/access-tokens (edit)': of('/access-tokens', { body: { mode: 'edit' } }),
  'POST /files/:id/access-tokens (for alice)': of('/access-tokens', {
    body: { mode: 'edit', onBehalfOf: 'alice' },
  }),
  'GET /files/:id/opening': of('/opening'),
  'GET /files/:id/coauth-status': of('/coauth-status'),
  'POST /files/:id/exclusive-lock': of('/exclusive-lock', { body: { reason: 'batch', ttlSeconds: 60 } }),
  'DELETE /files/:id/exclusive-lock': async (stage) => {
    const path = `/files/${stage.fileId}/exclusive-lock`
    await (await alice(stage)).calls('POST', path, { reason: 'batch', ttlSeconds: 60 })
    return { path }
  },
  'GET /files/:id/recovery-items': async (stage) => ({ path: parent(await recoveryItem(stage)) }),
  'GET /files/:id/recovery-items/:item/content': async (stage) => ({
    path: `${await recoveryItem(stage)}/content`,
  }),
  'POST /files/:id/recovery-items/:item/restore': async (stage) => ({
    path: `${await recoveryItem(stage)}/restore`,
  }),
  'POST /files/:id/recovery-items/:item/save-copy': async (stage) => ({
    path: `${await recoveryItem(stage)}/save-copy`,
  }),
  'DELETE /files/:id/recovery-items/:item': async (stage) => ({ path: await recoveryItem(stage) }),
  'GET /bin': () => ({ path: '/bin' }),
  'DELETE /bin': () => ({ path: '/bin' }),
  'GET /bin/:id': async (stage) => ({ path: await binned(stage) }),
  'DELETE /bin/:id': async (stage) => ({ path: await binned(stage) }),
  'POST /bin/:id/restore': async (stage) => ({ path: `${await binned(stage)}/restore`, body: {} }),
  'GET /bin/:id/recovery-items': async (stage) => ({ path: `${await binned(stage)}/recovery-items` }),
  'GET /bin/:id/recovery-items/:item/content': async (stage) => {
    const item = (await recoveryItem(stage)).split('/').at(-1)
    return { path: `${await binned(stage)}/recovery-items/${item}/content` }
  },
  'GET /containers': () => ({ path: '/containers' }),
  'POST /containers': () => ({ path: `/containers?name=${randomBytes(6).toString('hex')}` }),
  'GET /containers/:id': (stage) => ({ path: `/containers/${stage.containerId}` }),
  'POST /containers/:id/access-tokens': ({ containerId }) => ({
    path: `/containers/${containerId}/access-tokens`,
    body: { mode: 'edit' },
  }),
  'POST /containers/:id/access-tokens (for alice)': ({ containerId }) => ({
    path: `/containers/${containerId}/access-tokens`,
    body: { mode: 'edit', onBehalfOf: 'alice' },
  }),
  'GET /events': () => ({ path: '/events' }),
  'GET /events (one file)': (stage) => ({ path: `/events?file=${stage.fileId}` }),

  'GET /me': () => ({ path: '/me' }),
  'POST /sign-in': () => ({ path: '/sign-in', body: {} }),
  'POST /sign-out': () => ({ path: '/sign-out' }),
  'GET /admin/locks': () => ({ path: '/admin/locks' }),
  'GET /admin/locks/:file': async (stage) => ({ path: `/admin/locks/${await locked(stage)}` }),
  'DELETE /admin/locks/:file': async (stage) => ({
    path: `/admin/locks/${await locked(stage)}?force=true`,
    body: { reason: 'matrix' },
  }),
  'GET /admin/access-tokens': () => ({ path: '/admin/access-tokens' }),
  'DELETE /admin/access-tokens/:jti': async (stage) => ({
    path: `/admin/access-tokens/${jtiOf(await (await alice(stage)).opens(stage.fileId, 'edit'))}`,
  }),
  'POST /admin/users/:user/sign-out': () => ({
    path: '/admin/users/vera/sign-out',
    body: { reason: 'matrix' },
  }),
  'GET /admin/editors': () => ({ path: '/admin/editors' }),
  'GET /admin/audit': () => ({ path: '/admin/audit' }),
  'GET /admin/recovery-items': () => ({ path: '/admin/recovery-items' }),
  'GET /admin/sessions': () => ({ path: '/admin/sessions' }),
  'GET /admin/sessions/:id': async (stage) => ({ path: await session(stage) }),
  'GET /admin/sessions/:id/events': async (stage) => ({ path: `${await session(stage)}/events` }),
  'GET /admin/sessions/:id/revocation-forecast': async (stage) => ({
    path: `${await session(stage)}/revocation-forecast?user=eddie`,
  }),
  'POST /admin/sessions/:id/end': async (stage) => ({
    path: `${await session(stage)}/end?force=true`,
    body: { reason: 'matrix' },
  }),
}

function of(below: string, more: Omit<Call, 'path'> = {}) {
  return ({ fileId }: Stage): Call => ({ path: `/files/${fileId}${below}`, ...more })
}

const alice = ({ tandem }: Stage): ReturnType<Tandem['person']> => tandem.person('alice')
const parent = (path: string): string => path.slice(0, path.lastIndexOf('/'))

/** @returns the path of an item that alice's save without a lock left */
async function recoveryItem(stage: Stage): Promise<string> {
  await (await stage.tandem.editor(await alice(stage), stage.fileId)).putFile('refused')
  const [item] = await (await alice(stage)).recoveryItems(stage.fileId)
  return `/files/${stage.fileId}/recovery-items/${item?.id}`
}

/** @returns the path of the file, which alice has deleted */
async function binned(stage: Stage): Promise<string> {
  await (await alice(stage)).calls('DELETE', `/files/${stage.fileId}`)
  return `/bin/${stage.fileId}`
}

/** @returns what opens a link that alice's editor made */
async function shareSecret(stage: Stage): Promise<string> {
  const editor = await stage.tandem.editor(await alice(stage), stage.fileId)
  const answer = await editor.operation('GET_SHARE_URL', { 'X-WOPI-UrlType': 'ReadOnly' })
  return new URL(answer.json<{ ShareUrl: string }>().ShareUrl).searchParams.get('share') ?? ''
}

/** @returns the path of such a link */
async function shareLink(stage: Stage): Promise<string> {
  await shareSecret(stage)
  const path = `/files/${stage.fileId}/share-links`
  const { items } = (await (await alice(stage)).calls('GET', path)).json<{ items: { id: string }[] }>()
  return `${path}/${items[0]?.id}`
}

async function locked(stage: Stage): Promise<string> {
  await (await stage.tandem.editor(await alice(stage), stage.fileId)).lock('session')
  return stage.fileId
}

/** @returns the path of the editing session that a lock of alice's began */
async function session(stage: Stage): Promise<string> {
  const root = await stage.tandem.person('root', 'admin')
  await locked(stage)
  let id: string | undefined
  await until('presence is written', async () => {
    const answer = await root.calls('GET', `/admin/sessions?file=${stage.fileId}&open=true`)
    id = answer.json<{ items: { id: string }[] }>().items[0]?.id
    return id !== undefined
  })
  return `/admin/sessions/${id}`
}
