import type { Fault } from './fault.js'

export const HTTP_FAULTS: readonly Fault[] = [
  {
    id: 'cut-short-begins-with-200',
    what: 'the download of a content that lost its end begins as if all were well, and breaks off',
    file: 'src/storage/blobs/blob-store.ts',
    find: 'if (found < size) throw',
    replace: 'if (found < 0) throw',
    caughtBy: ['test/reliability/damaged-blob.test.ts'],
  },
  {
    id: 'changed-bytes-served',
    what: 'a large document in which the disk changed a bit is downloaded as if it were right',
    file: 'src/storage/blobs/content-checks.ts',
    find: `if (hash.digest('hex') !== content.sha256) throw this.damaged(content, 'changed')`,
    replace: '',
    caughtBy: ['test/reliability/damaged-content.test.ts'],
  },
  {
    id: 'small-changed-bytes-served',
    what: 'the same for a small document',
    file: 'src/storage/blobs/content-checks.ts',
    find: `throw this.damaged(content, 'changed')
    this.#good(content)
    return bytes`,
    replace: `this.#good(content)
    return bytes`,
    caughtBy: ['test/reliability/damaged-content.test.ts'],
  },
  {
    id: 'half-a-body-saved',
    what: 'an upload that broke off behind a proxy is saved as the document',
    file: 'src/storage/blobs/blob-writer.ts',
    find: 'announcedSize !== undefined && announcedSize !== written.size',
    replace: 'announcedSize !== undefined && announcedSize < written.size',
    caughtBy: ['test/reliability/failures.test.ts', 'test/wopi/put-file-sizes.test.ts'],
  },
  {
    id: 'part-of-a-document-saved',
    what: 'a part that is sent with Content-Range becomes the document',
    file: 'src/http/request-body.ts',
    find: `if (headers['content-range'] !== undefined)`,
    replace: `if (headers['content-range'] === '')`,
    caughtBy: ['test/wopi/coded-bodies.test.ts'],
  },
  {
    id: 'answers-kept-by-proxies',
    what: 'a proxy keeps documents, and serves them to whoever has the address',
    file: 'src/http/answer.ts',
    find: `'Cache-Control': 'no-store'`,
    replace: `'Cache-Control': 'public, max-age=600'`,
    caughtBy: ['test/rest/security-headers.test.ts'],
  },
  {
    id: 'foreign-page-changes',
    what: 'any page that somebody visits deletes their documents by their cookie',
    file: 'src/api/http/same-origin.guard.ts',
    find: `headers.origin === this.origin && headers['x-tandem-page'] !== undefined`,
    replace: `headers.origin === this.origin || headers['x-tandem-page'] === undefined`,
    caughtBy: ['test/pages/sign-in.test.ts'],
  },
  {
    id: 'cookie-for-scripts',
    what: 'a script on a page reads the cookie that signs its visitor in',
    file: 'src/auth/web-session.service.ts',
    find: 'Path=/; HttpOnly; SameSite=Lax',
    replace: 'Path=/; SameSite=Lax',
    caughtBy: ['test/pages/sign-in.test.ts'],
  },
  {
    id: 'two-spellings-of-a-path',
    what: 'a second spelling of a path leads to the same file, past the rules of a proxy',
    file: 'src/http/fast-express.adapter.ts',
    find: `app.enable('strict routing')`,
    replace: '',
    caughtBy: ['test/wopi/paths.test.ts'],
  },
  {
    id: 'blank-body-fills-the-disk',
    what: 'a few kilobytes on the wire unpack to as much as the disk has',
    file: 'src/http/content-coding.ts',
    find: 'size > GROWTH_FREE_BYTES && size > MAX_GROWTH * wire.size',
    replace: 'size > GROWTH_FREE_BYTES && size > MAX_GROWTH * MAX_GROWTH * wire.size',
    caughtBy: ['test/wopi/coded-bodies.test.ts'],
  },
]
