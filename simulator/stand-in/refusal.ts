/** Why the stand-in does not do what it was asked, for the person who asked. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    words: string,
  ) {
    super(words)
  }
}
