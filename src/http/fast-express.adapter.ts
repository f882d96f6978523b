import { ExpressAdapter } from '@nestjs/platform-express'
import express, { type Express } from 'express'
import { IncomingMessage, Server, ServerResponse, type ServerOptions } from 'node:http'
import { ALWAYS, Answer, lingerAfterwards, writeAnswer } from './answer.js'
import { Connections } from './connections.js'

/**
 * Express swaps the prototypes of every request and response (`Object.setPrototypeOf`), which throws V8 off its fast
 * paths and costs most of what Express costs at all. Here requests and responses are born with the right prototypes,
 * so that the swap changes nothing: CheckFileInfo runs 2.7 times as fast (docs/adr/0004-fast-express-adapter.md).
 */
export class FastExpressAdapter extends ExpressAdapter {
  private connections: Connections | undefined

  constructor(
    private readonly serverOptions: ServerOptions,
    private readonly unread: { readonly longestMs: number; readonly ended: (connections: number) => void },
  ) {
    super(withoutExtras(express()))
  }

  override initHttpServer(): void {
    const app = this.getInstance<Express>()
    class Request extends IncomingMessage {}
    const isStopping = (): boolean => this.connections?.stopping ?? false
    class Response extends ServerResponse {
      // Every answer comes through here; the cast is for the shapes that Node allows.
      override writeHead(...head: unknown[]): this {
        if (isStopping()) {
          this.shouldKeepAlive = false
          lingerAfterwards(this)
        }
        return (super.writeHead as (...head: unknown[]) => this)(...head)
      }
    }
    adopt(Request.prototype, app.request)
    adopt(Response.prototype, app.response)
    Object.assign(app, { request: Request.prototype, response: Response.prototype })
    const server = new PatientServer(
      { ...this.serverOptions, IncomingMessage: Request, ServerResponse: Response as typeof ServerResponse },
      app,
    )
    this.connections = new Connections(server, this.unread.longestMs, this.unread.ended)
    this.httpServer = server
  }

  async closeDoor(): Promise<void> {
    await this.connections?.closeDoor()
  }

  /** Nobody new, and whoever is connected is sent away as soon as that cuts nothing. */
  override async close(): Promise<void> {
    await this.connections?.stop()
  }

  /** Answers that are complete already bypass Express's `send`, with its ETag, charset and type guessing. */
  override reply(response: ServerResponse, body: unknown, statusCode?: number): unknown {
    if (body instanceof Answer) {
      writeAnswer(response, body)
      return
    }
    for (const [name, value] of Object.entries(ALWAYS)) response.setHeader(name, value)
    return super.reply(response, body, statusCode) as unknown
  }

  /** Nest's own answer for a path that leads nowhere repeats the URL, and with it the access token in the query (L-01). */
  override setNotFoundHandler(): void {
    this.use((_request: IncomingMessage, response: ServerResponse) => {
      writeAnswer(response, new Answer(404))
    })
  }
}

/** Closing it leaves connections to `Connections`: Node would end those at once that are between two requests. */
class PatientServer extends Server {
  override closeIdleConnections(): void {
    return
  }
}

function withoutExtras(app: Express): Express {
  app.disable('x-powered-by')
  app.disable('etag')
  // Tokens are read from the raw query, once, strictly (presented-token.ts); nothing else on the hot path has one.
  app.set('query parser', 'simple')
  // `/wopi/Files/A` and `/wopi/files/A/` are no files of ours (RELIABILITY-SECURITY.md A-08).
  app.enable('case sensitive routing')
  app.enable('strict routing')
  return app
}

// Express keeps its own properties in two layers: the module's prototype and one per application, with `app` in it.
function adopt(prototype: object, own: object): void {
  const layers = [Object.getPrototypeOf(own) as object, own]
  for (const layer of layers) Object.defineProperties(prototype, Object.getOwnPropertyDescriptors(layer))
}
