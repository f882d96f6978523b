import { request } from 'undici'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { EditorService } from '../discovery/editor-service.js'
import { Tandem } from '../kit/tandem.js'
import { jtiOf } from '../permission/forge.js'
import { until } from '../reliability/until.js'

type Headers = Readonly<Record<string, string>>

/** How a product calls (CLIENTS.md §1). */
interface Product {
  readonly family: 'microsoft' | 'collabora' | 'onlyoffice'
  readonly onEveryCall: Headers
  readonly sendsBearer: boolean
  /** What it adds to the query, and signs with it. */
  readonly query: string
}

const PRODUCTS: readonly Product[] = [
  {
    family: 'microsoft',
    onEveryCall: {
      'X-WOPI-ClientVersion': '16.0.19231.41005',
      'X-WOPI-CorrelationId': 'c0ffee',
      'X-WOPI-SessionId': 's',
      'X-WOPI-MachineName': 'M1',
    },
    sendsBearer: true,
    query: '',
  },
  {
    family: 'collabora',
    onEveryCall: { 'User-Agent': 'COOLWSD HTTP Agent 25.04.1.1', 'X-COOL-WOPI-ServerId': '1a2b3c' },
    sendsBearer: true,
    query: '&access_token_ttl=1795286124000&permission=edit',
  },
  {
    family: 'onlyoffice',
    onEveryCall: {
      'X-WOPI-ClientVersion': '8.3.1.21',
      'X-WOPI-CorrelationId': 'f3a1',
      'X-WOPI-SessionId': 's1',
    },
    sendsBearer: false,
    query: '',
  },
]

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
}

/** A document that a product has open, with a proof on every call. */
class Client {
  constructor(
    readonly product: Product,
    readonly service: EditorService,
    readonly wopiSrc: string,
    readonly token: string,
  ) {}

  async calls(override: string, headers: Headers = {}, body?: string): Promise<Answer> {
    const contents = override === 'PUT' || override === 'GET_FILE' ? '/contents' : ''
    const { onEveryCall, sendsBearer, query } = this.product
    const url = `${this.wopiSrc}${contents}?access_token=${encodeURIComponent(this.token)}${query}`
    const isGet = override === 'CHECK' || override === 'GET_FILE'
    const answer = await request(url, {
      method: isGet ? 'GET' : 'POST',
      body: body ?? null,
      headers: {
        ...onEveryCall,
        ...this.service.keys.headers(url, this.token, Date.now()),
        ...(sendsBearer ? { Authorization: `Bearer ${this.token}` } : {}),
        ...(isGet ? {} : { 'X-WOPI-Override': override }),
        ...headers,
      },
    })
    return { status: answer.statusCode, headers: answer.headers, text: await answer.body.text() }
  }
}

describe('a whole session of each product, with proofs', () => {
  const services = new Map<string, EditorService>()
  let tandem: Tandem

  beforeAll(async () => {
    services.set('microsoft', await EditorService.start())
    services.set('collabora', await EditorService.start(EditorService.collabora))
    services.set('onlyoffice', await EditorService.start(EditorService.onlyoffice))
    const EDITORS = [...services].map(([name, { discoveryUrl }]) => `${name}=${discoveryUrl}`).join(',')
    tandem = await Tandem.start(inject('postgres'), { env: { EDITORS } })
    const read = (): number => tandem.log.filter((line) => line.includes('discovery-read')).length
    await until('discovery is read', () => Promise.resolve(read() === 3))
  })
  afterAll(async () => {
    await tandem.stop()
    for (const service of services.values()) await service[Symbol.asyncDispose]()
  })

  const product = (family: string): Product => {
    const found = PRODUCTS.find((one) => one.family === family)
    if (!found) throw new Error(`no ${family}`)
    return found
  }
  const service = (family: string): EditorService => {
    const found = services.get(family)
    if (!found) throw new Error(`no ${family}`)
    return found
  }
  const opens = async (
    family: string,
    { content = 'old', mode = 'edit' }: { content?: string; mode?: string } = {},
  ): Promise<Client & { readonly fileId: string }> => {
    const alice = await tandem.person('alice')
    const { id } = await alice.createsFile(`${Math.random().toString(36).slice(2)}.docx`, content)
    const answer = await alice.calls('POST', `/files/${id}/access-tokens`, { mode, editor: family })
    const { accessToken, wopiSrc } = answer.json<{ accessToken: string; wopiSrc: string }>()
    return Object.assign(new Client(product(family), service(family), wopiSrc, accessToken), { fileId: id })
  }
  const familySeen = async (fileId: string, token: string): Promise<string | undefined> => {
    const root = await tandem.person('root', 'admin')
    const list = await root.calls('GET', `/admin/sessions?file=${fileId}`)
    const id = list.json<{ items: { id: string }[] }>().items[0]?.id
    if (id === undefined) return undefined
    const session = await root.calls('GET', `/admin/sessions/${id}`)
    const { participants } = session.json<{ participants: { jti: string; family: string }[] }>()
    return participants.find(({ jti }) => jti === jtiOf(token))?.family
  }
  const time = ({ text }: Answer): string =>
    (JSON.parse(text) as { LastModifiedTime: string }).LastModifiedTime

  it.each(['microsoft', 'collabora', 'onlyoffice'])(
    'knows %s by its token from CheckFileInfo on, when nothing else tells',
    async (family) => {
      const client = await opens(family)
      const { service, wopiSrc, token } = client
      const anonymous = new Client({ ...product(family), onEveryCall: {} }, service, wopiSrc, token)
      expect((await anonymous.calls('CHECK')).status).toBe(200)
      await until('it is seen', async () => (await familySeen(client.fileId, client.token)) === family)
    },
  )

  it('CLIENTS.md §1.3: Word for the web', async () => {
    const word = await opens('microsoft')
    const short = '{"S":"0b9c1f0e","F":4}'
    const long = '{"S":"0b9c1f0e","F":6,"E":2,"M":"m","P":"p"}'
    expect((await word.calls('CHECK', { 'X-WOPI-SessionContext': '' })).status).toBe(200)
    expect((await word.calls('LOCK', { 'X-WOPI-Lock': short })).status).toBe(200)
    expect((await word.calls('GET_FILE', { 'X-WOPI-MaxExpectedSize': '2147483647' })).text).toBe('old')
    expect((await word.calls('LOCK', { 'X-WOPI-Lock': long, 'X-WOPI-OldLock': short })).status).toBe(200)
    const save = await word.calls('PUT', { 'X-WOPI-Lock': long, 'X-WOPI-Editors': 'alice' }, 'new')
    expect(save).toMatchObject({ status: 200, text: '', headers: { 'x-wopi-itemversion': '2' } })
    // It sends no body with the new name, and has none to lose.
    const renamed = await word.calls('RENAME_FILE', { 'X-WOPI-Lock': long, 'X-WOPI-RequestedName': 'Word' })
    expect(JSON.parse(renamed.text)).toEqual({ Name: 'Word' })
    expect((await word.calls('GET_FILE')).text).toBe('new')
    expect((await word.calls('UNLOCK', { 'X-WOPI-Lock': long })).status).toBe(200)
  })

  it('CLIENTS.md §1.1: Collabora', async () => {
    const collabora = await opens('collabora')
    const lock = { 'X-WOPI-Lock': 'cool-lock1a2b3c4d', 'X-COOL-WOPI-ExtendedData': '' }
    const opened = time(await collabora.calls('CHECK'))
    expect((await collabora.calls('GET_FILE')).text).toBe('old')
    expect((await collabora.calls('LOCK', lock)).status).toBe(200)
    expect((await collabora.calls('LOCK', lock)).status).toBe(200)
    const how = { 'X-COOL-WOPI-IsModifiedByUser': 'true', 'X-COOL-WOPI-IsAutosave': 'true' }
    const save = await collabora.calls('PUT', { ...lock, ...how, 'X-COOL-WOPI-Timestamp': opened }, 'new')
    expect(save.status).toBe(200)
    expect(time(save)).toBe(time(await collabora.calls('CHECK')))
    const renamed = await collabora.calls('RENAME_FILE', { ...lock, 'X-WOPI-RequestedName': 'Cool' }, 'newer')
    expect(JSON.parse(renamed.text)).toMatchObject({ Name: 'Cool', Url: expect.any(String) as string })
    expect((await collabora.calls('GET_FILE')).text).toBe('newer')
    const copy = { 'X-WOPI-SuggestedTarget': 'Copy +AOQ-.docx', 'X-WOPI-Size': '4' }
    expect(JSON.parse((await collabora.calls('PUT_RELATIVE', copy, 'copy')).text)).toMatchObject({
      Name: 'Copy ä.docx',
    })
    expect((await collabora.calls('UNLOCK', lock)).status).toBe(200)
  })

  it('CLIENTS.md §1.2: ONLYOFFICE', async () => {
    const onlyoffice = await opens('onlyoffice', { content: '' })
    const lock = { 'X-WOPI-Lock': onlyoffice.fileId }
    const how = {
      'X-LOOL-WOPI-IsModifiedByUser': 'true',
      'X-LOOL-WOPI-IsAutosave': 'false',
      'X-LOOL-WOPI-IsExitSave': 'false',
      'X-WOPI-Editors': 'alice',
    }
    await onlyoffice.calls('CHECK', { 'X-WOPI-SessionContext': 'from the page' })
    // pain 39: an empty file is filled from a template before it is locked.
    const template = await onlyoffice.calls('PUT', {}, 'template')
    expect(template.status).toBe(200)
    expect(time(template)).toBe(time(await onlyoffice.calls('CHECK')))
    expect((await onlyoffice.calls('LOCK', lock)).status).toBe(200)
    expect((await onlyoffice.calls('GET_FILE', { 'X-WOPI-MaxExpectedSize': '104857600' })).text).toBe(
      'template',
    )
    expect((await onlyoffice.calls('REFRESH_LOCK', lock)).status).toBe(200)
    let base = time(template)
    for (const content of ['one', 'two']) {
      const save = await onlyoffice.calls('PUT', { ...lock, ...how, 'X-LOOL-WOPI-Timestamp': base }, content)
      expect(save.status).toBe(200)
      base = time(save)
    }
    expect((await onlyoffice.calls('RENAME_FILE', { ...lock, 'X-WOPI-RequestedName': 'Only' })).status).toBe(
      200,
    )
    expect((await onlyoffice.calls('GET_FILE')).text).toBe('two')
    const copy = { 'X-WOPI-SuggestedTarget': '.odt', 'X-WOPI-FileConversion': 'true' }
    expect((await onlyoffice.calls('PUT_RELATIVE', copy, 'copy')).status).toBe(200)
    expect((await onlyoffice.calls('UNLOCK', lock)).status).toBe(200)
  })

  it('pain 26: ONLYOFFICE locks for a reader, too, and is refused without an error of ours', async () => {
    const reader = await opens('onlyoffice', { mode: 'view' })
    expect((await reader.calls('LOCK', { 'X-WOPI-Lock': reader.fileId })).status).toBe(404)
    expect((await reader.calls('GET_FILE')).text).toBe('old')
  })

  it('pain 25: two editors on one document keep apart by their locks', async () => {
    const onlyoffice = await opens('onlyoffice')
    const alice = await tandem.person('alice')
    const answer = await alice.calls('POST', `/files/${onlyoffice.fileId}/access-tokens`, {
      mode: 'edit',
      editor: 'collabora',
    })
    const { accessToken, wopiSrc } = answer.json<{ accessToken: string; wopiSrc: string }>()
    const collabora = new Client(product('collabora'), service('collabora'), wopiSrc, accessToken)
    expect((await onlyoffice.calls('LOCK', { 'X-WOPI-Lock': onlyoffice.fileId })).status).toBe(200)
    const second = await collabora.calls('LOCK', { 'X-WOPI-Lock': 'cool-lock00000001' })
    expect(second).toMatchObject({ status: 409, headers: { 'x-wopi-lock': onlyoffice.fileId } })
    expect(second.headers['x-wopi-lockfailurereason']).toMatch(
      /^alice has it open in ONLYOFFICE since \d\d:\d\d UTC$/,
    )
  })
})
