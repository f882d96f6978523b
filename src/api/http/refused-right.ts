import { ApiProblem, type ApiProblemCode } from './api-problem.js'

/** A refusal for want of a right, which the audit has: the object exists, though the caller may be told that it does not. */
export class RefusedRight extends ApiProblem {
  constructor(
    code: Extract<ApiProblemCode, 'not-found' | 'not-allowed'>,
    detail: string,
    readonly objectId: string,
  ) {
    super(code, detail)
  }
}

/** A sign-in that was refused. */
export class RefusedSignIn extends ApiProblem {
  /** @param userId whose sign-in link it was, if it ever was one */
  constructor(
    detail: string,
    readonly userId: string | undefined,
  ) {
    super('not-signed-in', detail)
  }
}
