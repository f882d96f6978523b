import { messageFrame } from '../../src/incremental/frame-writer.js'
import { written } from '../incremental/frame-kit.js'
import { putBody } from '../incremental/plus-client.js'
import {
  after,
  asAuditor,
  atRoot,
  closeFile,
  get,
  post,
  removeContainer,
  removeFile,
  revokeToken,
  type Kind,
  type Scene,
  type Step,
} from './failure-scenes.js'

export interface Row {
  readonly kind: Kind
  /** Leaves things so that the call succeeds. */
  readonly before?: Step
  /** Well-formed. */
  readonly call: Step
  /** What of the database it cannot do without. */
  readonly table: string
  /** How a status comes about, or why it never does; 401 and 404 and 500 have ways that are everybody's. */
  readonly fails?: Readonly<Record<number, Step | string>>
}

const OFFERED = 'Tandem offers the operation in every form that there is'
const ALWAYS_THERE = 'the ecosystem and its root are there as long as Tandem is'

const LONG = 'x'.repeat(1025)
const lockId = (id: string): { 'X-WOPI-Lock': string } => ({ 'X-WOPI-Lock': id })
const lock = (id: string): Step => post('LOCK', lockId(id))
const relock = (id: string, old: string): Step => post('LOCK', { ...lockId(id), 'X-WOPI-OldLock': old })
const CODED = { 'Content-Encoding': 'zstd' }
const put = (id: string, body = 'saved'): Step => post('PUT', lockId(id), body, '/contents')
const coauth = (id: string): Record<string, string> => ({
  'X-WOPI-CoauthLockId': id,
  'X-WOPI-CoauthLockType': 'CoauthExclusive',
  'X-WOPI-CoauthLockExpirationTimeout': '60',
})
const getCoauthLock = (id: string): Step => post('GET_COAUTH_LOCK', coauth(id))
const suggests = { 'X-WOPI-SuggestedTarget': 'New.docx' }
const wants = { 'X-WOPI-RelativeTarget': 'Taken.docx' }
const activities = JSON.stringify({ Activities: [{ Type: 'comment', Id: '1' }] })
const sharing = (kind: string): Step => post('GET_SHARE_URL', { 'X-WOPI-UrlType': kind })
const atWopiSrc = ({ fixture, id }: Scene): Record<string, string> => ({
  'X-WOPI-WopiSrc': `${fixture.tandem.publicUrl}/wopi/files/${id}`,
})
const named = ({ id }: Scene): Record<string, string> => ({ 'X-WOPI-HostNativeFileName': id })

const chunks = async (size: number, session?: string): Promise<Buffer> =>
  putBody({ streams: [{ bytes: Buffer.alloc(size, 'x') }], session: session ?? null })
const putChunks =
  (
    id: string,
    { sequence = 1, size = 5, session }: { sequence?: number; size?: number; session?: string } = {},
  ): Step =>
  async (scene) => {
    const headers = { ...lockId(id), 'X-WOPI-SequenceNumber': String(sequence) }
    return post('PUT_CHUNKED_FILE', headers, await chunks(size, session), '/contents')(scene)
  }
const asks =
  (override: string, message: object): Step =>
  async (scene) =>
    post(override, {}, await written([messageFrame(message)]))(scene)
const ofMain = {
  StreamId: 'MainContent',
  ChunkingScheme: 'Zip',
  AlreadyKnownChunks: [],
  ChunkRangesToReturn: [],
}
const part = (token: string, size: number): Step =>
  post(
    'UPDATE_UPLOAD_SESSION',
    {
      'X-WOPI-UploadSessionToken': token,
      'X-WOPI-ContentRangeOffset': '0',
      'X-WOPI-ContentRangeLength': String(size),
    },
    'x'.repeat(size),
  )
const firstPart =
  (size: number): Step =>
  async (scene) => {
    const made = await post('CREATE_UPLOAD_SESSION')(scene)
    if (made.status !== 200) return made
    return part(made.json<{ UploadSessionToken: string }>().UploadSessionToken, size)(scene)
  }

const getShareUrl = {
  call: sharing('ReadOnly'),
  table: 'share_link',
  fails: { 400: post('GET_SHARE_URL'), 501: sharing('Admin') },
} as const
const nativeName = {
  call: post('GET_WOPI_SRC_WITH_ACCESS_TOKEN', named),
  table: 'access_token',
  fails: {
    400: post('GET_WOPI_SRC_WITH_ACCESS_TOKEN'),
    404: after(removeFile, post('GET_WOPI_SRC_WITH_ACCESS_TOKEN', named)),
    501: OFFERED,
  },
} as const

/** One for each operation of scripts/protocol.json. */
export const ROWS: Readonly<Record<string, Row>> = {
  CheckFileInfo: { kind: 'file', call: get(), table: 'file_lock' },
  GetFile: {
    kind: 'file',
    call: get('/contents'),
    table: 'file_lock',
    fails: { 412: get('/contents', { 'X-WOPI-MaxExpectedSize': '1' }) },
  },
  PutFile: {
    kind: 'file',
    before: lock('L'),
    call: put('L'),
    table: 'file_version',
    fails: {
      400: put(LONG),
      409: put('M'),
      413: put('L', 'x'.repeat(2000)),
      415: post('PUT', { ...lockId('L'), ...CODED }, 'saved', '/contents'),
      501: OFFERED,
    },
  },
  Lock: {
    kind: 'file',
    call: lock('L'),
    table: 'file_lock',
    fails: { 400: lock(''), 409: after(lock('M'), lock('L')), 501: OFFERED },
  },
  UnlockAndRelock: {
    kind: 'file',
    before: lock('L'),
    call: relock('M', 'L'),
    table: 'file_lock',
    fails: { 400: relock('', 'L'), 409: relock('M', 'N'), 501: OFFERED },
  },
  RefreshLock: {
    kind: 'file',
    before: lock('L'),
    call: post('REFRESH_LOCK', lockId('L')),
    table: 'file_lock',
    fails: { 400: post('REFRESH_LOCK'), 409: post('REFRESH_LOCK', lockId('M')), 501: OFFERED },
  },
  Unlock: {
    kind: 'file',
    before: lock('L'),
    call: post('UNLOCK', lockId('L')),
    table: 'file_lock',
    fails: {
      400: post('UNLOCK'),
      // With the right id it unlocks for a day more (test/wopi/unlock-late.test.ts).
      401: after(revokeToken, post('UNLOCK', lockId('M'))),
      // Whoever has lost their right still gives their lock back.
      404: after(removeFile, post('UNLOCK', lockId('L'))),
      409: post('UNLOCK', lockId('M')),
      501: OFFERED,
    },
  },
  GetLock: {
    kind: 'file',
    call: post('GET_LOCK'),
    table: 'file_lock',
    fails: { 409: after(closeFile, post('GET_LOCK')), 501: OFFERED },
  },
  GetCoauthLock: {
    kind: 'file',
    call: getCoauthLock('A'),
    table: 'coauth_lock',
    fails: {
      400: getCoauthLock(LONG),
      415: post('GET_COAUTH_LOCK', { ...coauth('A'), ...CODED }),
      409: after(getCoauthLock('B'), getCoauthLock('A')),
      501: OFFERED,
    },
  },
  RefreshCoauthLock: {
    kind: 'file',
    before: getCoauthLock('A'),
    call: post('REFRESH_COAUTH_LOCK', coauth('A')),
    table: 'coauth_lock',
    fails: {
      400: post('REFRESH_COAUTH_LOCK'),
      409: post('REFRESH_COAUTH_LOCK', coauth('B')),
      415: post('REFRESH_COAUTH_LOCK', { ...coauth('A'), ...CODED }),
      501: OFFERED,
    },
  },
  UnlockCoauthLock: {
    kind: 'file',
    before: getCoauthLock('A'),
    call: post('UNLOCK_COAUTH_LOCK', coauth('A')),
    table: 'coauth_lock',
    fails: {
      400: post('UNLOCK_COAUTH_LOCK'),
      // As with Unlock.
      401: after(revokeToken, post('UNLOCK_COAUTH_LOCK', coauth('B'))),
      404: after(removeFile, post('UNLOCK_COAUTH_LOCK', coauth('A'))),
      409: post('UNLOCK_COAUTH_LOCK', coauth('B')),
      501: OFFERED,
    },
  },
  GetCoauthTable: {
    kind: 'file',
    call: post('GET_COAUTH_TABLE'),
    table: 'coauth_lock',
    fails: { 501: OFFERED },
  },
  GetSequenceNumber: {
    kind: 'file',
    call: post('GET_SEQUENCE_NUMBER'),
    table: 'file_lock',
    fails: { 501: OFFERED },
  },
  GetChunkedFile: {
    kind: 'file',
    call: asks('GET_CHUNKED_FILE', { ContentPropertiesToReturn: [], ContentFilters: [ofMain] }),
    table: 'stream',
    fails: { 400: asks('GET_CHUNKED_FILE', {}), 415: post('GET_CHUNKED_FILE', CODED, 'x'), 501: OFFERED },
  },
  PutChunkedFile: {
    kind: 'file',
    before: lock('L'),
    call: putChunks('L'),
    table: 'file_version',
    fails: {
      400: putChunks(LONG),
      409: putChunks('M'),
      410: putChunks('L', { session: 'gone' }),
      412: putChunks('L', { sequence: 2 }),
      413: putChunks('L', { size: 2000 }),
      415: post(
        'PUT_CHUNKED_FILE',
        { ...lockId('L'), 'X-WOPI-SequenceNumber': '1', ...CODED },
        'x',
        '/contents',
      ),
      501: OFFERED,
    },
  },
  GetChunks: {
    kind: 'file',
    call: asks('GET_CHUNKS', { ContentFilters: [ofMain] }),
    table: 'stream',
    fails: { 400: asks('GET_CHUNKS', {}), 415: post('GET_CHUNKS', CODED, 'x'), 501: OFFERED },
  },
  CreateUploadSession: {
    kind: 'file',
    call: post('CREATE_UPLOAD_SESSION'),
    table: 'upload_session',
    fails: { 501: OFFERED },
  },
  UpdateUploadSession: {
    kind: 'file',
    call: firstPart(5),
    table: 'upload_part',
    fails: {
      400: post('UPDATE_UPLOAD_SESSION'),
      410: part('gone', 5),
      413: firstPart(30_000_000),
      415: post(
        'UPDATE_UPLOAD_SESSION',
        {
          'X-WOPI-UploadSessionToken': 'any',
          'X-WOPI-ContentRangeOffset': '0',
          'X-WOPI-ContentRangeLength': '1',
          ...CODED,
        },
        'x',
      ),
      501: OFFERED,
    },
  },
  PutRelativeFile: {
    kind: 'file',
    call: post('PUT_RELATIVE', suggests, 'copy'),
    table: 'file_version',
    fails: {
      400: post('PUT_RELATIVE', {}, 'copy'),
      409: after(post('PUT_RELATIVE', wants, 'first'), post('PUT_RELATIVE', wants, 'second')),
      413: post('PUT_RELATIVE', suggests, 'x'.repeat(2000)),
      415: post('PUT_RELATIVE', { ...suggests, ...CODED }, 'copy'),
      501: post('PUT_RELATIVE', { ...suggests, ...wants }, 'copy'),
    },
  },
  RenameFile: {
    kind: 'file',
    call: post('RENAME_FILE', ({ who }) => ({ 'X-WOPI-RequestedName': who })),
    table: 'audit_event',
    fails: {
      400: post('RENAME_FILE'),
      409: after(lock('L'), post('RENAME_FILE', { 'X-WOPI-RequestedName': 'other' })),
      415: after(
        lock('L'),
        post(
          'RENAME_FILE',
          {
            'X-WOPI-RequestedName': 'other',
            'User-Agent': 'COOLWSD WOPI Agent 24.04',
            ...lockId('L'),
            ...CODED,
          },
          'typed',
        ),
      ),
      501: OFFERED,
    },
  },
  DeleteFile: {
    kind: 'file',
    call: post('DELETE'),
    table: 'audit_event',
    fails: { 409: after(lock('L'), post('DELETE')), 501: OFFERED },
  },
  PutUserInfo: {
    kind: 'file',
    call: post('PUT_USER_INFO', {}, 'info'),
    table: 'user_account',
    fails: {
      400: post('PUT_USER_INFO', {}, 'Ж'),
      413: post('PUT_USER_INFO', {}, LONG),
      415: post('PUT_USER_INFO', CODED, 'info'),
      501: OFFERED,
    },
  },
  'GetShareUrl (file)': { kind: 'file', ...getShareUrl },
  AddActivities: {
    kind: 'file',
    call: post('ADD_ACTIVITIES', {}, activities),
    table: 'access_token',
    fails: {
      400: post('ADD_ACTIVITIES', {}, 'x'),
      413: post('ADD_ACTIVITIES', {}, ' '.repeat(70_000)),
      415: post('ADD_ACTIVITIES', CODED, activities),
      501: OFFERED,
    },
  },
  'EnumerateAncestors (file)': {
    kind: 'file',
    call: get('/ancestry'),
    table: 'container',
    fails: { 501: OFFERED },
  },
  'GetEcosystem (file)': {
    kind: 'file',
    call: get('/ecosystem_pointer'),
    table: 'access_token',
    fails: { 501: OFFERED },
  },
  CheckContainerInfo: { kind: 'container', call: get(), table: 'container', fails: { 501: OFFERED } },
  EnumerateChildren: {
    kind: 'container',
    call: get('/children'),
    table: 'file',
    fails: { 400: get('/children', { 'X-WOPI-FileExtensionFilterList': 'docx' }), 501: OFFERED },
  },
  'EnumerateAncestors (container)': {
    kind: 'container',
    call: get('/ancestry'),
    table: 'container',
    fails: { 501: OFFERED },
  },
  CreateChildFile: {
    kind: 'container',
    call: post('CREATE_CHILD_FILE', suggests),
    table: 'file_version',
    fails: {
      400: post('CREATE_CHILD_FILE'),
      409: after(post('CREATE_CHILD_FILE', wants), post('CREATE_CHILD_FILE', wants)),
      501: post('CREATE_CHILD_FILE', { ...suggests, ...wants }),
    },
  },
  CreateChildContainer: {
    kind: 'container',
    call: post('CREATE_CHILD_CONTAINER', suggests),
    table: 'audit_event',
    fails: {
      400: post('CREATE_CHILD_CONTAINER'),
      409: after(post('CREATE_CHILD_CONTAINER', wants), post('CREATE_CHILD_CONTAINER', wants)),
      501: post('CREATE_CHILD_CONTAINER', { ...suggests, ...wants }),
    },
  },
  RenameContainer: {
    kind: 'container',
    call: post('RENAME_CONTAINER', ({ who }) => ({ 'X-WOPI-RequestedName': who })),
    table: 'audit_event',
    fails: {
      400: post('RENAME_CONTAINER'),
      409: 'a name that is taken is numbered, and containers are not locked',
      501: atRoot(post('RENAME_CONTAINER', { 'X-WOPI-RequestedName': 'mine' })),
    },
  },
  DeleteContainer: {
    kind: 'container',
    call: post('DELETE_CONTAINER'),
    table: 'audit_event',
    fails: {
      409: after(post('CREATE_CHILD_CONTAINER', suggests), post('DELETE_CONTAINER')),
      501: atRoot(post('DELETE_CONTAINER')),
    },
  },
  'GetShareUrl (container)': { kind: 'container', ...getShareUrl },
  'GetEcosystem (container)': {
    kind: 'container',
    call: get('/ecosystem_pointer'),
    table: 'access_token',
    fails: { 501: OFFERED },
  },
  CheckEcosystem: {
    kind: 'ecosystem',
    call: get(),
    table: 'access_token',
    fails: { 404: ALWAYS_THERE, 501: OFFERED },
  },
  GetRootContainer: {
    kind: 'ecosystem',
    call: get('/root_container_pointer'),
    table: 'container',
    fails: { 404: ALWAYS_THERE, 501: OFFERED },
  },
  GetFileWopiSrc: { kind: 'ecosystem', ...nativeName },
  Bootstrap: {
    kind: 'bootstrapper',
    call: get(),
    table: 'audit_event',
    fails: { 404: asAuditor(get()), 501: OFFERED },
  },
  GetNewAccessToken: {
    kind: 'bootstrapper',
    call: post('GET_NEW_ACCESS_TOKEN', atWopiSrc),
    table: 'access_token',
    fails: {
      400: post('GET_NEW_ACCESS_TOKEN'),
      404: after(removeFile, post('GET_NEW_ACCESS_TOKEN', atWopiSrc)),
      501: OFFERED,
    },
  },
  'GetRootContainer (shortcut)': {
    kind: 'bootstrapper',
    call: post('GET_ROOT_CONTAINER'),
    table: 'container',
    fails: { 404: asAuditor(post('GET_ROOT_CONTAINER')), 501: OFFERED },
  },
  'GetFileWopiSrc (shortcut)': { kind: 'bootstrapper', ...nativeName },
}

export const REMOVE = { file: removeFile, container: removeContainer } as const
