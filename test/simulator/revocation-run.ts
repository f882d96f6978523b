import { Random } from '../../simulator/random.js'
import { RestClient } from '../../simulator/rest-client.js'
import type { Account } from '../../simulator/shared-file.js'
import { playMoment } from './revocation-moment.js'

export interface RevocationOptions {
  readonly moments: number
  readonly seed: string
  readonly sideBySide: number
  readonly urls: readonly [string, ...string[]]
  readonly bearer: (user: string) => Promise<string>
  /** Aborted, the run ends after the moments under way. */
  readonly enough?: AbortSignal
  readonly onMoment?: (soFar: RevocationReport) => void
}

export interface RevocationReport {
  moments: number
  duringSave: number
  acknowledged: number
  /** Bodies that the host refused; each one was kept unless `violations` says otherwise. */
  refused: number
  typed: number
  /** Changes that their editor never sent, because it was closed first. */
  neverSent: number
  everyoneOut: number
  oneOut: number
  readonly violations: string[]
}

/** Many sessions, each with a right removed at a random moment of it (RELIABILITY-SECURITY.md §3.2). */
export async function runRevocations(options: RevocationOptions): Promise<RevocationReport> {
  const { moments, seed, sideBySide, urls } = options
  const owner = await account('owner', options)
  const users = await Promise.all(['ann', 'ben', 'cem', 'dot'].map((user) => account(user, options)))
  const report = emptyReport()
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < moments && !options.enough?.aborted) {
      const random = new Random(`${seed}/${next++}`)
      const moment = await playMoment({ owner, users, urls }, random)
      const removed = moment.events.filter(({ kind }) => kind === 'removed').length
      report.moments += 1
      report.duringSave += moment.duringSave ? 1 : 0
      report.acknowledged += moment.acknowledged
      report.refused += moment.refused
      report.typed += moment.typed
      report.neverSent += moment.neverSent
      report.everyoneOut += moment.refused > 0 ? 1 : 0
      report.oneOut += moment.refused === 0 && removed > 0 ? 1 : 0
      report.violations.push(...moment.violations)
      options.onMoment?.(report)
    }
  }
  await Promise.all(Array.from({ length: sideBySide }, worker))
  return report
}

async function account(user: string, { bearer, urls }: RevocationOptions): Promise<Account> {
  const rest = new RestClient(urls[0], await bearer(user))
  await rest.signIn()
  return { user, rest }
}

function emptyReport(): RevocationReport {
  return {
    moments: 0,
    duringSave: 0,
    acknowledged: 0,
    refused: 0,
    typed: 0,
    neverSent: 0,
    everyoneOut: 0,
    oneOut: 0,
    violations: [],
  }
}
