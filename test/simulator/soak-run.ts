import { minute } from '../../simulator/application.js'
import type { CallTimes } from '../../simulator/call-times.js'
import type { Clock } from '../../simulator/clock.js'
import { excel } from '../../simulator/excel.js'
import { planVisits } from '../../simulator/plan.js'
import type { Appearance, DocumentResult } from '../../simulator/play.js'
import { playDocument } from '../../simulator/play.js'
import { powerpoint } from '../../simulator/powerpoint.js'
import { Random } from '../../simulator/random.js'
import { RestClient } from '../../simulator/rest-client.js'
import type { SessionEvent } from '../../simulator/session-event.js'
import type { Account, SharedFile } from '../../simulator/shared-file.js'
import { editorFor, shareNewFile } from '../../simulator/shared-file.js'
import { word } from '../../simulator/word.js'

export interface SoakOptions {
  readonly url: string
  readonly bearer: (user: string) => Promise<string>
  readonly documents: number
  /** On each document. */
  readonly editors: number
  readonly minutes: number
  /** Called for each document as the playing begins: its clock. */
  readonly clock: () => Clock
  readonly seed: string
  readonly calls?: CallTimes
  readonly report?: (event: SessionEvent) => void
  /** Everything is made, and the playing begins. */
  readonly onStart?: () => void
}

const applications = [word, excel('last-joined'), powerpoint]

/** People who come, type at realistic intervals and go, on many documents at once. */
export async function soak(options: SoakOptions): Promise<DocumentResult[]> {
  const { calls, documents, editors, minutes, report = () => undefined, seed } = options
  const random = new Random(seed)
  const accounts: Account[] = []
  for (let number = 1; number <= editors; number++) accounts.push(await accountOf(`person${number}`, options))
  const [owner, ...others] = accounts
  if (!owner) throw new Error('there is nobody to edit')
  const files: SharedFile[] = []
  for (let number = 0; number < documents; number++) {
    const application = applications[number % applications.length] ?? word
    files.push(await shareNewFile(application, `Soak ${seed} ${number}`, [owner, ...others]))
  }
  // All at once, hundreds would wait for the database longer than a server lets anybody wait.
  const casts: Appearance[][] = []
  for (const file of files) casts.push(await castFor(file, accounts, minutes, random))
  options.onStart?.()
  const wopi = calls ? { onCall: calls.record } : {}
  const results = files.map((file, index) =>
    playDocument({ clock: options.clock(), random, wopi, report }, file, casts[index] ?? []),
  )
  return Promise.all(results)
}

/**
 * What co-authoring status says although nothing of the kind happened; the clean play has no conflict, no refused save
 * and nobody who is late.
 */
export async function falseStates(url: string, adminBearer: string): Promise<string[]> {
  const headers = { authorization: `Bearer ${adminBearer}` }
  const answer = await fetch(`${url}/api/v1/admin/sessions?limit=1000`, { headers })
  const { items } = (await answer.json()) as { items: SessionSeen[] }
  if (items.length === 0) throw new Error('no session was seen at all')
  return items
    .filter(({ state, conflictedUsers }) => FALSE_STATES.has(state) || conflictedUsers.length > 0)
    .map(({ name, state }) => `${name} ${state}`)
}

interface SessionSeen {
  readonly name: string
  readonly state: string
  readonly conflictedUsers: readonly string[]
}

const FALSE_STATES: ReadonlySet<string> = new Set(['save-failing', 'save-overdue'])

async function accountOf(user: string, { bearer, url }: SoakOptions): Promise<Account> {
  const rest = new RestClient(url, await bearer(user))
  await rest.signIn()
  return { user, rest }
}

async function castFor(
  file: SharedFile,
  accounts: readonly Account[],
  minutes: number,
  random: Random,
): Promise<Appearance[]> {
  const visits = planVisits(accounts.length, minutes * minute, random.fork(file.name))
  return Promise.all(
    accounts.map(async (account, index) => ({
      person: atHost(await editorFor(account, file, account.user), account.rest.baseUrl),
      visits: visits[index] ?? [],
    })),
  )
}

/** A server under test is not reached by the public address that it gives out. */
function atHost({ name, access }: Appearance['person'], url: string): Appearance['person'] {
  return { name, access: { ...access, wopiSrc: `${url}${new URL(access.wopiSrc).pathname}` } }
}
