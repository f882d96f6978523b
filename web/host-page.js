// The page around an editor (WOPI.md §15.3). It opens the editor with a fresh token, tells Tandem what happens in there,
// renews the token before it ends, and says why if the document can no longer be edited.
import { EditorFrame } from './editor-frame.js'
import { meaningOf } from './editor-messages.js'
import { Notice } from './notice.js'
import { Presence } from './presence.js'
import { base, callTandem, element, inWords, Refusal, signInAddress } from './tandem-api.js'
import { TokenLife } from './token-life.js'

/**
 * @typedef {{ fileId: string, name: string, mode: 'edit' | 'view', editor: string, origin: string,
 *   family: import('./editor-messages.js').Family, readOnly?: { code: string, text: string } }} Opening
 */

/** @type {Opening} */
const opening = JSON.parse(element('opening').textContent)
const { fileId, mode, editor, family, origin } = opening

const notice = new Notice(element('notice'))
const presence = new Presence(`${base}/wopi/files/${fileId}/presence/`, mode, {
  turnedAway: () => void tellWhyClosed(),
})
const frame = new EditorFrame(element('stage'), origin, (message) => hear(message))
const life = new TokenLife({ renew: () => renew(), signedOut: () => askToSignIn() })

async function open() {
  try {
    const token = await freshToken()
    presence.use(token.accessToken)
    frame.show(token)
    life.began(token)
    notice.say(opening.readOnly?.text)
  } catch (error) {
    if (error instanceof Refusal && error.status === 401) return location.assign(signInAddress())
    notice.say(inWords(error), { text: 'Try again', act: () => location.reload() })
  }
}

/** @returns {Promise<import('./token-life.js').Token>} */
async function freshToken() {
  const answer = await callTandem('POST', `/files/${fileId}/access-tokens`, { mode, editor })
  const token = await answer.json()
  // By Tandem's clock: the browser's may be wrong.
  const now = Date.parse(answer.headers.get('Date') ?? '')
  const ends = Date.now() + (token.accessTokenTtl - (Number.isNaN(now) ? Date.now() : now))
  return { ...token, endsAt: ends }
}

/**
 * Collabora takes a new token in place; the others are opened anew: by itself where nothing was typed since they were
 * opened, and when the person says so where something was.
 * @param {boolean} [agreed]
 */
async function renew(agreed) {
  if (family !== 'collabora' && !agreed && presence.mayHaveUnsaved) return askToReopen()
  try {
    const token = await freshToken()
    if (family === 'collabora') frame.post('Reset_Access_Token', { token: token.accessToken })
    else frame.show(token)
    presence.use(token.accessToken)
    life.began(token)
    notice.say(opening.readOnly?.text)
  } catch (error) {
    if (error instanceof Refusal && error.status === 403) return tellWhyClosed()
    if (error instanceof Refusal && error.status === 401) return askToSignIn()
    notice.say(`This session cannot be prolonged: ${inWords(error)}`, {
      text: 'Try again',
      act: () => void renew(agreed),
    })
  }
}

/** The editor goes on with the token that it has: nobody is led away from what they are writing. */
function askToSignIn() {
  notice.say(`You are no longer signed in. This document can be saved until ${life.endInWords}.`, {
    text: 'Sign in in another tab',
    act: () => window.open(`${base}/sign-in`, '_blank', 'noopener'),
  })
}

function askToReopen() {
  notice.say(
    `Your session ends at ${life.endInWords}. What you typed is being saved; then go on with a new one.`,
    {
      text: 'Go on',
      act: () => void renew(true),
    },
  )
}

/** @param {import('./editor-messages.js').EditorMessage} message */
function hear(message) {
  const meaning = meaningOf(message)
  switch (meaning?.kind) {
    case 'loading':
      frame.post('Host_PostmessageReady', {})
      return
    case 'loaded':
      frame.post('Host_PostmessageReady', {})
      presence.begin()
      if (family === 'collabora') frame.post('Get_Views', {})
      return
    case 'edited':
      return presence.edited()
    case 'modified':
      return presence.modified()
    case 'unmodified':
      return presence.unmodified()
    case 'people':
      return presence.together(meaning.userIds)
    case 'renamed':
      document.title = `${meaning.name} – Tandem`
      return
    case 'wants-to-edit':
      return location.assign(`${base}/edit/${fileId}`)
    case 'save-failed':
      return notice.say(NOT_SAVED)
    case 'saved':
      return notice.takeBack(NOT_SAVED, opening.readOnly?.text)
    case 'session-closed':
      life.stop()
      presence.left()
      return notice.say('The editor has ended this session.', reopen)
    case 'closed':
      life.stop()
      presence.left()
      // To one place of ours, whatever the message says (W-03, W-07).
      return location.assign(`${base}/`)
  }
}

const NOT_SAVED = 'The editor could not save. Do not close it before it says that all is saved.'
const reopen = { text: 'Open again', act: () => location.reload() }

/** Tandem no longer lets this token in. */
async function tellWhyClosed() {
  const { token } = presence
  try {
    const answer = await callTandem('GET', `/files/${fileId}/opening?mode=${mode}`)
    const { readOnly } = await answer.json()
    // Renewed meanwhile: that was about the old one.
    if (presence.token !== token) return
    life.stop()
    if (readOnly) notice.say(readOnly.text, { text: 'Go on reading', act: () => location.reload() })
    else notice.say('Your session was ended. What you typed since the last save may not be saved.', reopen)
  } catch (error) {
    if (presence.token !== token) return
    const gone = error instanceof Refusal && error.status === 404
    notice.say(
      gone ? 'This document is no longer shared with you.' : inWords(error),
      gone ? undefined : reopen,
    )
  }
}

addEventListener('pagehide', () => presence.left())
// Come back to by Back or Forward: a fresh frame with a fresh token (W-06).
addEventListener('pageshow', ({ persisted }) => {
  if (persisted) location.reload()
})
await open()
