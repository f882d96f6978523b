import { zipSync } from 'fflate'
import { describe, expect, it } from 'vitest'
import { type ContentKind, KindSniffer } from './content-kind.js'

function kindOf(...pieces: (Buffer | string)[]): ContentKind {
  const sniffer = new KindSniffer()
  for (const piece of pieces) sniffer.update(Buffer.from(piece))
  return sniffer.kind
}

describe('what a content looks like', () => {
  const archive = Buffer.from(zipSync({ 'word/document.xml': Buffer.alloc(100_000, 'text') }, { level: 0 }))

  it.each<[string, Buffer | string, ContentKind]>([
    ['nothing', '', 'empty'],
    ['an archive', archive, 'zip'],
    ['an archive with nothing in it', Buffer.from(zipSync({})), 'zip'],
    ['an archive that was cut', archive.subarray(0, 50_000), 'broken-zip'],
    ['an old Office file', Buffer.from('d0cf11e0a1b11ae100', 'hex'), 'ole'],
    ['a PDF', '%PDF-1.7 …', 'pdf'],
    ['rich text', '{\\rtf1', 'rtf'],
    ['a flat document', '\ufeff<?xml version="1.0"?>', 'xml'],
    ['an error page', '\r\n <!DOCTYPE HTML><title>502', 'html'],
    ['a bare error page', '<html><h1>502 Bad Gateway</h1></html>', 'html'],
    ['text', 'a;b;c', 'other'],
  ])('%s', (_, bytes, kind) => {
    expect(kindOf(bytes)).toBe(kind)
  })

  it('does not depend on how it came', () => {
    const single = Array.from(archive, (_, at) => archive.subarray(at, at + 1))
    expect(kindOf(...single)).toBe('zip')
    expect(kindOf('<ht', 'ml>')).toBe('html')
    expect(kindOf(archive, Buffer.alloc(5000))).toBe('broken-zip')
  })

  it('keeps its own copy of what goes by', () => {
    const sniffer = new KindSniffer()
    const shared = Buffer.alloc(10)
    for (const text of ['<html>', 'xxxxxxxxxx']) {
      shared.fill(0).write(text)
      sniffer.update(shared)
    }
    expect(sniffer.kind).toBe('html')
  })
})
