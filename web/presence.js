// Tells Tandem what this person does: the strongest source of co-authoring status (DESIGN.md §6).

/** Well within the shortest silence after which somebody counts as gone (5 minutes). */
const SIGN_OF_LIFE_MS = 60_000
/** After the last edit an editor has saved by then, whichever it is. */
const SAVED_AFTER_MS = 5 * 60_000

export class Presence {
  #address
  #mode
  #turnedAway
  #token = ''
  #editedAt = -Infinity
  #gone = false
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer

  /**
   * @param {string} address
   * @param {'edit' | 'view'} mode
   * @param {{ turnedAway: () => void }} told
   */
  constructor(address, mode, { turnedAway }) {
    this.#address = address
    this.#mode = mode
    this.#turnedAway = turnedAway
  }

  /** @param {string} token from now on; the one before is done with */
  use(token) {
    const before = this.#token
    this.#token = token
    this.#gone = false
    if (before === '') return
    this.#say('here')
    this.#say('left', { token: before })
  }

  begin() {
    this.#say('here')
    this.#timer ??= setInterval(() => this.#say('here'), SIGN_OF_LIFE_MS)
  }

  edited() {
    this.#editedAt = Date.now()
    if (this.#mode === 'edit') this.#say('edited')
  }

  unmodified() {
    this.#editedAt = -Infinity
    if (this.#mode === 'edit') this.#say('unmodified')
  }

  /** @param {string[]} userIds */
  together(userIds) {
    this.#say('together', { body: { userIds } })
  }

  left() {
    if (this.#gone || this.#token === '') return
    this.#say('left')
    this.#gone = true
  }

  /** Something was typed that may not be saved yet. */
  get mayHaveUnsaved() {
    return Date.now() - this.#editedAt < SAVED_AFTER_MS
  }

  /**
   * @param {string} event
   * @param {{ token?: string, body?: object }} [options]
   */
  #say(event, { token = this.#token, body } = {}) {
    if (this.#gone) return
    fetch(this.#address + event, {
      method: 'POST',
      headers: { Authorization: `Bearer ${token}` },
      body: body ? JSON.stringify(body) : null,
      credentials: 'omit',
      // The last word is said while the page goes away.
      keepalive: true,
    }).then(
      ({ status }) => {
        const refused = status === 401 || status === 404
        if (!refused || token !== this.#token || this.#gone) return
        this.#gone = true
        clearInterval(this.#timer)
        this.#timer = undefined
        this.#turnedAway()
      },
      // Tandem is away; the next sign of life comes soon.
      () => undefined,
    )
  }
}
