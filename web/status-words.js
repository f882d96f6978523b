// What coauth-status says, in a person's words.

/**
 * @typedef {{ state: string, editors: { displayName: string, conflicted: boolean }[], viewerCount: number,
 *   unsavedChanges: 'yes' | 'no' | 'unknown', everyoneOutBy: string | null, recoveryItems: number }} CoauthStatus
 */

/** @param {CoauthStatus} status */
export function nowInWords({ state, editors, viewerCount, unsavedChanges, everyoneOutBy, recoveryItems }) {
  const sentences = []
  const names = editors.map(({ displayName }) => displayName)
  if (names.length > 0) sentences.push(`${inRow(names)} ${names.length === 1 ? 'is' : 'are'} editing`)
  if (viewerCount > 0)
    sentences.push(viewerCount === 1 ? '1 person is reading' : `${viewerCount} people are reading`)
  if (unsavedChanges === 'yes') sentences.push('changes are not saved yet')
  if (state === 'save-overdue') sentences.push('a save is overdue')
  if (state === 'save-failing') sentences.push(failing(everyoneOutBy))
  const conflicted = editors.filter(({ conflicted }) => conflicted).map(({ displayName }) => displayName)
  if (conflicted.length > 0) sentences.push(`in conflict: ${inRow(conflicted)}`)
  if (recoveryItems > 0) sentences.push(`refused saves to look at: ${recoveryItems}`)
  return sentences.join(' · ')
}

/** @param {string | null} outBy */
function failing(outBy) {
  if (outBy === null) return 'saves are refused'
  return `saves are refused; the session ends by ${new Date(outBy).toLocaleTimeString()}`
}

/** @param {string[]} names */
function inRow(names) {
  if (names.length < 2) return names.join('')
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
}
