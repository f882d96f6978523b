import { describe, expect, it } from 'vitest'
import { returnPath } from './return-path.js'

const EVIL = [
  '//evil.example',
  '///evil.example',
  '////evil.example',
  '/\\evil.example',
  '\\\\evil.example',
  '\\/evil.example',
  '/\\/evil.example',
  '/\t/evil.example',
  '/\n/evil.example',
  '\t//evil.example',
  ' //evil.example',
  '/ /evil.example',
  'https://evil.example',
  'https:evil.example',
  'https:/evil.example',
  'http:evil.example',
  'HTTPS://EVIL.EXAMPLE',
  'h\tttps://evil.example',
  'javascript:alert(1)',
  'JaVaScRiPt:alert(1)',
  'java\nscript:alert(1)',
  ' javascript:alert(1)',
  'javascript://%0aalert(1)',
  'data:text/html,<script>alert(1)</script>',
  'vbscript:x',
  'blob:https://evil.example/x',
  'file:///etc/passwd',
  'ftp://evil.example',
  'evil.example',
  '@evil.example',
  '/@evil.example/..//',
  '/edit/a@evil.example',
  '/edit/..//evil.example',
  '/edit/../../evil',
  '/edit/%2e%2e/%2e%2e//evil.example',
  '/edit/a/../..//evil.example',
  '/edit//evil.example',
  '/edit/',
  '/edit',
  '/view/',
  '/edit/a/b',
  '/edit/a#//evil.example',
  '/edit/a?next=//evil.example',
  '/edit/a?share=x&next=//evil.example',
  '/edit/a?x=y:z',
  '/edit/a?x=y\\z',
  '/edit/a?share=//evil.example',
  '/edit/a?share=x#y',
  '/edit/a?',
  '/edit/a\r\nSet-Cookie: x=y',
  '/edit/a\u0000',
  '/edit/é',
  '/edit/%',
  `/edit/${'a'.repeat(65)}`,
  `/edit/a?share=${'a'.repeat(1501)}`,
  '/sign-in?to=/sign-in',
  '/sign-out',
  '/api/v1/files',
  '/wopi/files/a',
  '/?x=//evil.example',
  '/#//evil.example',
  '/./',
  '/%2f%2fevil.example',
  '/%5cevil.example',
  '',
]

describe('returnPath (W-07)', () => {
  it.each(EVIL)('leads %j to the documents', (path) => {
    expect(returnPath(path)).toBe('/')
  })

  it.each([undefined, null, 7, ['/edit/a'], { toString: () => '/edit/a' }])(
    'takes %j for nothing',
    (path) => {
      expect(returnPath(path)).toBe('/')
    },
  )

  it.each([
    '/',
    '/edit/abc-_1',
    '/view/abc',
    '/edit/a?share=0af.Mac-_x',
    '/view/a?wdComment=a%26b&wdOrigin=mail',
  ])('leads back to %s', (path) => {
    expect(returnPath(path)).toBe(path)
  })
})
