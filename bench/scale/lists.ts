import {
  binned,
  file,
  folder,
  home,
  openSession,
  ROBOT,
  session,
  SOMEBODY,
  STRANGER,
  type Sizes,
} from './sizes.js'

/** The administrator, or somebody whose token says no role. */
export const ADMINISTRATOR = 'administrator'
export type Who = typeof ADMINISTRATOR | typeof ROBOT | typeof SOMEBODY | typeof STRANGER

/** One kind of question, asked many times. */
export interface Look {
  readonly as: Who
  /** The nth of them, each with values of its own where it can have them. */
  readonly path: (n: number, sizes: Sizes) => string
  /** Left out: 200. */
  readonly status?: 200 | 404
}

/** What is read by a route of the REST face and cannot be measured so, and why. */
export const NOT_A_LIST: Readonly<Record<string, string>> = {
  'GET /api/v1/events': 'a stream that does not end',
  'GET /api/v1/files/:id/content': 'bytes: GetFile is measured',
  'GET /api/v1/files/:id/versions/:version/content': 'bytes',
  'GET /api/v1/files/:id/recovery-items/:item/content': 'bytes',
  'GET /api/v1/bin/:id/recovery-items/:item/content': 'bytes',
}

const HOUR = 3_600_000
const ago = (hours: number): string => new Date(Date.now() - hours * HOUR).toISOString()
const person = (n: number, { users }: Sizes): string => `u${2 + ((n * 37) % (users - 1))}`
const some = (n: number, count: number): number => 1 + ((n * 7919) % count)
/** A file that is locked by a WOPI lock, and open in a session. */
const openFile = (n: number, { locks }: Sizes): number => {
  let wanted = some(n, locks)
  while (wanted % 12 === 0 || wanted % 50 === 1) wanted = wanted < locks ? wanted + 1 : 2
  return wanted
}

const admin = (path: string | Look['path'], status?: 404): Look => ({
  as: ADMINISTRATOR,
  path: typeof path === 'string' ? () => path : path,
  ...(status && { status }),
})
const asked = (as: Who, path: string): Look => ({ as, path: () => path })

const AUDIT = '/api/v1/admin/audit'
const LOCKS = '/api/v1/admin/locks'
const TOKENS = '/api/v1/admin/access-tokens'
const SESSIONS = '/api/v1/admin/sessions'
const REFUSED = '/api/v1/admin/recovery-items'
const FILES = '/api/v1/files'
const CONTAINERS = '/api/v1/containers'
const BIN = '/api/v1/bin'

/**
 * Every list with each of its filters, with values that match much, little and nothing, and every probe. A route that
 * reads, or a query parameter, that has no line here ends the run (coverage.ts), and fails a test.
 */
export const LOOKS: Readonly<Record<string, readonly Look[]>> = {
  'GET /api/v1/admin/locks': [
    admin(LOCKS),
    admin(`${LOCKS}?kind=wopi`),
    admin(`${LOCKS}?kind=exclusive`),
    admin(`${LOCKS}?kind=coauth`),
    admin((n, sizes) => `${LOCKS}?holder=${person(n, sizes)}`),
    admin(`${LOCKS}?holder=${STRANGER}`),
    admin((n, sizes) => `${LOCKS}?kind=coauth&holder=${person(n, sizes)}`),
    admin((n, { locks }) => `${LOCKS}?file=${file(some(n, locks))}`),
    admin(`${LOCKS}?file=nothing`),
    admin((n, { users }) => `${LOCKS}?container=${home(some(n, users))}`),
    admin((n, { folders }) => `${LOCKS}?container=${folder(10 * Math.floor(some(n, folders) / 10) || 10)}`),
    admin(`${LOCKS}?container=root`),
    admin(`${LOCKS}?container=${folder(10)}&kind=exclusive`),
    admin(`${LOCKS}?container=nothing`),
  ],
  'GET /api/v1/admin/locks/:file': [
    admin((n, sizes) => `${LOCKS}/${file(openFile(n, sizes))}`),
    admin((n, { files }) => `${LOCKS}/${file(files - (n % 100))}`, 404),
  ],
  'GET /api/v1/admin/audit': [
    admin(AUDIT),
    admin(`${AUDIT}?actor=${ROBOT}`),
    admin((n, sizes) => `${AUDIT}?actor=${person(n, sizes)}`),
    admin(`${AUDIT}?actor=${STRANGER}`),
    admin(`${AUDIT}?action=save`),
    admin(`${AUDIT}?action=file-renamed`),
    admin(`${AUDIT}?action=lock-broken`),
    admin(`${AUDIT}?action=blobs-given-up`),
    admin((n, { files }) => `${AUDIT}?object=${file(some(n, files))}`),
    admin(`${AUDIT}?object=${file(1)}`),
    admin(`${AUDIT}?object=nothing`),
    admin(`${AUDIT}?outcome=done`),
    admin(`${AUDIT}?outcome=no-right`),
    admin(`${AUDIT}?outcome=unheard-of`),
    admin(() => `${AUDIT}?from=${ago(24)}`),
    admin((n) => `${AUDIT}?to=${ago(24 * (1 + (n % 360)))}`),
    admin((n) => `${AUDIT}?from=${ago(24 * (8 + (n % 350)))}&to=${ago(24 * (1 + (n % 350)))}`),
    admin((n) => `${AUDIT}?from=${ago(2 + (n % 8000))}&to=${ago(1 + (n % 8000))}`),
    admin((n) => `${AUDIT}?correlationId=${n.toString(16).padStart(32, '0')}`),
    admin((n, sizes) => `${AUDIT}?actor=${person(n, sizes)}&action=save`),
    admin((n, sizes) => `${AUDIT}?actor=${person(n, sizes)}&from=${ago(24 * 60)}&to=${ago(24 * 30)}`),
    admin(`${AUDIT}?actor=${ROBOT}&action=lock-broken`),
    admin((n) => `${AUDIT}?action=grant&from=${ago(24 * (8 + (n % 350)))}&to=${ago(24 * (1 + (n % 350)))}`),
    admin((n, { files }) => `${AUDIT}?object=${file(some(n, files))}&action=file-read&outcome=done`),
  ],
  'GET /api/v1/admin/access-tokens': [
    admin(TOKENS),
    admin(`${TOKENS}?user=${ROBOT}`),
    admin((n, sizes) => `${TOKENS}?user=${person(n, sizes)}`),
    admin(`${TOKENS}?user=${STRANGER}`),
    admin((n, { files }) => `${TOKENS}?file=${file(some(n, files))}`),
    admin(`${TOKENS}?file=${file(1)}`),
    admin(`${TOKENS}?file=nothing`),
    admin(`${TOKENS}?state=live`),
    admin(`${TOKENS}?state=expired`),
    admin(`${TOKENS}?state=revoked`),
    admin(`${TOKENS}?state=live&user=${ROBOT}`),
    admin((n, sizes) => `${TOKENS}?state=live&user=${person(n, sizes)}`),
    admin(`${TOKENS}?state=revoked&user=${ROBOT}`),
    admin(`${TOKENS}?state=revoked&user=u49`),
    admin((n, { files }) => `${TOKENS}?state=revoked&file=${file(some(n, files))}`),
    admin(`${TOKENS}?state=live&file=${file(1)}`),
    admin(`${TOKENS}?user=${ROBOT}&file=${file(1)}`),
  ],
  'GET /api/v1/admin/sessions': [
    admin(SESSIONS),
    admin((n, { files }) => `${SESSIONS}?file=${file(some(n, files))}`),
    admin(`${SESSIONS}?file=nothing`),
    admin(`${SESSIONS}?user=${ROBOT}`),
    admin((n, sizes) => `${SESSIONS}?user=${person(n, sizes)}`),
    admin(`${SESSIONS}?user=${STRANGER}`),
    admin(`${SESSIONS}?open=true`),
    admin(`${SESSIONS}?open=false`),
    admin(`${SESSIONS}?application=word`),
    admin(`${SESSIONS}?application=powerpoint`),
    admin(`${SESSIONS}?application=other`),
    admin(`${SESSIONS}?open=true&application=excel`),
    admin((n, sizes) => `${SESSIONS}?open=true&user=${person(n, sizes)}`),
    admin(`${SESSIONS}?open=true&user=${ROBOT}`),
    admin(`${SESSIONS}?open=true&application=other`),
  ],
  'GET /api/v1/admin/sessions/:id': [
    admin((n, sizes) => `${SESSIONS}/${openSession(openFile(n, sizes))}`),
    admin((n, { sessions }) => `${SESSIONS}/${session(some(n, sessions))}`),
  ],
  'GET /api/v1/admin/sessions/:id/events': [
    admin((n, { sessions }) => `${SESSIONS}/${session(some(n, sessions))}/events`),
  ],
  'GET /api/v1/admin/sessions/:id/revocation-forecast': [
    admin((n, sizes) => {
      const open = openFile(n, sizes)
      return `${SESSIONS}/${openSession(open)}/revocation-forecast?user=u${1 + ((open + 1) % sizes.users)}`
    }),
  ],
  'GET /api/v1/admin/recovery-items': [
    admin(REFUSED),
    admin((n, { files, refused }) => `${REFUSED}?file=${file(1 + ((some(n, refused) * 17) % files))}`),
    admin(`${REFUSED}?file=nothing`),
    admin(`${REFUSED}?user=${ROBOT}`),
    admin((n, sizes) => `${REFUSED}?user=${person(n, sizes)}`),
    admin(`${REFUSED}?user=${STRANGER}`),
    admin(`${REFUSED}?reason=lock-mismatch`),
    admin(`${REFUSED}?reason=file-deleted`),
    admin(`${REFUSED}?open=true`),
    admin(`${REFUSED}?open=false`),
    admin(`${REFUSED}?open=true&user=${ROBOT}`),
    admin(`${REFUSED}?open=true&reason=token-expired`),
  ],
  'GET /api/v1/admin/editors': [admin('/api/v1/admin/editors')],
  'GET /api/v1/files': [
    asked(SOMEBODY, FILES),
    asked(SOMEBODY, `${FILES}?status=true`),
    asked(ROBOT, FILES),
    asked(STRANGER, FILES),
  ],
  'GET /api/v1/files/:id': [admin((n, { files }) => `${FILES}/${file(some(n, files))}`)],
  'GET /api/v1/files/:id/versions': [
    admin((n, { files }) => `${FILES}/${file(some(n, files))}/versions`),
    admin((n, { files }) => `${FILES}/${file(some(n, files))}/versions?all=true`),
  ],
  'GET /api/v1/:kind/:id/grants': [
    admin((n, { files }) => `${FILES}/${file(1 + ((some(n, files) * 13) % files))}/grants`),
    admin((n, { folders }) => `${CONTAINERS}/${folder(some(n, folders))}/grants`),
  ],
  'GET /api/v1/:kind/:id/share-links': [
    admin((n, { files, links }) => `${FILES}/${file(1 + ((some(n, links) * 31) % files))}/share-links`),
    admin((n, { folders }) => `${CONTAINERS}/${folder(some(n, folders))}/share-links`),
  ],
  'GET /api/v1/files/:id/opening': [
    // Its own: an administrator has no right of their own to open anything.
    {
      as: ROBOT,
      path: (n, { files }) =>
        `${FILES}/${file(1 + 10 * (n % Math.floor(files / 10)))}/opening?mode=edit&editor=any`,
    },
  ],
  'GET /api/v1/files/:id/coauth-status': [
    admin((n, sizes) => `${FILES}/${file(openFile(n, sizes))}/coauth-status`),
    admin((n, { files }) => `${FILES}/${file(files - (n % 100))}/coauth-status`),
  ],
  'GET /api/v1/files/:id/recovery-items': [
    admin(
      (n, { files, refused }) => `${FILES}/${file(1 + ((some(n, refused) * 17) % files))}/recovery-items`,
    ),
  ],
  'GET /api/v1/bin': [
    admin(BIN),
    admin(`${BIN}?owner=${ROBOT}`),
    admin((n, sizes) => `${BIN}?owner=${person(n, sizes)}`),
    admin(`${BIN}?owner=${STRANGER}`),
    asked(SOMEBODY, BIN),
    asked(ROBOT, BIN),
    asked(SOMEBODY, `${BIN}?owner=${ROBOT}`),
    asked(STRANGER, BIN),
  ],
  'GET /api/v1/bin/:id': [admin((n, sizes) => `${BIN}/${binned(some(n, sizes.binned))}`)],
  'GET /api/v1/bin/:id/recovery-items': [
    admin((n, sizes) => `${BIN}/${binned(some(n, sizes.binned))}/recovery-items`),
  ],
  'GET /api/v1/containers': [
    asked(SOMEBODY, CONTAINERS),
    asked(SOMEBODY, `${CONTAINERS}?parent=root`),
    asked(SOMEBODY, `${CONTAINERS}?parent=${folder(10)}`),
    asked(STRANGER, CONTAINERS),
    asked(ROBOT, CONTAINERS),
  ],
  'GET /api/v1/containers/:id': [admin((n, { folders }) => `${CONTAINERS}/${folder(some(n, folders))}`)],
  'GET /api/v1/me': [asked(SOMEBODY, '/api/v1/me')],
  'GET /health/live': [asked(STRANGER, '/health/live')],
  'GET /health/ready': [asked(STRANGER, '/health/ready')],
  'GET /metrics': [asked(STRANGER, '/metrics')],
}
