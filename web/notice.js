// One line above the editor, when there is something to say.

export class Notice {
  #element
  /** @type {string | undefined} */
  #said

  /** @param {HTMLElement} element */
  constructor(element) {
    this.#element = element
  }

  /**
   * @param {string | undefined} text nothing to say: the line goes away
   * @param {{ text: string, act: () => void }} [choice]
   */
  say(text, choice) {
    // Said again, it would take the button away from under somebody's finger.
    if (text === this.#said) return
    this.#said = text
    this.#element.hidden = text === undefined
    this.#element.replaceChildren(text ?? '')
    if (!choice) return
    const button = document.createElement('button')
    button.type = 'button'
    button.textContent = choice.text
    button.addEventListener('click', choice.act)
    this.#element.append(button)
  }

  /**
   * @param {string} text if that is what it says
   * @param {string | undefined} instead
   */
  takeBack(text, instead) {
    if (this.#said === text) this.say(instead)
  }
}
