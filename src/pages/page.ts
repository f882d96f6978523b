import { randomBytes } from 'node:crypto'
import { Answer } from '../http/answer.js'
import { Html, html } from './html.js'

export interface PageParts {
  readonly title: string
  /** Under `/web/`; a page without one is only read. */
  readonly script?: string
  readonly body: Html
  readonly bodyClass?: string
  /** Where an editor's page is shown, and gets its form from. */
  readonly frames?: readonly string[]
}

export interface PageSetting {
  /** The path below which Tandem lies at its public address; mostly empty. */
  readonly base: string
  readonly frameAncestors: readonly string[]
}

/** A page with everything forbidden that it does not need (W-01, W-04, W-05). */
export function pageAnswer(
  status: number,
  { title, script, body, bodyClass = '', frames }: PageParts,
  { base, frameAncestors }: PageSetting,
): Answer {
  const nonce = randomBytes(16).toString('base64')
  const run = html`<script type="module" nonce="${nonce}" src="${base}/web/${script ?? ''}"></script>`
  const { markup } = html`<!doctype html>
    <html lang="en" data-base="${base}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        <link rel="icon" href="${base}/web/icon.svg" />
        <link rel="stylesheet" href="${base}/web/style.css" />
        ${script === undefined ? '' : run}
      </head>
      <body class="${bodyClass}">
        ${body}
      </body>
    </html>`
  const policy = {
    'default-src': ["'none'"],
    'script-src': [`'nonce-${nonce}'`],
    'style-src': ["'self'"],
    'img-src': ["'self'"],
    'connect-src': ["'self'"],
    'base-uri': ["'none'"],
    'object-src': ["'none'"],
    'form-action': frames ?? ["'none'"],
    'frame-src': frames ?? ["'none'"],
    'frame-ancestors': ["'self'", ...frameAncestors],
  }
  return new Answer(
    status,
    {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': Object.entries(policy)
        .map(([directive, sources]) => `${directive} ${sources.join(' ')}`)
        .join('; '),
      'Cache-Control': 'no-cache, no-store',
      Expires: '-1',
      Pragma: 'no-cache',
    },
    markup,
  )
}
