const pauseMs = 1000

/** Makes changes of what is typed: one for each line, when it ends or when its writer pauses. */
export class Typing {
  #area
  #send
  #onChange
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #pause
  /** One after the other, so that lines stay in order. */
  #sending = Promise.resolve()
  #onTheWay = 0

  /**
   * @param {HTMLTextAreaElement} area
   * @param {(lines: string[]) => Promise<void>} send
   * @param {() => void} onChange
   */
  constructor(area, send, onChange) {
    this.#area = area
    this.#send = send
    this.#onChange = onChange
    area.addEventListener('input', (event) => {
      if (!(event instanceof InputEvent && event.isComposing)) this.#typed()
    })
    area.addEventListener('compositionend', () => this.#typed())
    // Somebody may have been quicker than this script; the rest of the page must be there to take it.
    setTimeout(() => {
      if (area.value !== '') this.#typed()
    })
  }

  /** Whether something was typed that the editor service does not have yet. */
  get pending() {
    return this.#onTheWay > 0 || this.#area.value !== ''
  }

  /** Sends what there is; fulfilled when it has arrived, or did not. */
  flush() {
    const lines = this.take()
    if (lines.length > 0) this.#deliver(lines)
    return this.#sending
  }

  /** @returns {string[]} what nobody has sent yet, which is the caller's from now on */
  take() {
    clearTimeout(this.#pause)
    const lines = this.#area.value.split('\n').filter((line) => line !== '')
    this.#area.value = ''
    return lines
  }

  #typed() {
    const rest = this.#area.value.slice(this.#area.value.lastIndexOf('\n') + 1)
    if (rest !== this.#area.value) {
      const lines = this.take()
      if (rest !== '') this.#area.value = lines.pop() ?? ''
      if (lines.length > 0) this.#deliver(lines)
    }
    this.#wait()
    this.#onChange()
  }

  #wait() {
    clearTimeout(this.#pause)
    this.#pause = setTimeout(() => void this.flush(), pauseMs)
  }

  /** @param {string[]} lines */
  #deliver(lines) {
    this.#onTheWay += 1
    this.#sending = this.#sending.then(async () => {
      try {
        await this.#send(lines)
      } catch {
        // Back to where it was typed, and once more after a pause.
        this.#area.value = [...lines, this.#area.value].join('\n')
        if (!this.#area.disabled) this.#wait()
      }
      this.#onTheWay -= 1
      this.#onChange()
    })
  }
}
