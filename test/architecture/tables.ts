/** Whose a table is: its module alone writes it, and the others read it only where it is said here. */
export interface Ownership {
  readonly owner: string
  readonly readBy?: readonly string[]
  /** Who else writes it, and why it cannot leave that to the owner. */
  readonly writtenBy?: Readonly<Record<string, string>>
}

export const TABLES: Readonly<Record<string, Ownership>> = {
  access_grant: {
    owner: 'permission',
    readBy: ['storage'],
    writtenBy: { storage: 'what is deleted for good takes its grants along, in the same statement' },
  },
  access_token: {
    owner: 'permission',
    readBy: ['coauth-status', 'saving'],
    writtenBy: { auth: 'who signs out ends their tokens, and a new session takes them over' },
  },
  audit_event: {
    owner: 'audit',
    readBy: ['permission'],
    writtenBy: {
      installation: 'before the server starts there is no AuditService, and fsck has none',
      storage: 'fsck has no AuditService',
      saving: 'a save that is welcome is one statement, its audit included',
    },
  },
  audited_once: { owner: 'audit' },
  chunked_content: { owner: 'storage' },
  coauth_lock: { owner: 'lock', readBy: ['coauth-status'] },
  coauth_participant: { owner: 'coauth-status', readBy: ['lock'] },
  coauth_session: {
    owner: 'coauth-status',
    readBy: ['events', 'health', 'lock', 'storage'],
    writtenBy: { storage: 'a purged file takes its sessions along, in the same statement' },
  },
  container: { owner: 'storage', readBy: ['coauth-status', 'lock', 'permission'] },
  content_property: { owner: 'storage' },
  file: { owner: 'storage', readBy: ['coauth-status', 'lock', 'permission', 'saving'] },
  file_lock: {
    owner: 'lock',
    readBy: ['coauth-status', 'permission', 'saving'],
    writtenBy: {
      storage: 'it is made with its file, follows the head and ends with the file, in one statement',
    },
  },
  file_version: { owner: 'storage', readBy: ['coauth-status', 'installation', 'saving'] },
  installation: {
    owner: 'installation',
    readBy: ['health', 'storage'],
    writtenBy: { storage: 'the collector notes what it found' },
  },
  migration: { owner: 'database', readBy: ['health'] },
  open_share_link: { owner: 'permission' },
  quarantined_blob: { owner: 'storage', readBy: ['health'] },
  readiness_probe: { owner: 'database' },
  recovery_item: { owner: 'storage', readBy: ['coauth-status', 'health', 'saving'] },
  released_blob: { owner: 'storage' },
  schema_release: { owner: 'database' },
  session_event: {
    owner: 'events',
    readBy: ['coauth-status', 'webhooks'],
    writtenBy: { 'coauth-status': 'what tells who was there is deleted with the rest of it' },
  },
  share_link: {
    owner: 'permission',
    readBy: [],
    writtenBy: { storage: 'the links to a purged file end with it, in the same statement' },
  },
  share_link_holder: {
    owner: 'permission',
    readBy: ['storage'],
    writtenBy: { storage: 'a purged file takes its holders along, in the same statement' },
  },
  stream: { owner: 'storage' },
  stream_chunk: { owner: 'storage', readBy: ['installation'] },
  upload_part: { owner: 'storage' },
  upload_session: { owner: 'storage' },
  user_account: { owner: 'auth', readBy: ['coauth-status', 'lock', 'permission', 'storage'] },
  version_given: { owner: 'coauth-status' },
  web_session: { owner: 'auth', readBy: ['permission'] },
  webhook_cursor: { owner: 'webhooks' },
}

/** Whose the functions of src/database/functions are: their statements are judged as their module's. */
export const FUNCTIONS: Readonly<Record<string, string>> = {
  coauth_granted: 'lock',
  coauth_lock_is_live: 'lock',
  coauth_rows: 'lock',
  coauth_table_version: 'lock',
  container_rank: 'permission',
  epoch_ms: 'database',
  get_coauth_lock: 'lock',
  iso_time: 'database',
  lock_ends_at: 'lock',
  lock_is_abandoned: 'lock',
  lock_is_live: 'lock',
  lock_state: 'lock',
  move_head: 'storage',
  others_may_edit: 'lock',
  own_rank: 'permission',
  rank_of: 'permission',
  refresh_coauth_lock: 'lock',
  refuse_change: 'audit',
  release_blob: 'storage',
  release_chunk_blobs: 'storage',
  role_rank: 'permission',
  save_file: 'saving',
  settled_coauth_table: 'lock',
  subject_covers: 'permission',
  subjects_of: 'permission',
  sweep_coauth_locks: 'lock',
  token_admits: 'permission',
  token_is_authorized: 'permission',
  token_reads: 'permission',
  token_served: 'permission',
  token_state: 'permission',
  unlock_coauth_lock: 'lock',
}

/** Statements whose table is put in by the program, and which tables those are. */
export const NAMED_BY_THE_PROGRAM: Readonly<
  Record<string, { readonly reads?: readonly string[]; readonly writes?: readonly string[] }>
> = {
  // Grants, on every table there is (APP_RIGHTS).
  'src/database/app-role.ts': {},
  'src/storage/blobs/blob-references.ts': {
    reads: ['file_version', 'recovery_item', 'stream', 'stream_chunk', 'upload_part'],
  },
  'src/storage/files/bin.statements.ts': {
    writes: [
      'content_property',
      'coauth_session',
      'file_lock',
      'file_version',
      'recovery_item',
      'stream',
      'upload_session',
    ],
  },
}
