import { unzipSync, zipSync } from 'fflate'
import { asLine } from './xml-text.js'

/** How one kind of document keeps lines of text in its main part. */
export interface LineFormat {
  readonly mainPart: string
  append(xml: string, lines: readonly string[]): string
  /** Every paragraph, row or text paragraph, in order. */
  read(xml: string): string[]
}

const firstDayOfZip = new Date(1980, 0, 1)

/** A Word, Excel or PowerPoint document in memory, to which lines are appended. */
export class OfficeDocument {
  readonly #parts: Record<string, Uint8Array>
  readonly #format: LineFormat
  #mainXml: string
  #appended: string[] = []

  private constructor(parts: Record<string, Uint8Array>, format: LineFormat) {
    const main = parts[format.mainPart]
    if (!main) throw new Error(`The package has no part ${format.mainPart}`)
    this.#parts = parts
    this.#format = format
    this.#mainXml = Buffer.from(main).toString('utf8')
  }

  static open(bytes: Uint8Array, format: LineFormat): OfficeDocument {
    return new OfficeDocument(unzipSync(bytes), format)
  }

  static create(parts: Readonly<Record<string, string>>, format: LineFormat): OfficeDocument {
    const encoded = Object.entries(parts).map(([name, xml]) => [name, Buffer.from(xml)] as const)
    return new OfficeDocument(Object.fromEntries(encoded), format)
  }

  append(line: string): void {
    this.#appended.push(asLine(line))
  }

  /** What can be read as text, from the top. */
  lines(): string[] {
    return this.#format.read(this.#writeAppended())
  }

  markedLines(): string[] {
    return this.lines().filter((line) => line.startsWith('§'))
  }

  /** The same content gives the same bytes: the clock is kept out of the zip headers. */
  toBytes(): Uint8Array {
    const main = Buffer.from(this.#writeAppended())
    return zipSync({ ...this.#parts, [this.#format.mainPart]: main }, { level: 6, mtime: firstDayOfZip })
  }

  #writeAppended(): string {
    if (this.#appended.length > 0) {
      this.#mainXml = this.#format.append(this.#mainXml, this.#appended)
      this.#appended = []
    }
    return this.#mainXml
  }
}

export function appendMarkedLine(bytes: Uint8Array, line: string, format: LineFormat): Uint8Array {
  const document = OfficeDocument.open(bytes, format)
  document.append(line)
  return document.toBytes()
}

export function markedLines(bytes: Uint8Array, format: LineFormat): string[] {
  return OfficeDocument.open(bytes, format).markedLines()
}
