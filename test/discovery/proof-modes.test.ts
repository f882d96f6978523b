import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { ProofKeys } from '../../simulator/proof-key.js'
import { Tandem } from '../kit/tandem.js'
import { encoded, openToken } from '../permission/forge.js'
import { rawRequest } from '../permission/raw-http.js'
import { until } from '../reliability/until.js'
import { EditorService } from './editor-service.js'
import { signedCall } from './signing.js'

const stranger = new ProofKeys()

describe('which editors must prove themselves', () => {
  let office: EditorService
  let collabora: EditorService

  beforeAll(async () => {
    office = await EditorService.start()
    collabora = await EditorService.start(EditorService.collabora, new ProofKeys())
  })
  afterAll(async () => {
    await office[Symbol.asyncDispose]()
    await collabora[Symbol.asyncDispose]()
  })

  const start = async (PROOF: string, env: Record<string, string> = {}): Promise<Tandem> => {
    const EDITORS = `office=${office.discoveryUrl},collabora=${collabora.discoveryUrl}`
    const tandem = await Tandem.start(inject('postgres'), { env: { EDITORS, PROOF, ...env } })
    const read = (): number => tandem.log.filter((line) => line.includes('discovery-read')).length
    await until('discovery is read', () => Promise.resolve(read() === 2))
    return tandem
  }
  const opens = async (
    tandem: Tandem,
    name: string,
    body: object,
  ): Promise<{ target: string; token: string }> => {
    const alice = await tandem.person('alice')
    const { id } = await alice.createsFile(name, 'content')
    const answer = await alice.calls('POST', `/files/${id}/access-tokens`, { mode: 'edit', ...body })
    const { accessToken } = answer.json<{ accessToken: string }>()
    return { target: `/wopi/files/${id}?access_token=${accessToken}`, token: accessToken }
  }
  const unsigned = async (tandem: Tandem, target: string): Promise<number> =>
    (await rawRequest(tandem.url, target)).status

  it('PROOF per editor: only a token for the page of an editor without keys needs no proof', async () => {
    await using tandem = await start('collabora:off')
    const excused = await opens(tandem, 'a.docx', { editor: 'collabora' })
    expect(await unsigned(tandem, excused.target)).toBe(200)
    const asked = await opens(tandem, 'b.docx', { editor: 'office' })
    expect(await unsigned(tandem, asked.target)).toBe(500)
    expect((await signedCall(tandem, { keys: office.keys, ...asked })).status).toBe(200)
    // Any editor's proof is one: the page for which a token was issued does not bind its holder.
    expect((await signedCall(tandem, { keys: collabora.keys, ...asked })).status).toBe(200)
    expect((await signedCall(tandem, { keys: stranger, ...asked })).status).toBe(500)
    const nobodys = await opens(tandem, 'c', {})
    expect(await unsigned(tandem, nobodys.target)).toBe(500)
  })

  it('a token that only claims to be for such a page gets no further than the next guard', async () => {
    await using tandem = await start('collabora:off')
    const { target, token } = await opens(tandem, 'd.docx', { editor: 'office' })
    const { payload } = openToken(token)
    const [header, , signature] = token.split('.')
    const forged = [header, encoded({ ...payload, edt: 'collabora' }), signature].join('.')
    expect(await unsigned(tandem, target.replace(token, forged))).toBe(401)
    for (const edt of ['office', 'Collabora', '__proto__', '', 7, null]) {
      const other = [header, encoded({ ...payload, edt }), signature].join('.')
      expect(await unsigned(tandem, target.replace(token, other))).toBe(500)
    }
  })

  it('PROOF=off asks nobody', async () => {
    await using tandem = await start('off')
    const { target, token } = await opens(tandem, 'e.docx', {})
    expect(await unsigned(tandem, target)).toBe(200)
    expect((await signedCall(tandem, { keys: stranger, target, token })).status).toBe(200)
  })

  it('without EDITORS nothing is asked, and no address is called', async () => {
    await using tandem = await Tandem.start(inject('postgres'))
    const { target, token } = await opens(tandem, 'f.docx', {})
    expect(await unsigned(tandem, target)).toBe(200)
    const headers = { 'X-WOPI-Proof': '%%%', 'X-WOPI-TimeStamp': 'x' }
    expect((await signedCall(tandem, { keys: stranger, target, token, headers })).status).toBe(200)
  })

  it.each([
    [
      'https://tandem.example:443',
      ['https://tandem.example', 'https://tandem.example:443', 'HTTPS://TANDEM.EXAMPLE'],
    ],
    // A proxy takes the folder off before Tandem sees it.
    ['https://example.com/tandem', ['https://example.com/tandem']],
  ])('P-07, pain 51: behind a proxy at %s, takes what is signed for %s', async (PUBLIC_URL, origins) => {
    await using tandem = await start('required', { PUBLIC_URL })
    const { target, token } = await opens(tandem, 'g.docx', {})
    for (const origin of origins) {
      expect((await signedCall(tandem, { keys: office.keys, target, token, origin })).status, origin).toBe(
        200,
      )
    }
    for (const origin of [tandem.url, 'https://example.com']) {
      expect((await signedCall(tandem, { keys: office.keys, target, token, origin })).status, origin).toBe(
        500,
      )
    }
  })
})
