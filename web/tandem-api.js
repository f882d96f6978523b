// The pages' way to /api/v1, signed in by the browser's cookie.

export const base = document.documentElement.dataset['base'] ?? ''

/** What Tandem refused, with its reason in words. */
export class Refusal extends Error {
  /**
   * @param {number} status
   * @param {string} detail
   */
  constructor(status, detail) {
    super(detail)
    this.status = status
  }
}

/**
 * @param {'GET' | 'POST' | 'PUT' | 'DELETE'} method
 * @param {string} path below /api/v1
 * @param {unknown} [body] bytes go as they are, anything else as JSON
 * @returns {Promise<Response>}
 * @throws {Refusal} status 0 when no answer came
 */
export async function callTandem(method, path, body) {
  const raw = body instanceof Blob
  /** @type {RequestInit} */
  const request = { method, headers: { 'X-Tandem-Page': '1' }, credentials: 'same-origin', redirect: 'error' }
  if (body !== undefined) request.body = raw ? body : JSON.stringify(body)
  let answer
  try {
    answer = await fetch(`${base}/api/v1${path}`, request)
  } catch {
    throw new Refusal(0, 'Tandem cannot be reached.')
  }
  if (answer.ok) return answer
  throw new Refusal(answer.status, await reasonIn(answer))
}

/** @param {Response} answer */
async function reasonIn(answer) {
  try {
    const { detail } = await answer.json()
    if (typeof detail === 'string') return detail
  } catch {
    // A proxy's own page, as a rule.
  }
  return `Tandem answered ${answer.status}.`
}

/** Where one signs in, and goes on from to where one is now. */
export function signInAddress() {
  const here = location.pathname.slice(base.length) + location.search
  return `${base}/sign-in?to=${encodeURIComponent(here)}`
}

/**
 * @param {string} id of an element that the page has
 * @returns {HTMLElement}
 */
export function element(id) {
  const found = document.getElementById(id)
  if (!found) throw new Error(`the page has no #${id}`)
  return found
}

/** @param {unknown} error */
export function inWords(error) {
  return error instanceof Error ? error.message : String(error)
}
