import { asLine } from './office/xml-text.js'

export interface MarkedLine {
  /** Author and number, `alice#17`; unique in the document. */
  readonly mark: string
  /** As it stands in the document: `§alice#17 text`. */
  readonly line: string
}

/** What the final content says about everything that was typed. */
export interface Verdict {
  readonly typed: number
  readonly found: number
  /** Acknowledged by the host and not in the final content: the host lost them. */
  readonly lost: readonly string[]
  /** Never acknowledged and not in the final content: their authors saw the save fail. */
  readonly neverSaved: readonly string[]
  readonly duplicated: readonly string[]
  /** Present under their mark with another text, or under a mark that nobody typed. */
  readonly foreign: readonly string[]
}

/** Everything that was typed into one document, and which save the host acknowledged with it inside. */
export class GroundTruth {
  readonly #lines = new Map<string, { readonly line: string; acknowledgedIn?: string }>()
  readonly #counters = new Map<string, number>()

  /** `markedLines` reads the marked lines out of the final bytes. */
  constructor(private readonly markedLines: (bytes: Uint8Array) => readonly string[]) {}

  type(author: string, text: string): MarkedLine {
    const number = (this.#counters.get(author) ?? 0) + 1
    this.#counters.set(author, number)
    const mark = `${author}#${number}`
    const line = asLine(`§${mark} ${text}`)
    this.#lines.set(mark, { line })
    return { mark, line }
  }

  acknowledge(marks: readonly string[], version: string): void {
    for (const mark of marks) {
      const line = this.#lines.get(mark)
      if (line) line.acknowledgedIn ??= version
    }
  }

  /** Marks of what was typed and stands, whole, in none of these contents. */
  missingFrom(contents: readonly Uint8Array[]): string[] {
    const present = new Set(contents.flatMap((bytes) => this.markedLines(bytes)))
    return [...this.#lines].filter(([, { line }]) => !present.has(line)).map(([mark]) => mark)
  }

  verify(finalBytes: Uint8Array): Verdict {
    const present = new Map<string, number>()
    for (const line of this.markedLines(finalBytes)) present.set(line, (present.get(line) ?? 0) + 1)
    const lost: string[] = []
    const neverSaved: string[] = []
    const duplicated: string[] = []
    for (const [mark, { line, acknowledgedIn }] of this.#lines) {
      const times = present.get(line) ?? 0
      present.delete(line)
      if (times === 0) (acknowledgedIn === undefined ? neverSaved : lost).push(mark)
      if (times > 1) duplicated.push(mark)
    }
    const typed = this.#lines.size
    const found = typed - lost.length - neverSaved.length
    return { typed, found, lost, neverSaved, duplicated, foreign: [...present.keys()] }
  }
}
