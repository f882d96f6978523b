import { escapeXml } from '../office/xml-text.js'
import type { Place } from './document-registry.js'

/** For the page's script: who it acts for, and what it may tell the page around it. */
export interface PageSettings {
  readonly sitting: string
  readonly family: string
  readonly viewId: number
  readonly readOnly: boolean
  readonly postMessageOrigin: string
  readonly closePostMessage: boolean
  readonly editNotificationPostMessage: boolean
  readonly closeUrl: string
}

/** The access token is none of it: what a page does not know, it cannot leak. */
export function editorPage({ seat }: Place): string {
  const { info, family, readOnly } = seat.visitor
  const settings: PageSettings = {
    sitting: seat.id,
    family,
    viewId: seat.viewId,
    readOnly,
    postMessageOrigin: info.PostMessageOrigin,
    closePostMessage: info.ClosePostMessage,
    editNotificationPostMessage: info.EditNotificationPostMessage,
    closeUrl: info.CloseUrl,
  }
  const title = escapeXml(info.BaseFileName)
  const typing = readOnly
    ? '<p id="read-only">You may read this document, not change it.</p>'
    : '<textarea id="typing" rows="4" aria-label="What you type" placeholder="Each line becomes a change"></textarea>'
  return page(
    title,
    `<header><h1>${title}</h1><span id="saved" role="status"></span><button id="close" type="button">Close</button></header>
<p>Here: <span id="people"></span></p>
<pre id="document" tabindex="0" aria-label="The document"></pre>
${typing}
<p id="status" role="status">Opening …</p>
<script type="module" src="/assets/editor.js" data-settings="${escapeXml(JSON.stringify(settings))}" id="settings"></script>`,
  )
}

export function refusalPage(words: string): string {
  return page(
    'The document could not be opened',
    `<h1>The document could not be opened</h1><p id="status" role="alert">${escapeXml(words)}</p>`,
  )
}

function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} – stand-in editor</title>
<link rel="stylesheet" href="/assets/editor.css">
</head>
<body>
${body}
</body>
</html>
`
}
