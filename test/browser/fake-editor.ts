import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { proofKeyElement } from '../../simulator/proof-key-element.js'
import { ProofKeys } from '../../simulator/proof-key.js'

export interface Posted {
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly accessToken: string
  readonly accessTokenTtl: number
}

const PATHS = {
  microsoft: 'we/wordeditorframe.aspx',
  collabora: 'browser/1/cool.html',
  onlyoffice: 'hosting/wopi/word/edit',
}

/** It remembers what is said to it; what it says itself, the test decides. */
const PAGE = `<!doctype html><title>An editor</title><p id="here">An editor</p>
<script>
  window.heard = []
  addEventListener('message', ({ data, origin }) => {
    heard.push({ data, origin })
    const { MessageId, Values } = JSON.parse(data)
    // Not by the test's own hand, which the browser takes for the person's.
    if (MessageId !== 'Lead_Away') return
    try {
      top.location.href = Values.url
    } catch {
      parent.postMessage(JSON.stringify({ MessageId: 'File_Rename', Values: { NewName: 'refused' } }), origin)
    }
  })
</script>`

/** An editor as far as a page around it can tell: it takes the form, and speaks when the test makes it. */
export class FakeEditor implements AsyncDisposable {
  readonly posts: Posted[] = []

  private constructor(
    readonly origin: string,
    private readonly end: () => Promise<void>,
  ) {}

  static async start(family: keyof typeof PATHS = 'microsoft'): Promise<FakeEditor> {
    const server = createServer((request, response) => {
      if (request.url === '/hosting/discovery') {
        response.end(discovery(editor.origin, PATHS[family]))
        return
      }
      void text(request).then((body) => {
        const form = new URLSearchParams(body)
        if (request.method === 'POST') {
          editor.posts.push({
            url: request.url ?? '',
            headers: request.headers,
            accessToken: form.get('access_token') ?? '',
            accessTokenTtl: Number(form.get('access_token_ttl')),
          })
        }
        response.setHeader('content-type', 'text/html').end(PAGE)
      })
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const editor = new FakeEditor(origin, async () => {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    })
    return editor
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.end()
  }
}

function discovery(origin: string, path: string): string {
  const action = (name: string): string =>
    `<action name="${name}" ext="docx" urlsrc="${origin}/${path}?&lt;ui=UI_LLCC&amp;&gt;&lt;wopisrc=WOPI_SOURCE&amp;&gt;"/>`
  const app = `<app name="Word">${action('view')}${action('edit')}</app>`
  const zone = `<net-zone name="external-http">${app}</net-zone>`
  return `<wopi-discovery>${zone}${proofKeyElement(new ProofKeys())}</wopi-discovery>`
}
