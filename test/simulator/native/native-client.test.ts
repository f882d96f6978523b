import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chunked } from '../../../simulator/native/chunked-content.js'
import { writeFrames } from '../../../simulator/native/frames.js'
import { NativeClient } from '../../../simulator/native/native-client.js'
import { NativeDocument } from '../../../simulator/native/native-document.js'
import type { WopiAccess } from '../../../simulator/wopi-client.js'
import { word } from '../../../simulator/word.js'

interface Answer {
  readonly status?: number
  readonly headers?: Record<string, string>
  readonly body?: Uint8Array | string
}

/** What the host answers to everything. */
let answer: Answer = {}
const server = createServer((request, response) => {
  request.resume().on('end', () => {
    response.writeHead(answer.status ?? 200, answer.headers).end(answer.body)
  })
})
let access: WopiAccess
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  access = { wopiSrc: `http://127.0.0.1:${port}/wopi/files/one`, accessToken: 'token' }
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

const wopi = new NativeClient({ sessionId: 'native' })
const content = chunked(word.blank('Test'))
const versions = { 'X-WOPI-SequenceNumber': '7', 'X-WOPI-ItemVersion': '7' }
const signature = (ids: typeof content.signature): unknown => ({
  ContentProperties: [],
  Signatures: [{ StreamId: 'MainContent', ChunkingScheme: 'Zip', ChunkSignatures: ids }],
})
const good = writeFrames({ message: signature(content.signature), chunks: content.chunks })

describe('a native client', () => {
  it('puts a document together from what came and what it knew', async () => {
    answer = { headers: versions, body: good }
    const whole = await wopi.getChunkedFile(access, new Map())
    expect(whole).toMatchObject({ kind: 'ok', sequenceNumber: 7, received: good.length })
    const rest = writeFrames({ message: signature(content.signature), chunks: new Map() })
    answer = { headers: versions, body: rest }
    const known = new Map([...content.chunks, ['not needed any more', new Uint8Array()]])
    const again = await wopi.getChunkedFile(access, known)
    expect(again).toMatchObject({ kind: 'ok', received: rest.length, content: { chunks: content.chunks } })
  })

  it.each<[string, Answer, string]>([
    ['no sequence number', { body: good }, 'without sequence number'],
    ['no frames', { headers: versions, body: 'PK' }, 'ends before its end frame'],
    [
      'a chunk missing',
      {
        headers: versions,
        body: writeFrames({ message: signature(content.signature), chunks: new Map() }),
      },
      'has no bytes',
    ],
    [
      'a chunk under a wrong id',
      {
        headers: versions,
        body: writeFrames({
          message: signature(content.signature),
          chunks: new Map([...content.chunks.keys()].map((id) => [id, Buffer.from('other')])),
        }),
      },
      'other bytes than its id says',
    ],
    [
      'no signature',
      { headers: versions, body: writeFrames({ message: {}, chunks: new Map() }) },
      'Signatures',
    ],
  ])('does not believe a document with %s', async (_what, given, complaint) => {
    answer = given
    const outcome = await wopi.getChunkedFile(access, new Map())
    expect(outcome).toMatchObject({ kind: 'unexpected', call: expect.stringContaining(complaint) as string })
  })

  const row = {
    CoauthLockId: 'one',
    CoauthLockMetadata: '',
    CoauthLockType: 'Coauth',
    UserFriendlyName: 'Alice',
    CoauthLockTime: 1,
  }
  const tableHeaders = { 'X-WOPI-CoauthTableVersion': 'V2' }
  it.each<[string, Answer, 'ok' | 'unexpected']>([
    ['the same version and nothing else', { headers: { 'X-WOPI-CoauthTableVersion': 'v1' } }, 'ok'],
    [
      'a new version and a table',
      { headers: tableHeaders, body: JSON.stringify({ CoauthTable: [row] }) },
      'ok',
    ],
    ['a new version without a table', { headers: tableHeaders }, 'unexpected'],
    ['a table without a version', { body: JSON.stringify({ CoauthTable: [] }) }, 'unexpected'],
    [
      'a row with more in it',
      { headers: tableHeaders, body: JSON.stringify({ CoauthTable: [{ ...row, Expires: 1 }] }) },
      'unexpected',
    ],
  ])('takes %s for what it is', async (_what, given, kind) => {
    answer = given
    expect(await wopi.getCoauthTable(access, 'V1')).toMatchObject({ kind })
  })

  it('knows a moved document by 412, and who stands in its way by the mechanism', async () => {
    const save = { content, known: new Map(), sequenceNumber: 6, coauthLock: 'one' }
    answer = { status: 412, headers: versions }
    expect(await wopi.putChunkedFile(access, save)).toMatchObject({ kind: 'moved', sequenceNumber: 7 })
    answer = { status: 409, headers: { 'X-WOPI-ConflictingMechanism': 'WOPI-Lock' } }
    expect(await wopi.putChunkedFile(access, save)).toMatchObject({
      kind: 'conflict',
      mechanism: 'WOPI-Lock',
    })
    answer = { status: 409, headers: { 'X-WOPI-ConflictingMechanism': '' } }
    expect(await wopi.putChunkedFile(access, save)).toMatchObject({ kind: 'conflict', mechanism: undefined })
    answer = { headers: { ...versions, 'X-WOPI-SequenceNumber': '6' } }
    expect(await wopi.putChunkedFile(access, save)).toMatchObject({ kind: 'unexpected' })
  })
})

describe('a native client’s document', () => {
  const fetched = (
    lines: readonly string[],
    sequenceNumber: number,
  ): ConstructorParameters<typeof NativeDocument>[1] => {
    const document = word.open(word.blank('Test'))
    for (const line of lines) document.append(line)
    const bytes = document.toBytes()
    return { bytes, content: chunked(bytes), sequenceNumber, received: 0 }
  }
  const change = (mark: string): { mark: string; line: string } => ({ mark, line: `§${mark} text` })

  it('keeps what was typed while a save was on its way', () => {
    const document = new NativeDocument(word, fetched([], 1))
    document.change(change('alice#1'), 10)
    const snapshot = document.snapshot()
    document.change(change('alice#2'), 20)
    document.saved(snapshot, 2)
    expect(document).toMatchObject({ unsaved: 1, unsavedSince: 20, sequenceNumber: 2 })
    expect(document.known).toBe(snapshot.content.chunks)
  })

  it('puts unsaved changes behind what others saved, and none of them twice', () => {
    const document = new NativeDocument(word, fetched([], 1))
    document.change(change('alice#1'), 10)
    document.change(change('alice#2'), 20)
    const found = document.merge(fetched(['§alice#1 text', '§bob#1 text'], 3))
    expect(found.map(({ mark }) => mark)).toEqual(['alice#1'])
    expect(document.lines).toEqual(['§alice#1 text', '§bob#1 text', '§alice#2 text'])
    expect(document).toMatchObject({ unsaved: 1, sequenceNumber: 3 })
  })

  it('stays as it was when what others saved cannot be read', () => {
    const document = new NativeDocument(word, fetched([], 1))
    document.change(change('alice#1'), 10)
    const rubbish = Buffer.from('no document')
    expect(() => document.merge({ ...fetched([], 2), bytes: rubbish })).toThrow()
    expect(document).toMatchObject({ unsaved: 1, sequenceNumber: 1, lines: ['§alice#1 text'] })
  })
})
