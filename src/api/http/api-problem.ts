/** Everything the REST face refuses, with its status and title (RFC 9457). Documented in docs/errors.md. */
export const API_PROBLEMS = {
  'not-signed-in': [401, 'Not signed in'],
  'not-allowed': [403, 'Not allowed'],
  'cross-site': [403, 'Not from a page of Tandem'],
  'not-found': [404, 'Not found'],
  'no-such-link': [404, 'No such link'],
  'invalid-request': [400, 'Invalid request'],
  'invalid-name': [400, 'Invalid name'],
  'incomplete-body': [400, 'Incomplete body'],
  'name-taken': [409, 'Name taken'],
  'being-edited': [409, 'The file is being edited'],
  'version-moved': [412, 'The file has changed'],
  'body-too-large': [413, 'Too large'],
  'coding-unsupported': [415, 'Not in this form'],
  'version-required': [428, 'If-Match is required'],
  'storage-failed': [500, 'The storage is full or failing'],
  'content-damaged': [500, 'The stored content is damaged'],
  'internal-error': [500, 'Internal error'],
  'storage-busy': [503, 'The storage takes nothing now'],
  'too-many-downloads': [503, 'Too many downloads'],
  'too-many-streams': [503, 'Too many live streams'],
  'identity-provider-away': [503, 'The identity provider does not answer'],
  unavailable: [503, 'The database cannot answer now'],
} as const satisfies Record<string, readonly [number, string]>

export type ApiProblemCode = keyof typeof API_PROBLEMS

/** A refusal that the caller can act on: `detail` is one plain sentence. */
export class ApiProblem extends Error {
  constructor(
    readonly code: ApiProblemCode,
    readonly detail: string,
    readonly extra: Readonly<Record<string, unknown>> = {},
    readonly status: number = API_PROBLEMS[code][0],
  ) {
    super(detail)
  }
}
