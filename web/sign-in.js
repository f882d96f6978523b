// Opens with the code of a sign-in link behind the #, which no server ever sees in an address. Without one it waits:
// whoever signs in at another tab of this browser goes on from here.
import { base, callTandem, element, inWords } from './tandem-api.js'

/** As the server has it: compared as text, so that nobody is led away from here (W-07). */
const PAGE = /^\/(?:(?:edit|view)\/[\w-]{1,64}(?:\?[\w.%=&+-]{1,1500})?)?$/

/** To the other tabs of this browser. */
const others = new BroadcastChannel('tandem-sign-in')

async function signIn() {
  const code = location.hash.slice(1)
  if (code === '') return goOnIfSignedIn()
  // Out of the address bar and the history, whatever comes of it.
  history.replaceState(null, '', location.pathname + location.search)
  const before = await signedIn()
  const now = personIn(code)
  // Whoever made you open their own link would read what you upload next.
  if (
    before &&
    before.id !== now &&
    !confirm(`You are ${before.displayName} here. Sign in as ${now} instead?`)
  )
    return goOn()
  try {
    await callTandem('POST', '/sign-in', { code })
    others.postMessage('signed in')
    goOn()
  } catch (error) {
    element('problem').textContent = inWords(error)
  }
}

async function goOnIfSignedIn() {
  if (await signedIn()) goOn()
}

function goOn() {
  const to = new URLSearchParams(location.search).get('to') ?? '/'
  location.replace(base + (PAGE.test(to) ? to : '/'))
}

/** @returns {Promise<{ id: string, displayName: string } | undefined>} */
async function signedIn() {
  try {
    return await (await callTandem('GET', '/me')).json()
  } catch {
    return undefined
  }
}

/** @param {string} code a JWT; only to ask, so nothing is verified here */
function personIn(code) {
  try {
    const payload = (code.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/')
    return String(JSON.parse(atob(payload)).sub)
  } catch {
    return 'somebody else'
  }
}

addEventListener('hashchange', () => void signIn())
document.addEventListener('visibilitychange', () => void goOnIfSignedIn())
others.addEventListener('message', () => void goOnIfSignedIn())
await signIn()
