import { describe, expect, it } from 'vitest'
import { Gate, waiting } from '../kit/gate.js'
import type { Editor, Headers, WopiAnswer } from '../kit/wopi.js'
import { Housekeeping } from '../kit/storage.js'
import { useFixture } from '../wopi/fixture.js'
import { chunked, putBody, putRaw, sequenceOf } from './plus-client.js'
import { written } from './frame-kit.js'

const withLock = { 'X-WOPI-Lock': 'L' }

describe('WOPI.md §13.9: upload sessions', () => {
  const fixture = useFixture({ COAUTH_PROFILE: 'plus', MAX_FILE_SIZE: '1M' })
  const content = Buffer.from('the content that comes in pieces')

  async function locked(): Promise<Editor> {
    const editor = await fixture.open('old')
    await editor.lock('L')
    return editor
  }

  async function create(editor: Editor): Promise<string> {
    const answer = await editor.operation('CREATE_UPLOAD_SESSION')
    expect(answer.status).toBe(200)
    const made = answer.json<{ UploadSessionToken: string }>()
    expect(Object.keys(made)).toEqual(['UploadSessionToken'])
    return made.UploadSessionToken
  }

  function update(
    editor: Editor,
    token: string,
    offset: number | string,
    body: Buffer | string,
    headers: Headers = {},
  ): Promise<WopiAnswer> {
    return editor.operation(
      'UPDATE_UPLOAD_SESSION',
      {
        'X-WOPI-UploadSessionToken': token,
        'X-WOPI-ContentRangeOffset': String(offset),
        'X-WOPI-ContentRangeLength': String(Buffer.byteLength(body)),
        ...headers,
      },
      body,
    )
  }
  const offsetIn = ({ headers }: WopiAnswer): unknown => headers['x-wopi-uploadsessioncurrentoffset']

  /** Chunk frames and nothing else, and the message that commits them. */
  async function framesOf(bytes: Buffer): Promise<Buffer> {
    const { frames } = await chunked({ bytes })
    const body = await written([...frames.values()])
    return body.subarray(0, -16)
  }

  async function commit(editor: Editor, session: string, sequence = 1): Promise<WopiAnswer> {
    const { signature } = await chunked({ bytes: content })
    const message = { ContentProperties: [], Signatures: [signature], UploadSessionTokenToCommit: session }
    return putRaw(editor, sequence, await putBody({ message }), withLock)
  }

  it('appends in pieces that know nothing of frames, and commits them as if inline; then the session is gone', async () => {
    const editor = await locked()
    const token = await create(editor)
    const frames = await framesOf(content)
    const cuts = [0, 5, 17, 40, frames.length]
    for (const [index, from] of cuts.slice(0, -1).entries()) {
      const to = cuts[index + 1] ?? 0
      const answer = await update(editor, token, from, frames.subarray(from, to))
      expect([answer.status, offsetIn(answer)]).toEqual([200, String(to)])
    }
    expect((await editor.getFile()).body.toString()).toBe('old')
    expect((await commit(editor, token)).status).toBe(200)
    expect((await editor.getFile()).body.equals(content)).toBe(true)
    expect((await update(editor, token, frames.length, 'x')).status).toBe(410)
    expect((await commit(editor, token, 2)).status).toBe(410)
  })

  it('400: another offset than the bytes received, another length than the body; nothing is appended', async () => {
    const editor = await locked()
    const token = await create(editor)
    expect((await update(editor, token, 0, 'abc')).status).toBe(200)
    for (const offset of [0, 2, 4, -1, 'x', ''])
      expect((await update(editor, token, offset, 'def')).status).toBe(400)
    for (const length of ['2', '4', 'x', '-1', ''])
      expect((await update(editor, token, 3, 'def', { 'X-WOPI-ContentRangeLength': length })).status).toBe(
        400,
      )
    expect((await update(editor, token, 3, 'def', { 'X-WOPI-UploadSessionToken': '' })).status).toBe(400)
    const next = await update(editor, token, 3, 'def')
    expect([next.status, offsetIn(next)]).toEqual([200, '6'])
  })

  it('takes one of two pieces that come for the same place at once', async () => {
    const editor = await locked()
    const token = await create(editor)
    const both = await Promise.all([update(editor, token, 0, 'abc'), update(editor, token, 0, 'defg')])
    expect(both.map(({ status }) => status).sort()).toEqual([200, 400])
  })

  it('takes one of two pieces that were both looked at before either was taken', async () => {
    const editor = await locked()
    const token = await create(editor)
    await using gate = await Gate.at(fixture.tandem.databaseUrl, {
      when: 'before',
      event: 'insert',
      table: 'upload_part',
    })
    const first = update(editor, token, 0, 'abc')
    await gate.stopped()
    const second = update(editor, token, 0, 'defg')
    await waiting(fixture.tandem.databaseUrl, 2)
    await gate.open()
    expect([(await first).status, (await second).status]).toEqual([200, 400])
    expect(offsetIn(await update(editor, token, 3, 'def'))).toBe('6')
  })

  it('several of a person at once; each is for one person and one file: 410 for others', async () => {
    const editor = await locked()
    const [one, two] = [await create(editor), await create(editor)]
    expect(one).not.toBe(two)
    expect((await update(editor, one, 0, 'abc')).status).toBe(200)
    expect((await update(editor, two, 0, 'abc')).status).toBe(200)
    const bob = await fixture.join(editor, { who: 'bob', role: 'editor' })
    expect((await update(bob, one, 3, 'def')).status).toBe(410)
    expect((await update(await locked(), one, 3, 'def')).status).toBe(410)
    expect((await update(editor, 'unknown', 0, 'abc')).status).toBe(410)
  })

  it('a commit that fails keeps it: after a 412 with the right number it succeeds', async () => {
    const editor = await locked()
    const token = await create(editor)
    const frames = await framesOf(content)
    await update(editor, token, 0, frames.subarray(0, 20))
    expect((await commit(editor, token)).status).toBe(400)
    await update(editor, token, 20, frames.subarray(20))
    expect((await commit(editor, token, 9)).status).toBe(412)
    expect(await sequenceOf(editor)).toBe(1)
    expect((await commit(editor, token)).status).toBe(200)
  })

  it('lives 30 minutes from its last update, and is cleared away then with its bytes', async () => {
    const editor = await locked()
    const token = await create(editor)
    const setLife = (minutes: number): Promise<unknown> =>
      fixture.sql(
        `update upload_session set expires_at = clock_timestamp() + $2::float8 * interval '1 min' where token = $1`,
        [token, minutes],
      )
    await setLife(1)
    expect((await update(editor, token, 0, 'abc')).status).toBe(200)
    const [row] = await fixture.sql(
      `select extract(epoch from expires_at - clock_timestamp())::float8 as left from upload_session where token = $1`,
      [token],
    )
    expect(Number(row?.['left'])).toBeGreaterThan(29 * 60)
    expect(Number(row?.['left'])).toBeLessThanOrEqual(30 * 60)
    await setLife(-0.01)
    expect((await update(editor, token, 3, 'def')).status).toBe(410)
    await using keeping = await Housekeeping.of(fixture.tandem)
    const parts = (): Promise<unknown[]> => fixture.sql('select from upload_part where token = $1', [token])
    expect(await parts()).toHaveLength(1)
    await keeping.blobs.collect(-60_000)
    expect(await parts()).toHaveLength(1)
    const before = await fixture.blobs()
    await keeping.transfers.purge()
    expect(await parts()).toHaveLength(0)
    expect(await keeping.blobs.collect(-60_000)).toBe(1)
    expect(await fixture.blobs()).toBe(before - 1)
  })

  it('413: more than any file may have', async () => {
    const editor = await locked()
    const token = await create(editor)
    const length = { 'X-WOPI-ContentRangeLength': String(2 ** 40) }
    const answer = await update(editor, token, 0, 'abc', length)
    expect([400, 413]).toContain(answer.status)
    const later = await update(editor, token, 0, Buffer.alloc(2 * 1024 ** 2))
    expect(later.status).toBe(413)
  })

  it('needs the right to edit: 404', async () => {
    const editor = await locked()
    const token = await create(editor)
    const viewer = await fixture.join(editor, { who: 'carol', role: 'viewer', mode: 'view' })
    expect((await viewer.operation('CREATE_UPLOAD_SESSION')).status).toBe(404)
    expect((await update(viewer, token, 0, 'abc')).status).toBe(404)
  })

  fixture.leavesNoTokenInTheLog()
})
