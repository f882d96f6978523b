/** The application that edits a file; its habits say what silence means and whose token saves. */
export type ApplicationName = 'word' | 'excel' | 'powerpoint' | 'other'

/** Which programs speak WOPI to us (CLIENTS.md §1). */
export type ClientFamily = 'microsoft' | 'collabora' | 'onlyoffice'

/** Who saves for everybody in Excel: both rules exist in the field (CLIENTS.md §1.4). */
export type PrincipalRule = 'last-joined' | 'first-joined'

const second = 1000
const minute = 60 * second

export interface ApplicationProfile {
  /** The longest time between a change and its save, for a number of editors; undefined when nobody knows. */
  readonly saveEveryMs: (editors: number) => number | undefined
  /** Each editor's right is asked for at least this often. */
  readonly checkEveryMs: number
  readonly checkedBy: 'check-file-info' | 'refresh-lock'
  /** Whoever was silent for longer has left: there is no call by which a person says so. */
  readonly inactivityTimeoutMs: number
  /** From the first refused save until the application puts everybody out. */
  readonly evictAfterMs: number
  readonly savesWith: 'principal' | 'last-editor'
}

/** RELIABILITY-SECURITY.md §3.1, §3.7: five minutes, and two for the network, against Excel's fifteen. */
const PROFILES: Readonly<Record<ApplicationName, ApplicationProfile>> = {
  word: {
    saveEveryMs: () => 30 * second,
    checkEveryMs: 5 * minute,
    checkedBy: 'check-file-info',
    inactivityTimeoutMs: 7 * minute,
    evictAfterMs: 0,
    savesWith: 'last-editor',
  },
  powerpoint: {
    saveEveryMs: (editors) => (editors > 1 ? 60 * second : 3 * minute),
    checkEveryMs: 5 * minute,
    checkedBy: 'check-file-info',
    inactivityTimeoutMs: 7 * minute,
    evictAfterMs: 0,
    savesWith: 'last-editor',
  },
  excel: {
    saveEveryMs: () => 2 * minute,
    checkEveryMs: 15 * minute,
    checkedBy: 'refresh-lock',
    inactivityTimeoutMs: 17 * minute,
    evictAfterMs: 3 * minute,
    savesWith: 'principal',
  },
  other: {
    saveEveryMs: () => undefined,
    checkEveryMs: 15 * minute,
    checkedBy: 'refresh-lock',
    inactivityTimeoutMs: 17 * minute,
    evictAfterMs: 0,
    savesWith: 'last-editor',
  },
}

export function profileOf(application: ApplicationName): ApplicationProfile {
  return PROFILES[application]
}

/** A save is overdue only when it is this much later than the application's habit. */
export const OVERDUE_AFTER_MS = 30 * second

/** Office Online Server saves and unlocks up to this long after the last tab was closed (OOTTD/303). */
export const LATE_SAVE_MS = 90 * second

/** A lock that is refreshed while nobody did anything for this long is a ghost's (RELIABILITY-SECURITY.md §3.5). */
export const GHOST_AFTER_MS = 30 * minute

const EXTENSIONS: Readonly<Record<Exclude<ApplicationName, 'other'>, readonly string[]>> = {
  word: ['doc', 'docm', 'docx', 'dot', 'dotm', 'dotx', 'odt', 'ott', 'rtf'],
  excel: ['csv', 'ods', 'ots', 'xls', 'xlsb', 'xlsm', 'xlsx', 'xltm', 'xltx'],
  powerpoint: ['odp', 'otp', 'pot', 'potm', 'potx', 'pps', 'ppsm', 'ppsx', 'ppt', 'pptm', 'pptx'],
}

/** As discovery documents name them, in lower case: Microsoft's, ONLYOFFICE's and Collabora's. */
const PAGES: Readonly<Record<string, ApplicationName>> = {
  word: 'word',
  writer: 'word',
  excel: 'excel',
  calc: 'excel',
  powerpoint: 'powerpoint',
  impress: 'powerpoint',
  draw: 'other',
  onenote: 'other',
  pdf: 'other',
  visio: 'other',
  wopitest: 'other',
  wordpdf: 'other',
}

/**
 * The one whose page was opened, else by the file's name (RELIABILITY-SECURITY.md §3.7).
 * @param page what the editor calls the application, where its page was opened through us
 */
export function applicationOf(fileName: string, page?: string): ApplicationName {
  const opened = page?.toLowerCase() ?? ''
  return (Object.hasOwn(PAGES, opened) ? PAGES[opened] : undefined) ?? byExtension(fileName)
}

function byExtension(fileName: string): ApplicationName {
  const extension = /\.([^.]+)$/.exec(fileName)?.[1]?.toLowerCase() ?? ''
  for (const [name, extensions] of Object.entries(EXTENSIONS)) {
    if (extensions.includes(extension)) return name as ApplicationName
  }
  return 'other'
}
