import type { MarkedLine } from './ground-truth.js'
import type { OfficeDocument } from './office/office-document.js'
import type { Participant } from './participant.js'

interface Change {
  readonly mark: string
  readonly by: Participant
  readonly at: number
}

/** What one PutFile carries. */
export interface Snapshot {
  readonly bytes: Uint8Array
  readonly changes: readonly Change[]
}

/** The merged document in the editor service's memory, and what of it the host has not acknowledged yet. */
export class OpenDocument {
  #unsaved: Change[] = []

  constructor(
    private readonly document: OfficeDocument,
    /** The host's version that holds everything but the unsaved changes. */
    public version: string | undefined,
  ) {}

  change(by: Participant, { mark, line }: MarkedLine, at: number): void {
    this.document.append(line)
    this.#unsaved.push({ mark, by, at })
  }

  get text(): readonly string[] {
    return this.document.lines()
  }

  get unsaved(): number {
    return this.#unsaved.length
  }

  get unsavedSince(): number | undefined {
    return this.#unsaved[0]?.at
  }

  get lastChangeBy(): Participant | undefined {
    return this.#unsaved.at(-1)?.by
  }

  snapshot(): Snapshot {
    return { bytes: this.document.toBytes(), changes: [...this.#unsaved] }
  }

  /** Changes made while the snapshot was on its way stay unsaved. */
  acknowledged(snapshot: Snapshot, version: string | undefined): void {
    const saved = new Set(snapshot.changes)
    this.#unsaved = this.#unsaved.filter((change) => !saved.has(change))
    this.version = version
  }
}
