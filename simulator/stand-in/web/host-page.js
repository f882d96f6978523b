/** The page of the WOPI host around this one, spoken to by postMessage (WOPI.md §15.4). */
export class HostPage {
  #origin
  #ready = false

  /**
   * @param {string} origin CheckFileInfo's PostMessageOrigin; empty: nothing is said, and nothing heard
   * @param {() => void} onReady
   * @param {(id: string, values: Record<string, unknown>) => void} onMessage
   */
  constructor(origin, onReady, onMessage) {
    this.#origin = window.parent === window ? '' : origin
    if (this.#origin === '') return
    window.addEventListener('message', (event) => {
      const { origin, source } = event
      if (origin !== this.#origin || source !== window.parent) return
      const message = parsed(event.data)
      if (message === undefined) return
      if (message.id !== 'Host_PostmessageReady') {
        if (this.#ready) onMessage(message.id, message.values)
        return
      }
      const wasReady = this.#ready
      this.#ready = true
      if (!wasReady) onReady()
    })
  }

  get listens() {
    return this.#ready
  }

  /**
   * Says nothing before the host page is ready, but how far loading has come.
   * @param {string} id
   * @param {unknown} values
   */
  say(id, values) {
    if (this.#origin === '' || !(this.#ready || id === 'App_LoadingStatus')) return
    const message = { MessageId: id, SendTime: Date.now(), Values: values }
    window.parent.postMessage(JSON.stringify(message), this.#origin)
  }
}

/**
 * @param {unknown} data
 * @returns {{ id: string, values: Record<string, unknown> } | undefined}
 */
function parsed(data) {
  if (typeof data !== 'string') return undefined
  try {
    const { MessageId: id, Values: values } = /** @type {Record<string, unknown>} */ (JSON.parse(data))
    if (typeof id !== 'string') return undefined
    return { id, values: typeof values === 'object' && values !== null ? { ...values } : {} }
  } catch {
    return undefined
  }
}
