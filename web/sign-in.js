// Opens with the code of a sign-in link behind the #, which no server ever sees in an address.
import { base, callTandem, element, inWords } from './tandem-api.js'

const PAGE = /^\/(?:(?:edit|view)\/[\w-]{1,64}(?:\?share=[\w.-]{1,128})?)?$/

async function signIn() {
  const code = location.hash.slice(1)
  if (code === '') return
  // Out of the address bar and the history, whatever comes of it.
  history.replaceState(null, '', location.pathname + location.search)
  try {
    await callTandem('POST', '/sign-in', { code })
    location.replace(base + wantedPage())
  } catch (error) {
    element('problem').textContent = inWords(error)
  }
}

/** As text, as the server does it: nobody is led away from here (W-07). */
function wantedPage() {
  const to = new URLSearchParams(location.search).get('to') ?? '/'
  return PAGE.test(to) ? to : '/'
}

// A link that is opened while this page is shown changes nothing but what is behind the #.
addEventListener('hashchange', () => void signIn())
await signIn()
