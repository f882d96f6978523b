/** More bytes than `MAX_FILE_SIZE`. */
export class BodyTooLarge extends Error {
  constructor(readonly maxBytes: number) {
    super(`the body is larger than the ${maxBytes} bytes that MAX_FILE_SIZE allows`)
  }
}

/** The client went away, stalled, or sent another number of bytes than it announced. */
export class BodyIncomplete extends Error {}

/** The disk is failing; nothing was stored. */
export class StorageFailed extends Error {
  constructor(cause: unknown) {
    super(`the blob store failed: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
}

/** The disk is so slow that too much waits for it already, or is not there; nothing was stored. */
export class StorageBusy extends Error {}

/** There is no room; nothing was stored. */
export class StorageFull extends StorageFailed {}

const NO_ROOM: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT'])

/** In place of whatever the file system threw. */
export function storageFailure(error: unknown): StorageFailed {
  if (error instanceof StorageFailed) return error
  return NO_ROOM.has((error as NodeJS.ErrnoException).code)
    ? new StorageFull(error)
    : new StorageFailed(error)
}

export type DamageKind = 'missing' | 'cut-short' | 'changed'

const IN_WORDS = {
  missing: 'is missing',
  'cut-short': 'has lost its end',
  changed: 'has other bytes than were saved',
} as const satisfies Record<DamageKind, string>

/** What was saved is not what lies on the disk. Nobody gets it, and nothing is made of it. */
export class ContentDamaged extends StorageFailed {
  constructor(
    readonly blob: string,
    readonly what: DamageKind,
  ) {
    super(`blob ${blob} ${IN_WORDS[what]}`)
  }
}

/** A name that no file or container may have; the message says why. */
export class InvalidName extends Error {}

/** Another file or container in the same place has the name. */
export class NameTaken extends Error {
  constructor(readonly taken: string) {
    super(`the name "${taken}" is taken`)
  }
}

export class NoSuchFile extends Error {
  constructor() {
    super('there is no such file')
  }
}

/** There is no such container, or it was deleted just now. */
export class NoSuchContainer extends Error {
  constructor() {
    super('there is no such container')
  }
}

const FOREIGN_KEY_VIOLATION = '23503'

/** Creates something in a container, which somebody else may be deleting: PostgreSQL refuses the later of the two. */
export async function orNoSuchContainer<T>(create: () => Promise<T>): Promise<T> {
  try {
    return await create()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === FOREIGN_KEY_VIOLATION) throw new NoSuchContainer()
    throw error
  }
}

/** A blob has lost its end: a damaged disk, or somebody else's hand. */
export class BlobTooShort extends Error {}
