// The editor's page in its frame: how it gets its token, and how messages go to and fro (WOPI.md §15.3, §15.4).

/** What an editor needs and no more; above all not to lead this page away by itself. */
const ALLOWED = [
  'allow-scripts',
  'allow-same-origin',
  'allow-forms',
  'allow-popups',
  'allow-popups-to-escape-sandbox',
  'allow-modals',
  'allow-downloads',
  'allow-top-navigation-by-user-activation',
].join(' ')

/** No editor says more at once. */
const LONGEST_MESSAGE = 64 * 1024

/** As far as the editor's address takes it; some are long. */
const LONGEST_PASSED_ON = 512

export class EditorFrame {
  /** @type {HTMLIFrameElement | undefined} */
  #iframe
  #stage
  #origin

  /**
   * @param {HTMLElement} stage
   * @param {string} origin of the editor, as Tandem says
   * @param {(message: import('./editor-messages.js').EditorMessage) => void} hear
   */
  constructor(stage, origin, hear) {
    this.#stage = stage
    this.#origin = origin
    addEventListener('message', (event) => {
      // From the editor's origin, and from our frame: not from a window that it opened, nor one beside it (W-03).
      if (event.origin !== origin || !this.#iframe || event.source !== this.#iframe.contentWindow) return
      const message = read(event.data)
      if (message) hear(message)
    })
  }

  /**
   * Made by script each time: browsers would bring back an old one with an old token (W-06).
   * @param {{ actionUrl: string, accessToken: string, accessTokenTtl: number }} token
   */
  show({ actionUrl, accessToken, accessTokenTtl }) {
    if (new URL(actionUrl).origin !== this.#origin)
      throw new Error('the editor has moved; open the document again')
    const iframe = document.createElement('iframe')
    iframe.name = `editor-${crypto.getRandomValues(new Uint32Array(2)).join('-')}`
    iframe.title = 'Editor'
    iframe.setAttribute('sandbox', ALLOWED)
    iframe.allow = 'clipboard-read *; clipboard-write *; fullscreen *'
    this.#stage.replaceChildren(iframe)
    this.#iframe = iframe
    const form = document.createElement('form')
    form.method = 'post'
    form.action = withWdParameters(actionUrl)
    form.target = iframe.name
    form.hidden = true
    form.append(field('access_token', accessToken), field('access_token_ttl', String(accessTokenTtl)))
    document.body.append(form)
    form.submit()
    // The token stays in nothing that other scripts or a saved page could read (W-05).
    form.remove()
  }

  /**
   * @param {string} MessageId
   * @param {Record<string, unknown>} Values
   */
  post(MessageId, Values) {
    const message = JSON.stringify({ MessageId, SendTime: Date.now(), Values })
    this.#iframe?.contentWindow?.postMessage(message, this.#origin)
  }
}

/** @param {unknown} data */
function read(data) {
  if (typeof data !== 'string' || data.length > LONGEST_MESSAGE) return undefined
  try {
    const { MessageId, Values } = JSON.parse(data)
    if (typeof MessageId !== 'string') return undefined
    return { id: MessageId, values: typeof Values === 'object' && Values !== null ? Values : {} }
  } catch {
    return undefined
  }
}

/**
 * Links into a document, such as to a comment, carry parameters for the editor (WOPI.md §15.3). They change nothing
 * before the `?`, and none can be given twice.
 * @param {string} actionUrl
 */
function withWdParameters(actionUrl) {
  const url = new URL(actionUrl)
  for (const [name, value] of new URLSearchParams(location.search)) {
    if (!/^wd[A-Za-z0-9]{1,32}$/.test(name) || value.length > LONGEST_PASSED_ON || url.searchParams.has(name))
      continue
    url.search += `${url.search === '' ? '?' : '&'}${name}=${encodeURIComponent(value)}`
  }
  return url.href
}

/**
 * @param {string} name
 * @param {string} value
 */
function field(name, value) {
  const input = document.createElement('input')
  input.type = 'hidden'
  input.name = name
  input.value = value
  return input
}
