/** Nobody can be recognised now who was not before: the identity provider has not answered yet. */
export class IssuerAway extends Error {
  constructor(why: string) {
    super(`the identity provider cannot be asked: ${why}`)
  }
}
