// The list of a person's documents, and who is editing them now.
import { base, callTandem, element, inWords, Refusal, signInAddress } from './tandem-api.js'
import { nowInWords } from './status-words.js'

const EVERY_MS = 5000

/**
 * @typedef {{ id: string, name: string, modifiedAt: string, modifiedBy: string, role: 'viewer' | 'editor' | 'owner',
 *   coauthStatus: import('./status-words.js').CoauthStatus | null }} Listed
 */

/** How many pages of the list are shown. */
let pages = 1

async function show() {
  try {
    const { items, more } = await list()
    showRows(items)
    element('empty').hidden = items.length > 0
    element('more').hidden = !more
    element('out-of-date').textContent = ''
  } catch (error) {
    if (error instanceof Refusal && error.status === 401) return location.assign(signInAddress())
    element('out-of-date').textContent = inWords(error)
  }
}

/** One look at a time, and more rarely where looking takes long. */
async function keepShowing() {
  const began = performance.now()
  if (!document.hidden) await show()
  setTimeout(() => void keepShowing(), Math.max(EVERY_MS, 10 * (performance.now() - began)))
}

/** What was shown last, by its order: whoever reads or tabs through the list loses their place only where it changes. */
let shown = new Map()

/** @param {Listed[]} items */
function showRows(items) {
  const next = new Map(items.map((item) => [item.id, JSON.stringify(item)]))
  const sameFiles = [...next.keys()].join() === [...shown.keys()].join()
  if (sameFiles) {
    const rows = element('documents').children
    items.forEach((item, i) => {
      if (next.get(item.id) !== shown.get(item.id)) rows[i]?.replaceWith(row(item))
    })
  } else element('documents').replaceChildren(...items.map(row))
  shown = next
}

/** @returns {Promise<{ items: Listed[], more: boolean }>} */
async function list() {
  /** @type {Listed[]} */
  const items = []
  let cursor = null
  for (let page = 0; page < pages; page++) {
    const after = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`
    const answer = await callTandem('GET', `/files?status=true${after}`)
    const { items: some, nextCursor } = await answer.json()
    items.push(...some)
    cursor = nextCursor
    if (cursor === null) break
  }
  return { items, more: cursor !== null }
}

/** @param {Listed} file */
function row({ id, name, modifiedAt, modifiedBy, role, coauthStatus }) {
  const tr = document.createElement('tr')
  tr.dataset['file'] = id
  const mayEdit = role !== 'viewer'
  const when = document.createElement('time')
  when.dateTime = modifiedAt
  when.textContent = new Date(modifiedAt).toLocaleString()
  tr.append(
    cell(link(`${mayEdit ? '/edit' : '/view'}/${id}`, name)),
    cell(when, ` by ${modifiedBy}`),
    cell(coauthStatus ? nowInWords(coauthStatus) : ''),
    cell(
      ...(mayEdit ? [link(`/view/${id}`, 'Read'), ' '] : []),
      link(`/api/v1/files/${id}/content`, 'Download'),
    ),
  )
  return tr
}

/** @param {(Node | string)[]} content */
function cell(...content) {
  const td = document.createElement('td')
  td.append(...content)
  return td
}

/**
 * @param {string} path
 * @param {string} text
 */
function link(path, text) {
  const a = document.createElement('a')
  a.href = base + path
  a.textContent = text
  return a
}

/** @param {Iterable<File>} files */
async function upload(files) {
  const problems = []
  for (const file of files) {
    try {
      await callTandem('POST', `/files?name=${encodeURIComponent(file.name)}`, file)
    } catch (error) {
      problems.push(`${file.name}: ${inWords(error)}`)
    }
  }
  element('problem').textContent = problems.join(' ')
  await show()
}

const chosen = /** @type {HTMLInputElement} */ (element('upload'))
chosen.addEventListener('change', () => {
  const files = [...(chosen.files ?? [])]
  chosen.value = ''
  void upload(files)
})
element('more').addEventListener('click', () => {
  pages++
  void show()
})
element('sign-out').addEventListener('click', () => {
  const question = 'Documents that you have open here can no longer be saved by you. Sign out?'
  if (!confirm(question)) return
  callTandem('POST', '/sign-out').then(
    () => location.assign(`${base}/sign-in`),
    (error) => (element('problem').textContent = inWords(error)),
  )
})
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) void show()
})
await keepShowing()
