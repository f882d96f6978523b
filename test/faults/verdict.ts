import type { Fault } from './fault.js'

/** Passes as long as the server does its daily work: with a fault that it notices nobody would ship. */
export const DAILY_WORK = 'test/faults/daily-work.test.ts'

/** As `vitest --reporter=json` writes it. */
export interface TestReport {
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    readonly message: string
    readonly assertionResults: readonly {
      readonly status: string
      readonly fullName: string
      readonly failureMessages: readonly string[] | null
    }[]
  }[]
}

export type Verdict =
  | { readonly kind: 'caught'; readonly by: string; readonly said: string }
  | { readonly kind: 'not-caught' }
  /** The run says nothing about the fault. */
  | { readonly kind: 'error'; readonly why: string }

/** A test that cannot be run has judged nothing. */
const NOT_RUN = /^(SyntaxError|ReferenceError)\b|Cannot find (module|package)|Failed to (load|resolve)/

/** What the run of a fault's tests says of it. A test that fails by its own word, or its own timeout, has caught it. */
export function verdictOf({ caughtBy }: Pick<Fault, 'caughtBy'>, { testResults }: TestReport): Verdict {
  const daily = testResults.find(({ name }) => name.endsWith(DAILY_WORK))
  if (daily?.status !== 'passed')
    return { kind: 'error', why: `not even the daily work is done with it: ${firstFailure(daily)}` }
  const judged = testResults.filter((file) => caughtBy.some((name) => file.name.endsWith(`/${name}`)))
  for (const { assertionResults } of judged) {
    const failed = assertionResults.find(({ status }) => status === 'failed')
    if (!failed) continue
    const said = firstLine(failed.failureMessages?.[0])
    return NOT_RUN.test(said)
      ? { kind: 'error', why: `"${failed.fullName}" could not be run: ${said}` }
      : { kind: 'caught', by: failed.fullName.trim(), said }
  }
  const broken = judged.find(({ status }) => status !== 'passed')
  if (broken) return { kind: 'error', why: `${broken.name} could not be run: ${firstLine(broken.message)}` }
  const missing = caughtBy.find((name) => !judged.some((file) => file.name.endsWith(`/${name}`)))
  if (missing) return { kind: 'error', why: `${missing} was not run` }
  return { kind: 'not-caught' }
}

function firstFailure(file: TestReport['testResults'][number] | undefined): string {
  const failed = file?.assertionResults.find(({ status }) => status === 'failed')
  return firstLine(failed?.failureMessages?.[0] ?? file?.message ?? 'it was not run')
}

function firstLine(text = ''): string {
  return (text.trim().split('\n', 1)[0] ?? '').slice(0, 200)
}
