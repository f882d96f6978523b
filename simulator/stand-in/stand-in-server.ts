import type { IncomingMessage, ServerResponse } from 'node:http'
import { z } from 'zod'
import type { ProofKeys } from '../proof-key.js'
import type { DocumentRegistry, Place } from './document-registry.js'
import { discoveryXml } from './discovery-xml.js'
import { editorPage, refusalPage } from './editor-page.js'
import { families, familyTraits, pageAt } from './families.js'
import { pageAsset } from './page-assets.js'
import { Refusal } from './refusal.js'
import { readForm, readJson } from './request-body.js'
import type { SeatView } from './tab.js'
import { wopiSrcIn } from './wopi-src.js'

const mostOfForm = 16 * 1024
const mostOfCall = 64 * 1024
const leavePatienceMs = 10_000
const pulseMs = 15_000

const changes = z.object({ lines: z.array(z.string().max(10_000)).max(1000) })
const renewal = z.object({ token: z.string().min(1).max(8192) })

/** HTTP of the stand-in: the discovery documents, the pages, and what the pages call. */
export class StandInServer {
  constructor(
    private readonly origin: string,
    private readonly proofKeys: ProofKeys,
    private readonly hosts: ReadonlySet<string>,
    private readonly desk: DocumentRegistry,
  ) {}

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader('X-Content-Type-Options', 'nosniff')
    response.setHeader('Referrer-Policy', 'no-referrer')
    response.setHeader('Cache-Control', 'no-store')
    const url = new URL(request.url ?? '/', this.origin)
    const isPage = pageAt(url.pathname) !== undefined
    try {
      await this.#route(request, response, url)
    } catch (error) {
      const { status, message } = error instanceof Refusal ? error : new Refusal(500, String(error))
      if (response.headersSent) return void response.destroy()
      // What of the body was not read is not waited for.
      if (!request.complete) response.setHeader('Connection', 'close')
      if (isPage) this.#sendPage(response, status, refusalPage(message), [])
      else sendJson(response, status, { error: message })
    }
  }

  async #route(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const { method = '' } = request
    const { pathname } = url
    const family = families.find((known) => familyTraits[known].discoveryPath === pathname)
    const [, top, id = '', call = ''] = pathname.split('/')
    if (method === 'GET' && family) {
      response.setHeader('Content-Type', 'application/xml')
      response.end(discoveryXml(family, this.origin, this.proofKeys))
    } else if (method === 'POST' && top === 'editor') await this.#open(request, response, url)
    else if (method === 'GET' && top === 'assets') await sendAsset(response, id)
    else if (method === 'GET' && top === 'sittings' && call === 'events') watch(response, this.desk.place(id))
    else if (method === 'POST' && top === 'sittings')
      sendJson(response, 200, await this.#called(call, request, id))
    else throw new Refusal(404, 'There is nothing here.')
  }

  async #open(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const page = pageAt(url.pathname)
    if (!page) throw new Refusal(404, 'There is no such page.')
    const wopiSrc = wopiSrcIn(url, this.hosts)
    const form = await readForm(request, mostOfForm)
    const accessToken = form.get('access_token') ?? ''
    if (accessToken === '') throw new Refusal(400, 'The host page posted no access_token.')
    if (!/^\d{0,16}$/.test(form.get('access_token_ttl') ?? ''))
      throw new Refusal(400, 'access_token_ttl must be milliseconds, or 0.')
    const place = await this.desk.open({ access: { wopiSrc, accessToken }, ...page })
    const { PostMessageOrigin } = place.seat.visitor.info
    this.#sendPage(response, 200, editorPage(place), [PostMessageOrigin])
  }

  async #called(call: string, request: IncomingMessage, id: string): Promise<unknown> {
    const place = this.desk.place(id)
    const { document, seat } = place
    switch (call) {
      case 'changes':
        document.type(seat, (await readJson(request, changes, mostOfCall)).lines)
        return {}
      case 'save':
        return { saved: await document.save() }
      case 'token':
        await this.desk.renewToken(place, (await readJson(request, renewal, mostOfForm)).token)
        return {}
      case 'leave': {
        const { lines } = await readJson(request, changes, mostOfCall)
        if (seat.ended === undefined && !seat.visitor.readOnly) document.type(seat, lines)
        return { left: await inTime(this.desk.leave(id), leavePatienceMs) }
      }
      default:
        throw new Refusal(404, 'There is no such call.')
    }
  }

  /** `origins`: of pages that may frame it, beside the hosts. */
  #sendPage(response: ServerResponse, status: number, html: string, origins: readonly string[]): void {
    const frames = [
      ...this.hosts,
      ...origins.filter((origin) => /^https?:\/\/[a-z0-9.:[\]-]+$/i.test(origin)),
    ]
    const policy =
      `default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none';` +
      ` form-action 'none'; frame-ancestors 'self' ${frames.join(' ')}`
    response.writeHead(status, {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': policy,
    })
    response.end(html)
  }
}

function watch(response: ServerResponse, { seat, document }: Place): void {
  response.writeHead(200, { 'Content-Type': 'text/event-stream' })
  const send = (view: SeatView): void => void response.write(`data: ${JSON.stringify(view)}\n\n`)
  const stop = seat.watch(send)
  // A machine that fell asleep closes nothing: only writing to it finds out.
  const pulse = setInterval(() => void response.write(': still here\n\n'), pulseMs).unref()
  response.once('close', () => {
    clearInterval(pulse)
    stop()
  })
  send(document.view(seat))
}

async function sendAsset(response: ServerResponse, name: string): Promise<void> {
  const asset = await pageAsset(name)
  if (!asset) throw new Refusal(404, 'There is no such file.')
  response.writeHead(200, { 'Content-Type': asset.type, 'Cache-Control': 'no-cache' })
  response.end(asset.bytes)
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json' })
  response.end(JSON.stringify(body))
}

/** False when it takes longer; it goes on all the same. */
function inTime(work: Promise<unknown>, ms: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(false), ms)
    work.then(() => resolve(true), reject).finally(() => clearTimeout(timer))
  })
}
