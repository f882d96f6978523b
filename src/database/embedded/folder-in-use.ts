/** What a holder says of itself, for whoever is refused. */
export interface Holder {
  readonly pid: number
  readonly host: string
  readonly since: string
}

export class FolderInUse extends Error {
  constructor(dataDir: string, holder: Partial<Holder> | undefined) {
    const known = holder?.pid
      ? `process ${holder.pid} on ${holder.host ?? 'an unknown host'}, since ${holder.since ?? 'an unknown time'}`
      : 'which has not said who it is'
    super(
      `DATA_DIR ${dataDir} is already in use by another Tandem server (${known}); ` +
        'stop it or choose another DATA_DIR',
    )
  }
}
