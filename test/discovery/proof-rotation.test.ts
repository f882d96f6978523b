import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest'
import { ProofKeys } from '../../simulator/proof-key.js'
import { Tandem } from '../kit/tandem.js'
import { until } from '../reliability/until.js'
import { EditorService } from './editor-service.js'
import { signedCall } from './signing.js'

interface EditorView {
  readonly state: string
  readonly lastError: string | null
  readonly keys: readonly { readonly fingerprint: string }[]
}

const stranger = new ProofKeys()

describe('when the keys of an editor change', () => {
  let editor: EditorService
  let tandem: Tandem
  let token: string
  let target: string

  const starts = async (): Promise<void> => {
    tandem = await Tandem.start(inject('postgres'), { env: { EDITORS: `office=${editor.discoveryUrl}` } })
    await until('discovery is tried', async () => (await view()).state !== 'not-read-yet')
    const { id } = await tandem.sharedFile('content')
    token = await (await tandem.person('alice')).opens(id, 'edit')
    target = `/wopi/files/${id}?access_token=${token}`
  }
  const view = async (): Promise<EditorView> => {
    const root = await tandem.person('root', 'admin')
    const { items } = (await root.calls('GET', '/admin/editors')).json<{ items: [EditorView] }>()
    return items[0]
  }
  const status = async (keys: ProofKeys): Promise<number> =>
    (await signedCall(tandem, { keys, target, token })).status
  const combination = (): unknown =>
    (
      JSON.parse(tandem.log.findLast((line) => line.includes('proof-matched')) ?? '{}') as Record<
        string,
        unknown
      >
    )['combination']

  beforeEach(async () => {
    editor = await EditorService.start()
  })
  afterEach(async () => {
    await tandem.stop()
    await editor[Symbol.asyncDispose]()
  })

  it('P-09: takes the new ones by the old header, reads them in the background, and goes on by the new key', async () => {
    await starts()
    const before = (await view()).keys[0]?.fingerprint
    editor.keys = editor.keys.rotated()
    expect(await status(editor.keys)).toBe(200)
    expect(combination()).toBe('old-header')
    await until('the new keys are read', async () => (await view()).keys[0]?.fingerprint !== before)
    expect(await status(editor.keys)).toBe(200)
    expect(combination()).toBe('current')
    expect((await view()).keys[1]?.fingerprint).toBe(before)
  })

  it('P-09: loses no call to an editor that comes back with keys all new: it asks first', async () => {
    await starts()
    editor.keys = stranger
    expect(await Promise.all(Array.from({ length: 20 }, () => status(editor.keys)))).toEqual(
      Array(20).fill(200),
    )
    expect(editor.requests).toBe(2)
  })

  it('D-08: a flood of bad proofs asks the editor once in a minute', async () => {
    await starts()
    for (let round = 0; round < 5; round++) {
      const statuses = await Promise.all(Array.from({ length: 40 }, () => status(stranger)))
      expect(new Set(statuses)).toEqual(new Set([500]))
    }
    expect(editor.requests).toBe(2)
    expect(await status(editor.keys)).toBe(200)
  })

  it.each([
    ['an error', (response) => response.writeHead(500).end()],
    ['10 MB', (response) => response.on('error', () => undefined).end(Buffer.alloc(10 * 1024 ** 2))],
    ['no proof key', (response) => response.end('<wopi-discovery/>')],
  ] as [string, NonNullable<EditorService['answer']>][])(
    'P-09, P-10: keeps the last keys while discovery answers %s, and never fails open',
    async (_what, answer) => {
      await starts()
      editor.answer = answer
      expect(await status(stranger)).toBe(500)
      expect(await view()).toMatchObject({ state: 'stale', lastError: expect.any(String) as string })
      expect(await status(editor.keys)).toBe(200)
      expect(await status(stranger)).toBe(500)
    },
  )

  it('pain 52: starts without its editor, lets nobody in for it, and takes it when it comes', async () => {
    editor.answer = (response) => response.writeHead(503).end()
    await starts()
    expect(await view()).toMatchObject({ state: 'unreachable', lastError: 'it answered 503', keys: [] })
    expect(
      (await signedCall(tandem, { keys: editor.keys, target, token, headers: { 'X-WOPI-Proof': undefined } }))
        .status,
    ).toBe(500)
    editor.answer = undefined
    expect(await status(editor.keys)).toBe(200)
    expect((await view()).state).toBe('ok')
  })
})
