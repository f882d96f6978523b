import { dialectOf } from './host-dialects.js'
import { HostPage } from './host-page.js'
import { Sitting } from './sitting.js'
import { Typing } from './typing.js'

/** @typedef {import('./sitting.js').View} View */

const settings =
  /**
   * @type {{ sitting: string, family: string, readOnly: boolean, postMessageOrigin: string,
   *   closePostMessage: boolean, editNotificationPostMessage: boolean, closeUrl: string }}
   */
  (JSON.parse(element('settings').dataset['settings'] ?? '{}'))

const sitting = new Sitting(settings.sitting)
const area = document.querySelector('textarea')
const typing =
  area &&
  new Typing(
    area,
    async (lines) => {
      try {
        await sitting.type(lines)
        dialect.edited()
      } catch (error) {
        tell(error)
        throw error
      }
    },
    () => showSaved(),
  )

/** @type {View | undefined} */
let shown
/** Closed by its person, or put out. */
let over = false
/** By its person, so that there is nothing left to say. */
let closed = false

const host = new HostPage(
  settings.postMessageOrigin,
  () => dialect.hostReady(),
  (id, values) => dialect.heard(id, values),
)
const dialect = dialectOf(host, settings, {
  save: async () => {
    await typing?.flush()
    return sitting.save()
  },
  renewToken: (token) => sitting.renewToken(token).catch(tell),
  focus: () => area?.focus(),
  blur: () => area?.blur(),
})

element('close').addEventListener('click', () => void close())
window.addEventListener('pagehide', () => {
  // Even if this page seems to be out: browsers cut the events off before they say that the page goes.
  if (!closed) sitting.vanish(typing?.take() ?? [])
  closed = true
})
dialect.started()
sitting.watch(show, () => putOut('This page is not connected any more. Open the document again.'))

/** @param {View} view */
function show(view) {
  if (over) return
  const isFirst = shown === undefined
  shown = view
  showText(view.text.join('\n'))
  element('people').textContent = view.people
    .map(({ name, readOnly }) => (readOnly ? `${name} (reads)` : name))
    .join(', ')
  element('status').textContent = view.status
  showSaved()
  if (isFirst) dialect.loaded()
  if (view.ended !== undefined) putOut(view.ended)
}

/** @param {string} text */
function showText(text) {
  const place = element('document')
  if (place.textContent === text) return
  place.textContent = text
  // Changes come at the end.
  place.scrollTop = place.scrollHeight
}

function showSaved() {
  if (!shown) return
  const unsaved = shown.unsaved || (typing?.pending ?? false)
  element('saved').textContent = unsaved ? 'unsaved' : 'saved'
  dialect.shown(shown, unsaved)
}

/** @param {string} why */
function putOut(why) {
  if (over) return
  end(why)
  dialect.ended(why)
}

async function close() {
  if (over) return
  const lines = typing?.take() ?? []
  closed = true
  end('Closing …')
  try {
    const left = await sitting.leave(lines)
    element('status').textContent = left ? 'Closed.' : 'Closed; saving goes on, the host does not answer.'
    if (left) element('saved').textContent = 'saved'
  } catch (error) {
    tell(error)
  }
  if (dialect.closing()) return
  if (/^https?:\/\//i.test(settings.closeUrl)) (window.top ?? window).location.href = settings.closeUrl
}

/** @param {string} why */
function end(why) {
  over = true
  if (area) area.disabled = true
  element('close').setAttribute('disabled', '')
  element('status').textContent = why
}

/** @param {unknown} error */
function tell(error) {
  element('status').textContent = error instanceof Error ? error.message : String(error)
}

/** @param {string} id */
function element(id) {
  const found = document.getElementById(id)
  if (!found) throw new Error(`The page has no #${id}`)
  return found
}
