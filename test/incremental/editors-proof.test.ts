import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { EditorService } from '../discovery/editor-service.js'
import { until } from '../reliability/until.js'
import { Tandem } from '../kit/tandem.js'
import type { Editor } from '../kit/wopi.js'
import { put } from './plus-client.js'

describe('WOPI.md §13.7: X-WOPI-Editors of PutChunkedFile', () => {
  let service: EditorService
  let tandem: Tandem

  beforeAll(async () => {
    service = await EditorService.start()
    const env = { COAUTH_PROFILE: 'plus', EDITORS: `office=${service.discoveryUrl}`, PROOF: 'office:off' }
    tandem = await Tandem.start(inject('postgres'), { env })
    await until('discovery is read', () =>
      Promise.resolve(tandem.log.some((line) => line.includes('discovery-read'))),
    )
  })
  afterAll(async () => {
    await tandem.stop()
    await service[Symbol.asyncDispose]()
  })

  async function locked(): Promise<Editor> {
    const { id } = await tandem.sharedFile('old', { bob: 'editor' })
    await tandem.editor(await tandem.person('bob'), id)
    const editor = await tandem.editor(await tandem.person('alice'), id)
    expect((await editor.lock('L')).status).toBe(200)
    return editor
  }
  const streams = [{ bytes: Buffer.from('new') }]

  /** A proof of that call, even where nobody asks for one. */
  function proofOf(
    { fileId, token }: Editor,
    url = `/wopi/files/${fileId}/contents`,
  ): Record<string, string> {
    const target = `${tandem.publicUrl}${url}?access_token=${token}`
    return service.keys.headers(target, token, Date.now())
  }

  it('with a valid proof they are recorded, as far as they were ever let in', async () => {
    const editor = await locked()
    const headers = { 'X-WOPI-Lock': 'L', 'X-WOPI-Editors': 'alice, bob,mallory', ...proofOf(editor) }
    expect((await put(editor, { sequence: 1, streams, headers })).status).toBe(200)
    const [version] = await (await tandem.person('alice')).versions(editor.fileId)
    expect(version?.editors.toSorted()).toEqual(['alice', 'bob'])
  })

  it('with none, or that of another call: 400, and nothing changed; without editors none is needed', async () => {
    const editor = await locked()
    const base = { 'X-WOPI-Lock': 'L' }
    const editors = { ...base, 'X-WOPI-Editors': 'alice' }
    for (const headers of [editors, { ...editors, ...proofOf(editor, '/wopi/files/other/contents') }])
      expect((await put(editor, { sequence: 1, streams, headers })).status).toBe(400)
    expect((await editor.getFile()).version).toBe('1')
    const empty = { ...base, 'X-WOPI-Editors': '' }
    expect((await put(editor, { sequence: 1, streams, headers: empty })).status).toBe(200)
  })
})
