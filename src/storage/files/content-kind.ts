/**
 * What a content looks like, as far as its first and last bytes tell: enough to see that a document has become an error
 * page, nothing, or a part of itself. Never a reason to refuse it (WOPI.md §6.2: the stored bytes are arbitrary).
 */
export type ContentKind =
  /** No bytes at all. */
  | 'empty'
  /** Office's and OpenDocument's formats are zip archives. */
  | 'zip'
  /** It begins as one, and has no end: whoever wrote it ran out of disk, or died. */
  | 'broken-zip'
  /** Office's old formats, and its new ones behind a password. */
  | 'ole'
  | 'pdf'
  | 'rtf'
  | 'xml'
  | 'html'
  /** Anything else: text, pictures, data. */
  | 'other'

const HEAD_BYTES = 512
/** An archive ends with its directory's end record, and a comment behind it, which hardly anybody writes. */
const TAIL_BYTES = 1024
const ZIP_END = Buffer.from('PK\x05\x06', 'latin1')

const MAGIC: readonly (readonly [ContentKind, Buffer])[] = [
  ['zip', Buffer.from('PK\x03\x04', 'latin1')],
  ['zip', ZIP_END],
  ['ole', Buffer.from('d0cf11e0a1b11ae1', 'hex')],
  ['pdf', Buffer.from('%PDF-')],
  ['rtf', Buffer.from('{\\rtf')],
]

/** Looks on while a content goes by. */
export class KindSniffer {
  #head = Buffer.alloc(0)
  #tail = Buffer.alloc(0)

  update(piece: Buffer): void {
    if (this.#head.length < HEAD_BYTES)
      this.#head = Buffer.concat([this.#head, piece.subarray(0, HEAD_BYTES - this.#head.length)])
    // Copied: pieces may come in the same buffer again and again.
    this.#tail =
      piece.length >= TAIL_BYTES
        ? Buffer.from(piece.subarray(-TAIL_BYTES))
        : Buffer.concat([this.#tail, piece]).subarray(-TAIL_BYTES)
  }

  get kind(): ContentKind {
    if (this.#head.length === 0) return 'empty'
    const [kind] = MAGIC.find(([, magic]) => this.#head.subarray(0, magic.length).equals(magic)) ?? []
    if (kind === 'zip') return this.#tail.includes(ZIP_END) ? 'zip' : 'broken-zip'
    return kind ?? kindOfText(this.#head)
  }
}

function kindOfText(head: Buffer): ContentKind {
  const text = head.toString('latin1').replace(/^(?:\xef\xbb\xbf)?\s*/, '')
  if (/^(?:<!doctype html|<html)/i.test(text)) return 'html'
  return text.startsWith('<?xml') ? 'xml' : 'other'
}
