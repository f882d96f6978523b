/** Everything that the live stream and webhooks can tell. A name is a promise to scripts. */
export const EVENT_KINDS = [
  'session-started',
  'session-ended',
  'participant-joined',
  'participant-left',
  'participant-removed',
  'principal-changed',
  'principal-relearned',
  'saved',
  'save-refused',
  'save-overdue',
  'save-failing',
  'conflict',
  'external-change',
  'lock-expired',
  'lock-in-grace',
  'lock-broken',
  'refresh-overdue',
  'ghost-lock',
  'recovery-item',
  'comment',
  'file-deleted',
  'file-restored',
] as const

export type EventKind = (typeof EVENT_KINDS)[number]
