/** Purposes never mix: a WOPI token is no bearer token, nor the other way round (RELIABILITY-SECURITY.md T-05). */
export const WOPI_AUDIENCE = 'tandem-wopi'
export const FILE_URL_AUDIENCE = 'tandem-file-url'
export const API_AUDIENCE = 'tandem-api'
export const SIGN_IN_AUDIENCE = 'tandem-sign-in'
