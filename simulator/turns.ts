/**
 * Lets one piece of work run at a time, in the order of asking. An editor service talks to the host about one
 * document in one voice. Work must not sleep while it has the turn: a virtual clock would stand still for
 * ever.
 */
export class Turns {
  #last: Promise<unknown> = Promise.resolve()

  take<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#last.then(work)
    this.#last = mine.catch(() => undefined)
    return mine
  }
}
