import { once } from 'node:events'
import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import type { Editor } from '../kit/wopi.js'
import { exchange, openSocket, post } from './raw-http.js'
import { useFixture } from './fixture.js'

const MOST = 1024

/** Chunked: nothing announces the size. */
const unannounced = (bytes: number): Readable => Readable.from([Buffer.alloc(bytes - 1), Buffer.alloc(1)])

describe('the size of a save', () => {
  const fixture = useFixture({ MAX_FILE_SIZE: '1K' })

  async function lockedFile(): Promise<{ editor: Editor; unchanged: () => Promise<void> }> {
    const editor = await fixture.open('old')
    await editor.lock('A')
    const blobs = await fixture.blobs()
    const before = (await editor.checkFileInfo()).json()
    const unchanged = async (): Promise<void> => {
      expect((await editor.checkFileInfo()).json()).toEqual(before)
      expect((await editor.getFile()).body.toString()).toBe('old')
      expect(await (await fixture.person('alice')).recoveryItems(editor.fileId)).toEqual([])
      expect(await fixture.blobs()).toBe(blobs)
    }
    return { editor, unchanged }
  }

  it('WOPI.md §6.2: MAX_FILE_SIZE itself is accepted, declared and chunked', async () => {
    const { editor } = await lockedFile()
    expect(await editor.putFile(Buffer.alloc(MOST), 'A')).toMatchObject({ status: 200, version: '2' })
    await editor.putFile('', 'A')
    expect(await editor.putFile(unannounced(MOST), 'A')).toMatchObject({ status: 200, version: '4' })
    expect((await editor.getFile()).body).toHaveLength(MOST)
  })

  it('D-02: one byte more is answered 413, declared and chunked, and changes nothing', async () => {
    const { editor, unchanged } = await lockedFile()
    for (const body of [Buffer.alloc(MOST + 1), unannounced(MOST + 1)]) {
      const answer = await editor.putFile(body, 'A')
      expect(answer.status).toBe(413)
      expect(answer.body).toHaveLength(0)
      await unchanged()
    }
  })

  it('D-02: a declared size that is too large is refused before a byte of it is read, and the connection ends', async () => {
    const { editor, unchanged } = await lockedFile()
    const lines = ['X-WOPI-Override: PUT', 'X-WOPI-Lock: A', 'Content-Length: 1000000000000']
    const answer = await exchange(fixture.tandem, post(editor, lines, '', '/contents'))
    expect(answer.status).toBe(413)
    expect(answer.headLines).toContain('Connection: close')
    await unchanged()
  })

  it('D-02: a chunked body without an end is cut off with 413', async () => {
    const { editor, unchanged } = await lockedFile()
    const lines = ['X-WOPI-Override: PUT', 'X-WOPI-Lock: A', 'Transfer-Encoding: chunked']
    const chunk = `1000\r\n${'x'.repeat(4096)}\r\n`
    const answer = await exchange(fixture.tandem, post(editor, lines, chunk, '/contents'))
    expect(answer.status).toBe(413)
    expect(answer.headLines).toContain('Connection: close')
    await unchanged()
  })

  it('D-02: an announced size that is too large counts even when the body is small', async () => {
    const { editor, unchanged } = await lockedFile()
    expect((await editor.putFile(Readable.from(['new']), 'A', { 'X-WOPI-Size': '1025' })).status).toBe(413)
    await unchanged()
  })

  it('WOPI.md §8.1: a PutRelativeFile that is too large is answered 413 and makes no file', async () => {
    const { editor, unchanged } = await lockedFile()
    const files = await fixture.sql('select count(*)::int as files from file')
    const answer = await editor.putRelativeFile(Buffer.alloc(MOST + 1), {
      'X-WOPI-SuggestedTarget': 'big.docx',
    })
    expect(answer.status).toBe(413)
    expect(await fixture.sql('select count(*)::int as files from file')).toEqual(files)
    await unchanged()
  })

  describe('H-08: sizes that contradict each other are refused, and the file stays as it is', () => {
    it.each([
      ['X-WOPI-Size is larger than Content-Length', '4'],
      ['X-WOPI-Size is smaller than Content-Length', '2'],
      ['X-WOPI-Size is no number', 'three'],
      ['X-WOPI-Size is negative', '-3'],
      ['X-WOPI-Size is a fraction', '3.0'],
      ['X-WOPI-Size is hexadecimal', '0x3'],
      ['X-WOPI-Size has 21 digits', '100000000000000000003'],
    ])('%s: 400', async (_title, size) => {
      const { editor } = await lockedFile()
      const answer = await editor.putFile('new', 'A', { 'X-WOPI-Size': size })
      expect(answer.status).toBe(400)
      expect(answer.headers['x-wopi-servererror']).toMatch(/^X-WOPI-Size /)
      expect(await editor.checkFileInfo().then((info) => info.json())).toMatchObject({
        Version: '1',
        Size: 3,
      })
      expect((await editor.getFile()).body.toString()).toBe('old')
    })

    it.each(['2', '4'])('X-WOPI-Size says %s and a chunked body has 3 bytes: 400', async (size) => {
      const { editor, unchanged } = await lockedFile()
      const answer = await editor.putFile(Readable.from(['new']), 'A', { 'X-WOPI-Size': size })
      expect(answer.status).toBe(400)
      expect(answer.headers['x-wopi-servererror']).toBe(`the body has 3 bytes, but ${size} were announced`)
      await unchanged()
    })

    it('sizes that agree are fine', async () => {
      const { editor } = await lockedFile()
      expect((await editor.putFile('new', 'A', { 'X-WOPI-Size': '3' })).version).toBe('2')
      expect((await editor.putFile(Readable.from(['four']), 'A', { 'X-WOPI-Size': '4' })).version).toBe('3')
    })
  })

  describe('R-05: a body that is cut off changes nothing', () => {
    it.each([
      ['with Content-Length', ['Content-Length: 100'], 'x'.repeat(99)],
      ['chunked', ['Transfer-Encoding: chunked'], '63\r\n' + 'x'.repeat(50)],
      ['chunked, between two chunks', ['Transfer-Encoding: chunked'], '5\r\nhello\r\n'],
      ['before its first byte', ['Content-Length: 100'], ''],
    ])('%s', async (title, length, body) => {
      const { editor, unchanged } = await lockedFile()
      const receiving = await fixture.nextUpload()
      const socket = await openSocket(fixture.tandem)
      const id = `cut-${title.replace(/\W/g, '-')}`
      const lines = ['X-WOPI-Override: PUT', 'X-WOPI-Lock: A', `X-WOPI-CorrelationId: ${id}`, ...length]
      socket.write(post(editor, lines, body, '/contents'))
      await receiving()
      socket.destroy()
      await once(socket, 'close')
      const line = await fixture.logged(({ correlationId }) => correlationId === id)
      expect(line).toMatchObject({ event: 'wopi-refused', code: 'body-incomplete', fileId: editor.fileId })
      await unchanged()
      expect((await editor.putFile('new', 'A')).version).toBe('2')
    })

    it('also when the bytes are followed by the end of sending instead of the rest', async () => {
      const { editor, unchanged } = await lockedFile()
      const socket = await openSocket(fixture.tandem)
      const id = 'cut-by-fin'
      const lines = [
        'X-WOPI-Override: PUT',
        'X-WOPI-Lock: A',
        `X-WOPI-CorrelationId: ${id}`,
        'Content-Length: 9',
      ]
      socket.on('error', () => undefined)
      socket.resume().end(post(editor, lines, 'half', '/contents'))
      expect(await fixture.logged(({ correlationId }) => correlationId === id)).toMatchObject({
        code: 'body-incomplete',
      })
      await unchanged()
    })
  })

  fixture.leavesNoTokenInTheLog()
})
