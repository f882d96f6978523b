import type { OutgoingHttpHeaders } from 'node:http'

/**
 * Headers for handing out a document's bytes: always as a download, never to be shown or run by the browser in the
 * name of this origin (RELIABILITY-SECURITY.md N-08, W-11).
 */
export function downloadHeaders(name: string): OutgoingHttpHeaders {
  const plain = name.replace(/[^\x20-\x7e]|["\\%]/g, '_')
  const encoded = encodeURIComponent(name).replace(
    /['()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return {
    'Content-Type': 'application/octet-stream',
    'Content-Disposition': `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`,
    'Content-Security-Policy': "sandbox; default-src 'none'; frame-ancestors 'none'",
  }
}
