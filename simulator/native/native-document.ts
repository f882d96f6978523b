import type { Application } from '../application.js'
import type { MarkedLine } from '../ground-truth.js'
import type { OfficeDocument } from '../office/office-document.js'
import type { ChunkedContent } from './chunked-content.js'
import { chunked } from './chunked-content.js'
import type { Fetched } from './native-client.js'

/** What one PutChunkedFile carries. */
export interface NativeSnapshot {
  readonly size: number
  readonly content: ChunkedContent
  readonly changes: readonly MarkedLine[]
}

/** The document in one person's memory: what the host has, as far as it is known here, and their own unsaved changes. */
export class NativeDocument {
  #document: OfficeDocument
  /** What the host holds at `sequenceNumber`: needs not be sent again. */
  #base: ChunkedContent
  #sequenceNumber: number
  #unsaved: (MarkedLine & { readonly at: number })[] = []

  /** @throws Error for content that the application cannot read */
  constructor(
    private readonly application: Application,
    { bytes, content, sequenceNumber }: Fetched,
  ) {
    this.#document = application.open(bytes)
    this.#base = content
    this.#sequenceNumber = sequenceNumber
  }

  get sequenceNumber(): number {
    return this.#sequenceNumber
  }

  get known(): ChunkedContent['chunks'] {
    return this.#base.chunks
  }

  get unsaved(): number {
    return this.#unsaved.length
  }

  get unsavedSince(): number | undefined {
    return this.#unsaved[0]?.at
  }

  get lines(): readonly string[] {
    return this.#document.markedLines()
  }

  change(line: MarkedLine, at: number): void {
    this.#document.append(line.line)
    this.#unsaved.push({ ...line, at })
  }

  snapshot(): NativeSnapshot {
    const bytes = this.#document.toBytes()
    return { size: bytes.length, content: chunked(bytes, this.known), changes: [...this.#unsaved] }
  }

  /** Changes made while the snapshot was on its way stay unsaved. */
  saved({ content, changes }: NativeSnapshot, sequenceNumber: number): void {
    this.#forget(changes)
    this.#base = content
    this.#sequenceNumber = sequenceNumber
  }

  /**
   * Takes what others have saved, and puts the own unsaved changes behind it. Returns those of them that are in it already:
   * the answer to their save was lost.
   * @throws Error for content that the application cannot read; then nothing has changed here
   */
  merge({ bytes, content, sequenceNumber }: Fetched): readonly MarkedLine[] {
    const document = this.application.open(bytes)
    const there = new Set(document.markedLines())
    const found = this.#unsaved.filter(({ line }) => there.has(line))
    this.#forget(found)
    for (const { line } of this.#unsaved) document.append(line)
    this.#document = document
    this.#base = content
    this.#sequenceNumber = sequenceNumber
    return found
  }

  #forget(changes: readonly MarkedLine[]): void {
    const marks = new Set(changes.map(({ mark }) => mark))
    this.#unsaved = this.#unsaved.filter(({ mark }) => !marks.has(mark))
  }
}
