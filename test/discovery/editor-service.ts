import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ProofKeys } from '../../simulator/proof-key.js'
import { proofKeyElement } from '../../simulator/proof-key-element.js'

let shared: ProofKeys | undefined

/** An editor service on this machine, as far as it publishes a discovery document. */
export class EditorService implements AsyncDisposable {
  /** How often it was asked. */
  requests = 0
  /** Instead of its document. */
  answer: ((response: ServerResponse) => void) | undefined

  private constructor(
    readonly origin: string,
    /** What is between `<wopi-discovery>` and the proof key. */
    readonly zones: string,
    public keys: ProofKeys,
    private readonly end: () => Promise<void>,
  ) {}

  /** Keys take a while to make: services share theirs, unless they must be told apart. */
  static async start(
    zones = EditorService.office,
    keys = (shared ??= new ProofKeys()),
  ): Promise<EditorService> {
    const server = createServer((_request, response) => {
      service.requests++
      if (service.answer) service.answer(response)
      else response.end(service.document)
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const service = new EditorService(origin, zones.replaceAll('ORIGIN', origin), keys, async () => {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    })
    return service
  }

  /** As Microsoft's look, but for the number of extensions. */
  static readonly office = zone(
    'external-https',
    app('Word', 'docx', 'we/wordeditorframe.aspx'),
    app('Excel', 'xlsx', 'x/_layouts/xlviewerinternal.aspx'),
  )
  /** Without placeholders, without a page for reading, in the lesser net-zone (CLIENTS.md pain 58). */
  static readonly collabora = zone(
    'external-http',
    '<app name="writer"><action default="true" name="edit" ext="docx" urlsrc="ORIGIN/browser/6a1/cool.html?"/></app>',
    '<app name="draw"><action default="true" name="edit" ext="odg" urlsrc="ORIGIN/browser/6a1/cool.html?"/></app>',
  )
  static readonly onlyoffice = zone(
    'external-http',
    '<app name="Word"><action name="edit" ext="docx" default="true" requires="locks,update" urlsrc="ORIGIN/hosting/wopi/word/edit?&lt;rs=DC_LLCC&amp;&gt;&lt;ui=UI_LLCC&amp;&gt;&lt;wopisrc=WOPI_SOURCE&amp;&gt;"/></app>',
  )

  get discoveryUrl(): string {
    return `${this.origin}/hosting/discovery`
  }

  get document(): string {
    const content = this.zones + proofKeyElement(this.keys)
    return `<?xml version="1.0" encoding="utf-8"?><wopi-discovery>${content}</wopi-discovery>`
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.end()
  }
}

function zone(name: string, ...apps: string[]): string {
  return `<net-zone name="${name}">${apps.join('')}</net-zone>`
}

function app(name: string, extension: string, path: string): string {
  const action = (what: string): string =>
    `<action name="${what}" ext="${extension}" requires="${what === 'edit' ? 'locks,update' : ''}"` +
    ` urlsrc="ORIGIN/${path}?${what}=1&amp;&lt;ui=UI_LLCC&amp;&gt;&lt;wopisrc=WOPI_SOURCE&amp;&gt;"/>`
  return `<app name="${name}" favIconUrl="ORIGIN/${name}.ico">${action('view')}${action('edit')}</app>`
}
