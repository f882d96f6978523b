// Tells Tandem what this person does: the strongest source of co-authoring status (RELIABILITY-SECURITY.md §3.7).

/** Well within the shortest silence after which somebody counts as gone (5 minutes). */
const SIGN_OF_LIFE_MS = 60_000

export class Presence {
  #address
  #mode
  #turnedAway
  #token = ''
  #edited = false
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
    this.#edited = false
    if (before === '') return
    // In this order: the new token takes the old one's place only while that is there.
    void this.#say('here').then(() => this.#say('left', { token: before }))
    this.#keepSaying()
  }

  get token() {
    return this.#token
  }

  begin() {
    void this.#say('here')
    this.#keepSaying()
  }

  #keepSaying() {
    this.#timer ??= setInterval(() => this.#say('here'), SIGN_OF_LIFE_MS)
  }

  edited() {
    this.#edited = true
    if (this.#mode === 'edit') void this.#say('edited')
  }

  /** By whomever. */
  modified() {
    this.#edited = true
    if (this.#mode === 'edit') void this.#say('modified')
  }

  unmodified() {
    this.#edited = false
    if (this.#mode === 'edit') void this.#say('unmodified')
  }

  /** @param {string[]} userIds */
  together(userIds) {
    void this.#say('together', { body: { userIds } })
  }

  left() {
    if (this.#gone || this.#token === '') return
    void this.#say('left')
    this.#end()
  }

  #end() {
    this.#gone = true
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  /** Something was typed; Office tells of it every 5 minutes only, and never that it is saved. */
  get mayHaveUnsaved() {
    return this.#edited
  }

  /**
   * @param {string} event
   * @param {{ token?: string, body?: object }} [options]
   */
  async #say(event, { token = this.#token, body } = {}) {
    if (this.#gone) return
    await fetch(this.#address + event, {
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
        this.#end()
        this.#turnedAway()
      },
      // Tandem is away; the next sign of life comes soon.
      () => undefined,
    )
  }
}
