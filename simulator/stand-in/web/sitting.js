/**
 * @typedef {{ viewId: number, userId: string, name: string, readOnly: boolean }} PersonView
 * @typedef {{ text: string[], people: PersonView[], unsaved: boolean, status: string, ended?: string }} View
 */

/** The page's line to its editor service. */
export class Sitting {
  #address

  /** @param {string} id */
  constructor(id) {
    this.#address = `/sittings/${id}`
  }

  /**
   * @param {(view: View) => void} onView
   * @param {() => void} onLost when the service knows this page no more
   */
  watch(onView, onLost) {
    const events = new EventSource(`${this.#address}/events`)
    events.onmessage = ({ data }) => {
      const view = /** @type {View} */ (JSON.parse(String(data)))
      onView(view)
      if (view.ended !== undefined) events.close()
    }
    // A connection that breaks is made anew by the browser; one that is refused is closed.
    events.onerror = () => {
      if (events.readyState === EventSource.CLOSED) onLost()
    }
  }

  /** @param {string[]} lines */
  async type(lines) {
    await this.#call('changes', { lines })
  }

  /** @returns {Promise<boolean>} */
  async save() {
    return (await this.#call('save', {}))['saved'] === true
  }

  /** @param {string} token */
  async renewToken(token) {
    await this.#call('token', { token })
  }

  /**
   * @param {string[]} lines typed and not sent yet
   * @returns {Promise<boolean>} false when the host does not answer and it goes on without this page
   */
  async leave(lines) {
    return (await this.#call('leave', { lines }))['left'] === true
  }

  /**
   * The page goes, and nobody waits for an answer.
   * @param {string[]} lines typed and not sent yet
   */
  vanish(lines) {
    navigator.sendBeacon(`${this.#address}/leave`, JSON.stringify({ lines }))
  }

  /**
   * @param {string} name
   * @param {object} body
   * @returns {Promise<Record<string, unknown>>}
   */
  async #call(name, body) {
    // Kept alive: a page that is closed is to say its last words all the same.
    const answer = await fetch(`${this.#address}/${name}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
      keepalive: true,
    })
    const said = /** @type {Record<string, unknown>} */ (await answer.json())
    if (!answer.ok) throw new Error(String(said['error']))
    return said
  }
}
