import { randomBytes } from 'node:crypto'
import { brotliCompressSync, constants, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { beforeAll, describe, expect, it } from 'vitest'
import { written } from '../incremental/frame-kit.js'
import { chunked, putBody } from '../incremental/plus-client.js'
import type { FileView, Person } from '../kit/people.js'
import type { Editor, Headers } from '../kit/wopi.js'
import { rawRequest } from '../permission/raw-http.js'
import { RawUpload } from '../reliability/raw-upload.js'
import { useFixture } from './fixture.js'

type Code = (bytes: Buffer) => Buffer

/** Not at its best, which takes a third of a second for each document. */
const brotli: Code = (bytes) => brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } })

/** What a client may send (RFC 9110 §8.4), and how it makes it. */
const CODINGS: Readonly<Record<string, Code>> = {
  gzip: gzipSync,
  'x-gzip': gzipSync,
  GZip: gzipSync,
  deflate: deflateSync,
  ' deflate': deflateRawSync,
  br: brotli,
  identity: (bytes) => bytes,
  'gzip, br': (bytes) => brotli(gzipSync(bytes)),
  'br,gzip, identity': (bytes) => gzipSync(brotli(bytes)),
}

const COLLABORA = { 'User-Agent': 'COOLWSD WOPI Agent 24.04' }

describe('bodies with a Content-Encoding', () => {
  const fixture = useFixture({ COAUTH_PROFILE: 'plus', MAX_FILE_SIZE: '4M' })
  let alice: Person
  beforeAll(async () => (alice = await fixture.person('alice')))

  interface Sent {
    readonly headers: Headers
    readonly code: Code
  }
  interface Outcome {
    readonly status: number
    readonly headers: Readonly<Record<string, string | string[] | undefined>>
    /** What is stored after it. */
    readonly stored: Buffer
  }
  async function locked(): Promise<Editor> {
    const editor = await fixture.open('old')
    await editor.lock('L')
    return editor
  }
  const contentOf = (fileId: string): Promise<Buffer> => alice.downloads(fileId)

  /** Every route that takes the bytes of a document, each on a file of its own. */
  const ROUTES: Readonly<Record<string, (bytes: Buffer, sent: Sent) => Promise<Outcome>>> = {
    PutFile: async (bytes, { headers, code }) => {
      const editor = await locked()
      // X-WOPI-Size is of the document, Content-Length of what is sent.
      const size = { 'X-WOPI-Size': String(bytes.length) }
      const answer = await editor.putFile(code(bytes), 'L', { ...size, ...headers })
      return { ...answer, stored: await contentOf(editor.fileId) }
    },
    PutRelativeFile: async (bytes, { headers, code }) => {
      const editor = await fixture.open('old')
      const target = { 'X-WOPI-SuggestedTarget': 'Copy.docx' }
      const answer = await editor.putRelativeFile(code(bytes), { ...target, ...headers })
      if (answer.status !== 200) return { ...answer, stored: Buffer.from('old') }
      const copy = fixture.follow(answer.json<{ Url: string }>().Url)
      return { ...answer, stored: await contentOf(copy.fileId) }
    },
    'RenameFile with unsaved changes': async (bytes, { headers, code }) => {
      const editor = await locked()
      const given = { ...COLLABORA, 'X-WOPI-Lock': 'L', ...headers }
      const answer = await editor.renameFile(`n${randomBytes(4).toString('hex')}`, given, code(bytes))
      return { ...answer, stored: await contentOf(editor.fileId) }
    },
    PutChunkedFile: async (bytes, { headers, code }) => {
      const editor = await locked()
      const body = code(await putBody({ streams: [{ bytes, scheme: 'FullFile' }] }))
      const given = {
        'X-WOPI-Override': 'PUT_CHUNKED_FILE',
        'X-WOPI-SequenceNumber': '1',
        'X-WOPI-Lock': 'L',
      }
      const answer = await editor.call('POST', '/contents', { ...given, ...headers }, body)
      return { ...answer, stored: await contentOf(editor.fileId) }
    },
    'UpdateUploadSession, committed': async (bytes, { headers, code }) => {
      const editor = await locked()
      const made = await editor.operation('CREATE_UPLOAD_SESSION')
      const session = made.json<{ UploadSessionToken: string }>().UploadSessionToken
      const { signature, frames } = await chunked({ bytes, scheme: 'FullFile' })
      const message = await putBody({
        message: { ContentProperties: [], Signatures: [signature], UploadSessionTokenToCommit: session },
      })
      // Without the frame that ends a body.
      const chunks = (await written([...frames.values()])).subarray(0, -16)
      const part = {
        'X-WOPI-UploadSessionToken': session,
        'X-WOPI-ContentRangeOffset': '0',
        'X-WOPI-ContentRangeLength': String(chunks.length),
      }
      const answer = await editor.operation('UPDATE_UPLOAD_SESSION', { ...part, ...headers }, code(chunks))
      if (answer.status !== 200) return { ...answer, stored: await contentOf(editor.fileId) }
      const given = {
        'X-WOPI-Override': 'PUT_CHUNKED_FILE',
        'X-WOPI-SequenceNumber': '1',
        'X-WOPI-Lock': 'L',
      }
      const put = await editor.call('POST', '/contents', given, message)
      return { ...put, stored: await contentOf(editor.fileId) }
    },
    'POST /files': async (bytes, { headers, code }) => {
      const name = `${randomBytes(6).toString('hex')}.docx`
      const answer = await alice.calls('POST', `/files?name=${name}`, code(bytes), headers)
      if (answer.status !== 201) return { ...answer, stored: Buffer.from('old') }
      return { ...answer, status: 200, stored: await contentOf(answer.json<FileView>().id) }
    },
    'PUT /files/ID/content': async (bytes, { headers, code }) => {
      const { id } = await fixture.newFile('old')
      const answer = await alice.calls('PUT', `/files/${id}/content`, code(bytes), {
        'if-match': '"1"',
        ...headers,
      })
      return { ...answer, stored: await contentOf(id) }
    },
  }
  const routes = Object.entries(ROUTES)
  const coded = (coding: string, code: Code): Sent => ({ headers: { 'Content-Encoding': coding }, code })

  describe.each(routes)('%s', (route, sendTo) => {
    /** What is refused leaves no blob: there is that of the file that it was about, if it was about one. */
    const send = async (bytes: Buffer, sent: Sent): Promise<Outcome> => {
      const before = await fixture.blobs()
      const outcome = await sendTo(bytes, sent)
      if (outcome.status !== 200)
        expect((await fixture.blobs()) - before).toBe(route === 'POST /files' ? 0 : 1)
      return outcome
    }

    it.each(Object.entries(CODINGS))(
      '%j is taken off: the document is stored as it is',
      async (coding, code) => {
        const document = Buffer.concat([
          Buffer.from('PK document '),
          randomBytes(100_000),
          Buffer.alloc(100_000),
        ])
        const { status, stored } = await send(document, coded(coding, code))
        expect(status).toBe(200)
        expect(stored.equals(document)).toBe(true)
      },
    )

    it.each(['zstd', 'compress', 'gzip, zstd', 'gzip;q=1', 'constructor', 'br, br, br, br'])(
      '%j: 415 says what can be read, and nothing is stored',
      async (coding) => {
        const { status, headers, stored } = await send(
          Buffer.from('new'),
          coded(coding, (bytes) => bytes),
        )
        expect([status, headers['accept-encoding']]).toEqual([415, 'gzip, deflate, br'])
        expect(stored.toString()).toBe('old')
      },
    )

    const cut: Code = (bytes) => bytes.subarray(0, bytes.length - 9)
    const flipped: Code = (bytes) => {
      const copy = Buffer.from(bytes)
      for (let at = copy.length >> 1; at < copy.length; at += 7) copy[at] = (copy[at] ?? 0) ^ 0xff
      return copy
    }
    it.each([
      ['gzip', 'cut short', (bytes: Buffer) => cut(gzipSync(bytes))],
      ['deflate', 'cut short', (bytes: Buffer) => cut(deflateSync(bytes))],
      ['br', 'cut short', (bytes: Buffer) => cut(brotli(bytes))],
      ['gzip', 'damaged', (bytes: Buffer) => flipped(gzipSync(bytes))],
      ['deflate', 'damaged', (bytes: Buffer) => flipped(deflateSync(bytes))],
      // No checksum in it: only what breaks its form can be seen.
      ['br', 'damaged', (bytes: Buffer) => Buffer.from(brotli(bytes).map((byte) => byte ^ 0xff))],
      ['gzip', 'not coded at all', (bytes: Buffer) => bytes],
      ['br', 'not coded at all', (bytes: Buffer) => Buffer.concat([Buffer.from('PK'), bytes])],
      ['gzip', 'empty', () => Buffer.alloc(0)],
    ] as const)('%s, %s: 400, and nothing is stored', async (coding, _how, code) => {
      const { status, stored } = await send(randomBytes(50_000), coded(coding, code))
      expect(status).toBe(400)
      expect(stored.toString()).toBe('old')
    })

    it.each(['gzip', 'br', 'deflate'])('%s: MAX_FILE_SIZE counts what it comes to: 413', async (coding) => {
      const document = Buffer.concat([randomBytes(40_000), Buffer.alloc(5 * 1024 ** 2)])
      const { status, stored } = await send(document, coded(coding, CODINGS[coding] ?? gzipSync))
      expect(status).toBe(413)
      expect(stored.toString()).toBe('old')
    })

    it.each(['br', 'gzip, gzip'])(
      '%s: a body that grows beyond measure is 413, and ends there',
      async (coding) => {
        const bomb = Buffer.alloc(3 * 1024 ** 2)
        const twice: Code = (bytes) => gzipSync(gzipSync(bytes))
        const { status, stored } = await send(
          bomb,
          coded(coding, coding === 'br' ? brotliCompressSync : twice),
        )
        expect(status).toBe(413)
        expect(stored.toString()).toBe('old')
      },
    )

    it('a part is no document', async () => {
      const part = { headers: { 'Content-Range': 'bytes 0-2/6' }, code: (bytes: Buffer) => bytes }
      expect((await send(Buffer.from('par'), part)).status).toBe(400)
    })

    it.runIf(route.includes('/files'))('the envelope of a form is no document', async () => {
      const headers = { 'Content-Type': 'multipart/form-data; boundary=x' }
      expect((await send(Buffer.from('--x'), { headers, code: (bytes: Buffer) => bytes })).status).toBe(415)
    })
  })

  it('JSON bodies of REST are decoded as well', async () => {
    const { id } = await fixture.newFile('old')
    const grant = gzipSync(JSON.stringify({ role: 'viewer' }))
    const path = `/files/${id}/grants/user:new`
    expect((await alice.calls('PUT', path, grant, { 'content-encoding': 'gzip' })).status).toBe(200)
    expect((await alice.calls('PUT', path, grant, { 'content-encoding': 'zstd' })).json()).toMatchObject({
      type: 'urn:tandem:coding-unsupported',
      status: 415,
    })
    const long = brotliCompressSync(Buffer.alloc(200_000, ' '))
    expect((await alice.calls('PUT', path, long, { 'content-encoding': 'br' })).status).toBe(413)
  })

  it('a wrong X-WOPI-Size of a coded document is 400', async () => {
    const editor = await locked()
    const body = gzipSync('new')
    const size = { 'X-WOPI-Size': String(body.length), 'Content-Encoding': 'gzip' }
    expect((await editor.putFile(body, 'L', size)).status).toBe(400)
    expect((await editor.putFile(body, 'L', { ...size, 'X-WOPI-Size': '3' })).status).toBe(200)
  })

  it('a save that is refused is kept decoded', async () => {
    const editor = await fixture.open('old')
    expect((await editor.putFile(gzipSync('typed'), undefined, { 'Content-Encoding': 'gzip' })).status).toBe(
      409,
    )
    const [item] = await alice.recoveryItems(editor.fileId)
    expect(item?.size).toBe(5)
  })

  it('a transfer coding is one as well: Node takes off the chunks and nothing else', async () => {
    for (const [coding, code] of [
      ['gzip', gzipSync],
      ['zstd', (bytes: Buffer) => bytes],
    ] as const) {
      const editor = await locked()
      const upload = await RawUpload.start(editor, 'L', { 'Transfer-Encoding': `${coding}, chunked` })
      upload.writeChunk(code(Buffer.from('new')))
      upload.writeChunk(Buffer.alloc(0))
      expect(await upload.status()).toBe(coding === 'gzip' ? 200 : 415)
      upload.reset()
      expect((await editor.getFile()).body.toString()).toBe(coding === 'gzip' ? 'new' : 'old')
    }
  })

  it('a client that goes away in the middle of a coded body ends nothing', async () => {
    const editor = await locked()
    const half = gzipSync(randomBytes(200_000)).subarray(0, 100_000)
    const headers = { 'Content-Encoding': 'gzip', 'Content-Length': '200000' }
    const storing = await fixture.nextUpload()
    const upload = await RawUpload.start(editor, 'L', headers)
    upload.write(half)
    await storing()
    upload.reset()
    await fixture.logged(({ code }) => code === 'body-incomplete')
    expect((await editor.getFile()).body.toString()).toBe('old')
    const { status } = await rawRequest(fixture.tandem.url, '/health/live')
    expect(status).toBe(200)
  })

  fixture.leavesNoTokenInTheLog()
})
