import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { ROOT } from './cruise.js'

async function openingTransactions(folder: string): Promise<{ name: string; text: string }[]> {
  const names = await readdir(join(ROOT, 'src', folder), { recursive: true })
  const sources = await Promise.all(
    names
      .filter((name) => name.endsWith('.ts'))
      .map(async (name) => ({ name, text: await readFile(join(ROOT, 'src', folder, name), 'utf8') })),
  )
  return sources
    .filter(({ text }) => text.includes('.transaction('))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

/** Opens a session where nobody has one yet, and ends the caller's own: no right is asked for either. */
const WITHOUT_A_RIGHT = ['sign-in/sign-in.controller.ts']
/** Does by the clock what nobody asks for. */
const BY_ITSELF = ['files/bin-purger.ts']

it('at the REST face nobody changes anything past Changes, which asks for the right behind the row', async () => {
  const names = (await openingTransactions('api')).map(({ name }) => name)
  expect(names).toEqual([...BY_ITSELF, 'http/changes.ts', ...WITHOUT_A_RIGHT])
})

/** What was refused is kept: for want of a right, too. */
const KEEPS_THE_REFUSED = ['refused-saves.ts']

it.each([
  ['wopi', []],
  ['saving', KEEPS_THE_REFUSED],
])('in src/%s whatever opens a transaction asks for the right in it', async (folder, exceptions) => {
  const silent = (await openingTransactions(folder)).filter(
    ({ text }) => !/\b(requireStill|stillMay|mayStillEdit|roleOn)\(tx\b/.test(text),
  )
  expect(silent.map(({ name }) => name)).toEqual(exceptions)
})
