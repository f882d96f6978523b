import type { INestApplication } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { AppModule } from './app.module.js'
import type { Settings } from './config/settings.js'
import { ALWAYS } from './http/answer.js'
import { FastExpressAdapter } from './http/fast-express.adapter.js'
import { serveWebFolder } from './http/web-folder.js'
import { Logger } from './logging/logger.js'

/** Slower uploads than this many bytes a second are cut off. */
const SLOWEST_UPLOAD = 64 * 1024

/** The whole application, for `main` and for every test. The caller listens and closes. */
export async function createApp(settings: Settings, logger: Logger): Promise<INestApplication> {
  const serverOptions = {
    // Metadata of co-authoring locks, tokens and proofs travel in headers (WOPI.md §12.2).
    maxHeaderSize: 64 * 1024,
    headersTimeout: 60_000,
    // Node's default of 5 minutes cuts every upload that takes longer (RELIABILITY-SECURITY.md D-03).
    requestTimeout: 300_000 + Math.ceil((settings.maxFileSizeBytes / SLOWEST_UPLOAD) * 1000),
    // Longer than the idle time of any proxy in front, or it would reuse a connection that is being closed.
    keepAliveTimeout: 75_000,
  }
  const adapter = new FastExpressAdapter(serverOptions, {
    longestMs: settings.downloadIdleMs,
    ended: (connections) => {
      const facts = { event: 'unread-ended', connections }
      logger.warn(facts, 'connections were ended whose clients took nothing of what they were sent')
    },
  })
  serveWebFolder(adapter)
  const app = await NestFactory.create(AppModule.with(settings, logger), adapter, {
    // The default parser turns a PutFile that is sent as JSON into zero bytes (WOPI.md §2.3).
    bodyParser: false,
    logger,
    abortOnError: false,
  })
  documentRest(app)
  await app.init()
  return app
}

function documentRest(app: INestApplication): void {
  const always = (_request: IncomingMessage, response: ServerResponse, next: () => void): void => {
    for (const [name, value] of Object.entries(ALWAYS)) response.setHeader(name, value)
    next()
  }
  app.use(['/api/docs', '/api/openapi.json', '/api/openapi.yaml'], always)
  // Its pages are Swagger's own and bring their scripts; framed by another site they are no use to anybody (W-04).
  app.use('/api/docs', (_request: IncomingMessage, response: ServerResponse, next: () => void) => {
    const policy = "frame-ancestors 'none'; base-uri 'none'; object-src 'none'; form-action 'none'"
    response.setHeader('Content-Security-Policy', policy)
    next()
  })
  const outline = new DocumentBuilder().setTitle('Tandem').setVersion('1').addBearerAuth().build()
  SwaggerModule.setup('api/docs', app, () => SwaggerModule.createDocument(app, outline), {
    jsonDocumentUrl: 'api/openapi.json',
    yamlDocumentUrl: 'api/openapi.yaml',
  })
}
