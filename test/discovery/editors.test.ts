import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { boundedAnswer } from '../../src/outbound/bounded-answer.js'
import type { Person } from '../kit/people.js'
import { Tandem } from '../kit/tandem.js'
import { Editor, Place, type WopiAnswer } from '../kit/wopi.js'
import { openToken } from '../permission/forge.js'
import { until } from '../reliability/until.js'
import { expectProblem } from '../rest/problem.js'
import { EditorService } from './editor-service.js'

interface EditorView {
  readonly name: string
  readonly state: string
  readonly lastError: string | null
  readonly lastSuccessAt: string | null
  readonly keys: readonly { readonly use: string; readonly fingerprint: string }[]
}

interface Opening {
  readonly accessToken: string
  readonly wopiSrc: string
  readonly actionUrl?: string
  readonly editor?: string
}

async function editorsOf(tandem: Tandem): Promise<EditorView[]> {
  const ada = await tandem.person('ada', 'auditor')
  return (await ada.calls('GET', '/admin/editors')).json<{ items: EditorView[] }>().items
}

describe('several editors at once', () => {
  let office: EditorService
  let collabora: EditorService
  let tandem: Tandem
  let alice: Person

  beforeAll(async () => {
    office = await EditorService.start()
    collabora = await EditorService.start(EditorService.collabora)
    const EDITORS = `office=${office.discoveryUrl},collabora=${collabora.discoveryUrl},gone=http://127.0.0.1:1/hosting/discovery`
    tandem = await Tandem.start(inject('postgres'), { env: { EDITORS, PROOF: 'collabora:off' } })
    alice = await tandem.person('alice')
    await until('discovery is read', async () =>
      (await editorsOf(tandem)).every(({ state }) => state !== 'not-read-yet'),
    )
  })
  afterAll(async () => {
    await tandem.stop()
    await office[Symbol.asyncDispose]()
    await collabora[Symbol.asyncDispose]()
  })

  const opens = async (name: string, body: object): Promise<Opening> => {
    const { id } = await alice.createsFile(name, 'content')
    const answer = await alice.calls('POST', `/files/${id}/access-tokens`, body)
    expect(answer.status).toBe(201)
    return answer.json<Opening>()
  }
  const source = ({ wopiSrc }: Opening): string => encodeURIComponent(wopiSrc)

  it('says with the token which page it is for: of the first editor that can', async () => {
    const edit = await opens('Report.docx', { mode: 'edit' })
    expect(edit).toMatchObject({
      editor: 'office',
      actionUrl: `${office.origin}/we/wordeditorframe.aspx?edit=1&wopisrc=${source(edit)}`,
    })
    const view = await opens('Budget.XLSX', { mode: 'view' })
    expect(view.actionUrl).toBe(
      `${office.origin}/x/_layouts/xlviewerinternal.aspx?view=1&wopisrc=${source(view)}`,
    )
    const drawing = await opens('Plan.odg', { mode: 'edit' })
    expect(drawing).toMatchObject({
      editor: 'collabora',
      actionUrl: `${collabora.origin}/browser/6a1/cool.html?WOPISrc=${source(drawing)}`,
    })
  })

  it('pain 58: reads in the page for editing where there is no other', async () => {
    const view = await opens('Read.odg', { mode: 'view' })
    expect(view.actionUrl).toBe(`${collabora.origin}/browser/6a1/cool.html?WOPISrc=${source(view)}`)
  })

  it('opens in the editor that is asked for, or says why not', async () => {
    const wished = await opens('Wish.docx', { mode: 'edit', editor: 'collabora' })
    expect(wished.editor).toBe('collabora')
    const { id } = await alice.createsFile('Wish.xlsx', 'content')
    const asks = (editor: string): ReturnType<Person['calls']> =>
      alice.calls('POST', `/files/${id}/access-tokens`, { mode: 'edit', editor })
    for (const [editor, reason] of [
      ['collabora', 'No page: collabora does not edit .xlsx files.'],
      ['gone', 'No page: gone cannot be reached: nothing listens there.'],
      ['word', 'No page: there is no editor of that name.'],
    ] as const) {
      const answer = await asks(editor)
      expectProblem(answer, 400, 'invalid-request')
      expect(answer.json<{ detail: string }>().detail).toBe(reason)
    }
  })

  it('gives a token without a page for what no editor opens', async () => {
    const opening = await opens('Notes', { mode: 'edit' })
    expect(opening.actionUrl).toBeUndefined()
    expect(openToken(opening.accessToken).payload).not.toHaveProperty('edt')
  })

  it('notes in the token what it was issued for, and hands it on to a copy (T-08)', async () => {
    const { accessToken, wopiSrc } = await opens('Copy.docx', { mode: 'edit', editor: 'collabora' })
    const page = { edt: 'collabora', app: 'writer', fam: 'collabora' }
    expect(openToken(accessToken).payload).toMatchObject(page)
    expect(accessToken.length).toBeLessThan(600)
    const editor = new Editor(tandem.url, wopiSrc.split('/').at(-1) ?? '', accessToken)
    const saved = await editor.putRelativeFile('copy', { 'X-WOPI-SuggestedTarget': 'Other.docx' })
    const url = new URL(saved.json<{ Url: string }>().Url)
    expect(openToken(url.searchParams.get('access_token') ?? '').payload).toMatchObject(page)
  })

  it('hands it on to folders, the ecosystem, and what is found from there', async () => {
    const { accessToken, wopiSrc } = await opens('Found.docx', { mode: 'edit', editor: 'collabora' })
    const urlIn = (answer: WopiAnswer): string => {
      expect(answer.status).toBe(200)
      return [...answer.body.toString().matchAll(/"Url":"([^"]+)"/g)].at(-1)?.[1] ?? ''
    }
    const editor = new Editor(tandem.url, wopiSrc.split('/').at(-1) ?? '', accessToken)
    const home = new Place(urlIn(await editor.call('GET', '/ancestry')))
    const named = { 'X-WOPI-SuggestedTarget': 'New.docx' }
    const file = new Place(urlIn(await home.operation('CREATE_CHILD_FILE', named)))
    const ecosystem = new Place(urlIn(await home.get('/ecosystem_pointer')))
    const root = new Place(urlIn(await ecosystem.get('/root_container_pointer')))
    const child = new Place(urlIn(await root.get('/children')))
    for (const { token } of [home, file, ecosystem, root, child])
      expect(openToken(token).payload).toMatchObject({ edt: 'collabora', app: 'writer', fam: 'collabora' })
    // None of these calls was signed: the editor is excused all the way.
    expect((await file.get()).status).toBe(200)
  })

  it('opens no folder in an editor', async () => {
    const { containerId } = await alice.createsFile('Inside.docx', 'content')
    const asks = (body: object): ReturnType<Person['calls']> =>
      alice.calls('POST', `/containers/${containerId}/access-tokens`, { mode: 'edit', ...body })
    expectProblem(await asks({ editor: 'collabora' }), 400, 'invalid-request')
    const opening = (await asks({})).json<Opening>()
    expect(opening.actionUrl).toBeUndefined()
    expect(openToken(opening.accessToken).payload).not.toHaveProperty('edt')
  })

  it('shows administrators how each of them is', async () => {
    const root = await tandem.person('root', 'admin')
    const answer = await root.calls('GET', '/admin/editors')
    const time = expect.stringMatching(/^\d{4}-.*Z$/) as string
    const key = (use: string): object => ({
      use,
      bits: 2048,
      fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
    })
    const keys = [key('current'), key('old')]
    const well = {
      state: 'ok',
      lastSuccessAt: time,
      lastTriedAt: time,
      lastError: null,
      refusedOrigins: [],
      keys,
    }
    expect(answer.json()).toEqual({
      items: [
        {
          ...well,
          name: 'office',
          discoveryUrl: office.discoveryUrl,
          proof: 'required',
          family: 'microsoft',
          actions: 4,
        },
        {
          ...well,
          name: 'collabora',
          discoveryUrl: collabora.discoveryUrl,
          proof: 'off',
          family: 'collabora',
          actions: 2,
        },
        {
          name: 'gone',
          discoveryUrl: 'http://127.0.0.1:1/hosting/discovery',
          proof: 'required',
          state: 'unreachable',
          family: null,
          lastSuccessAt: null,
          lastTriedAt: time,
          lastError: 'nothing listens there',
          actions: 0,
          refusedOrigins: [],
          keys: [],
        },
      ],
      nextCursor: null,
    })
    const first = (await root.calls('GET', '/admin/editors?limit=1')).json<{
      items: []
      nextCursor: string
    }>()
    expect(first.items).toHaveLength(1)
    const rest = await root.calls('GET', `/admin/editors?cursor=${first.nextCursor}`)
    expect(rest.json<{ items: EditorView[] }>().items.map(({ name }) => name)).toEqual(['collabora', 'gone'])
  })

  it('P-11: says at start that an editor need not prove itself', () => {
    const lines = tandem.log.map((line) => JSON.parse(line) as { event?: string; editor?: string })
    expect(lines.filter(({ event }) => event === 'proof-off').map(({ editor }) => editor)).toEqual([
      'collabora',
    ])
  })

  it('S-08: says at start that an editor has the origin of Tandem’s own pages, by discovery or by permission', async () => {
    const PUBLIC_URL = 'https://office.example/tandem'
    const EDITORS = [
      'apart=https://editor.example/hosting/discovery',
      'other-port=https://office.example:9980/hosting/discovery',
      'beside=https://office.example/hosting/discovery',
      'allowed=https://discovery.example/hosting/discovery https://office.example:443',
    ].join(',')
    await using own = await Tandem.start(inject('postgres'), { env: { PUBLIC_URL, EDITORS } })
    const lines = own.log.map((line) => JSON.parse(line) as Record<string, unknown>)
    const warnings = lines.filter(({ event }) => event === 'editor-at-own-origin')
    const origin = 'https://office.example'
    expect(warnings).toMatchObject([
      { level: 40, editor: 'beside', origin },
      { level: 40, editor: 'allowed', origin },
    ])
    const ours = tandem.log.filter((line) => line.includes('editor-at-own-origin'))
    expect(ours).toEqual([])
  })

  it('D2: says at start that browsers send an editor the cookie of Tandem’s pages: they know no port', async () => {
    const warnedOf = async (PUBLIC_URL: string): Promise<unknown[]> => {
      const EDITORS = [
        'apart=https://editor.example:9980/hosting/discovery',
        'below=https://docs.office.example/hosting/discovery',
        'other-port=https://office.example:9980/hosting/discovery',
        'plain=http://office.example:9980/hosting/discovery',
        'same=https://office.example/hosting/discovery',
        'allowed=https://discovery.example/hosting/discovery https://OFFICE.example:8443',
      ].join(',')
      await using own = await Tandem.start(inject('postgres'), { env: { PUBLIC_URL, EDITORS } })
      const lines = own.log.map((line) => JSON.parse(line) as Record<string, unknown>)
      return lines
        .filter(({ event, level }) => event === 'editor-at-own-host' && level === 40)
        .map(({ editor, origin }) => [editor, origin])
    }
    expect(await warnedOf('https://office.example/tandem')).toEqual([
      ['other-port', 'https://office.example:9980'],
      ['allowed', 'https://office.example:8443'],
    ])
    expect(await warnedOf('http://office.example:8080')).toEqual([
      ['other-port', 'https://office.example:9980'],
      ['plain', 'http://office.example:9980'],
      ['same', 'https://office.example'],
      ['allowed', 'https://office.example:8443'],
    ])
  })

  it('counts those that cannot be reached in its metrics', async () => {
    const metrics = await (await fetch(`${tandem.url}/metrics`)).text()
    expect(metrics).toMatch(/^tandem_editors_failing 1$/m)
  })

  it('asked every editor once, however many documents were opened', () => {
    expect([office.requests, collabora.requests]).toEqual([1, 1])
  })
})

describe('a discovery document is fetched with limits', () => {
  const fails = async (answer: EditorService['answer']): Promise<string> => {
    await using service = await EditorService.start()
    service.answer = answer
    return await boundedAnswer(service.discoveryUrl, { accept: 'application/xml', longestMs: 300 }).then(
      () => 'it was taken',
      (error: unknown) => String(error),
    )
  }

  it('S-02: follows no redirect', async () => {
    await using inside = await EditorService.start()
    expect(await fails((response) => response.writeHead(302, { Location: inside.discoveryUrl }).end())).toBe(
      'Error: it answered 302',
    )
    expect(inside.requests).toBe(0)
  })

  it('P-10: takes no error for a document', async () => {
    expect(await fails((response) => response.writeHead(500).end('<wopi-discovery/>'))).toBe(
      'Error: it answered 500',
    )
  })

  it('S-07: takes no more than 1 MB, announced or not', async () => {
    const big = Buffer.alloc(1024 ** 2 + 1, ' ')
    expect(await fails((response) => response.end(big))).toBe('Error: its answer is over 1 MB')
    expect(
      await fails((response) => {
        response.on('error', () => undefined).write(big.subarray(1000))
        response.write(big)
      }),
    ).toBe('Error: its answer is over 1 MB')
  })

  it('S-07: unpacks nothing that it did not ask for', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1024 ** 2))
    expect(await fails((response) => response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(bomb))).toBe(
      'Error: its answer is packed (gzip), unasked',
    )
  })

  it('takes no document that ends before its length', async () => {
    expect(
      await fails((response) => {
        response.writeHead(200, { 'Content-Length': 1000 })
        response.write('<wopi-discovery/>', () => response.destroy())
      }),
    ).not.toBe('it was taken')
  })

  it('S-07: waits for no drip', async () => {
    expect(
      await fails((response) => {
        const drip = setInterval(() => response.write(' '), 50)
        response.on('close', () => {
          clearInterval(drip)
        })
      }),
    ).toBe('Error: it did not answer within 0.3 s')
  })
})
