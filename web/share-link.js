// Takes up what a share link gives to the person who is signed in, and opens it.
import { base, callTandem, element, inWords } from './tandem-api.js'

try {
  const link = new URLSearchParams(location.search).get('share') ?? ''
  const answer = await callTandem('POST', '/share-links/redeem', { link })
  const { kind, id, role } = await answer.json()
  const page = role === 'viewer' ? 'view' : 'edit'
  // A container is a matter of the list, where what is in it appears now.
  location.replace(kind === 'file' ? `${base}/${page}/${id}` : `${base}/`)
} catch (error) {
  element('problem').textContent = inWords(error)
}
