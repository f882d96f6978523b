/** What there is on both sides, before anything is changed. */
export interface PairFacts {
  readonly database: {
    readonly id: string | undefined
    /** Does it know of any document? */
    readonly versions: boolean
  }
  readonly folder: {
    readonly id: string | undefined
    /** There is a file, but no id in it. */
    readonly damaged: boolean
    /** Ids that somebody began to give the folder. */
    readonly begun: readonly string[]
    readonly blobs: boolean
  }
  /** Of the blobs that the database needs, some by chance: how many of them are not there? */
  readonly sample: { readonly asked: number; readonly missing: number }
}

export type PairVerdict =
  | { readonly kind: 'paired'; readonly id: string }
  /** The database has been given the id already; the folder is still to get it. */
  | { readonly kind: 'finish'; readonly id: string }
  | { readonly kind: 'begin' }
  | { readonly kind: 'refuse'; readonly why: string }

const MOUNTED = 'is empty: is its volume mounted?'
const NEW = 'the database is new: it has no installation id and no documents'

/**
 * Do this database and this folder belong together? To be wrong once is to lose every document: a server that works on the
 * wrong pair takes all blobs for garbage, or acknowledges saves that nobody will find. So only what cannot be wrong starts.
 */
export function judgePair(facts: PairFacts, path: string): PairVerdict {
  const { database, folder } = facts
  const theirs = folder.damaged
    ? `${path}/installation is damaged: it has no id in it`
    : `${path} is of installation ${folder.id ?? 'none'}`
  const hasFile = folder.damaged || folder.id !== undefined
  if (database.id === undefined) {
    const stranger = database.versions ? 'the database, which has documents, is of none' : NEW
    return hasFile ? refuse(`${theirs}, and ${stranger}`) : judgeNewcomers(facts, path)
  }
  if (folder.id === database.id) return { kind: 'paired', id: database.id }
  if (folder.id === undefined && folder.begun.includes(database.id))
    return { kind: 'finish', id: database.id }
  const ours = `the database is of installation ${database.id}`
  if (hasFile) return refuse(`${ours}, and ${theirs}`)
  if (!folder.blobs) return refuse(`${ours}, and ${path} ${MOUNTED}`)
  return refuse(`${ours}, and ${path} has blobs but no file "installation" that says whose they are`)
}

/** An upgrade, or the very first start. */
function judgeNewcomers({ database, folder, sample }: PairFacts, path: string): PairVerdict {
  if (!database.versions) {
    return folder.blobs ? refuse(`${path} has blobs, and ${NEW}`) : { kind: 'begin' }
  }
  if (sample.missing === 0) return { kind: 'begin' }
  const missing = `${sample.missing} of ${sample.asked} blobs that its documents need are missing in ${path}`
  return refuse(`the database has documents, but ${missing}${folder.blobs ? '' : `, which ${MOUNTED}`}`)
}

function refuse(why: string): PairVerdict {
  return { kind: 'refuse', why }
}
