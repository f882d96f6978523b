/** Everything that a WOPI call can be refused for, with its status (WOPI.md §2.6). Documented in docs/errors.md. */
export const WOPI_ERRORS = {
  'proof-invalid': 500,
  'not-signed-in': 401,
  'token-invalid': 401,
  'token-expired': 401,
  'token-revoked': 401,
  'token-of-other-file': 401,
  'no-such-file': 404,
  'no-such-container': 404,
  'no-right': 404,
  'right-lost': 404,
  'header-repeated': 400,
  'header-missing': 400,
  'header-invalid': 400,
  'name-invalid': 400,
  'body-invalid': 400,
  'body-incomplete': 400,
  'chunk-missing': 400,
  'coding-unsupported': 415,
  'container-not-empty': 409,
  'upload-session-gone': 410,
  'body-too-large': 413,
  'larger-than-expected': 412,
  'operation-unknown': 501,
  'operation-not-offered': 501,
  'storage-failed': 500,
  'content-damaged': 500,
  'internal-error': 500,
  'identity-provider-away': 503,
  'database-unavailable': 503,
  'storage-busy': 503,
  'too-many-downloads': 503,
} as const

export type WopiErrorCode = keyof typeof WOPI_ERRORS

/**
 * A refusal. `message` is for the operator's log and never goes to the client of a 401 or 404; `headers` are sent as they
 * are, so free text in them goes through `headerText` first.
 */
export class WopiError extends Error {
  constructor(
    readonly code: WopiErrorCode,
    message: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message)
  }

  get status(): number {
    return WOPI_ERRORS[this.code]
  }
}
