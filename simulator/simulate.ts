import { minute } from './application.js'
import type { Application } from './application.js'
import { bearerFromCommand } from './bearer-token.js'
import { CallTimes } from './call-times.js'
import { ScaledClock } from './clock.js'
import { excel } from './excel.js'
import { counted, narrate } from './narrator.js'
import { nativeTable } from './native/native-results.js'
import { requirePlus, simulateNative } from './native/simulate-native.js'
import { illustrated } from './office/illustrated.js'
import { planVisits } from './plan.js'
import type { Appearance, Stage } from './play.js'
import { playDocument } from './play.js'
import { powerpoint } from './powerpoint.js'
import { Random } from './random.js'
import { RestClient } from './rest-client.js'
import type { Judged } from './results.js'
import { lostChanges, problems, resultTable } from './results.js'
import { lostInCells } from './scenarios/cell-table.js'
import { cellsOf, playCells } from './scenarios/scenario-case.js'
import { reportCells } from './scenarios/report.js'
import type { Account, SharedFile } from './shared-file.js'
import { editorFor, shareNewFile } from './shared-file.js'
import { serveStandIn, startEditor, untilBelieved } from './simulate-editor.js'
import type { SimulateOptions } from './simulate-options.js'
import { readOptions, usage } from './simulate-options.js'
import type { StandInEditor } from './stand-in/stand-in-editor.js'
import { table } from './table.js'
import { word } from './word.js'

const firstNames = ['alice', 'bob', 'carol', 'dave', 'erin', 'frank', 'grace', 'heidi', 'ivan', 'judy']

type Accounts = [Account, ...Account[]]

async function simulate(options: SimulateOptions, editor?: StandInEditor): Promise<void> {
  const { native, documents, minutes, speed, seed } = options
  const people = native ?? options.people
  const applications = chosenApplications(options)
  say(
    `${counted(applications.length * documents, 'document')} with ${people} ${native === undefined ? 'people' : 'native clients'} each,` +
      ` ${minutes} minutes ${speed} times faster, on ${options.url} (seed ${seed})`,
  )
  const accounts = await signIn({ ...options, people })
  if (editor) await untilBelieved(editor, accounts[0], seed, say)
  if (native !== undefined) await requirePlus(accounts[0], seed, signing(editor))
  const random = new Random(seed)
  const files: SharedFile[] = []
  for (const application of applications) {
    for (let number = 1; number <= documents; number += 1) {
      files.push(await shareNewFile(application, `${application.label} ${seed} ${number}`, accounts))
    }
  }
  say(`Made ${files.map(({ name }) => name).join(', ')}`)

  const calls = new CallTimes()
  const casts = await Promise.all(
    files.map((file) => castFor(file, accounts, planVisits(people, minutes * minute, random))),
  )
  const tell = (line: string | undefined): void => {
    if (!options.quiet && line !== undefined) say(line)
  }
  const wopi = { onCall: calls.record, ...signing(editor) }
  const stage = { random, clock: new ScaledClock(speed), wopi }
  const conclusion = (results: string): void =>
    say(`\n${results}\n\n${table(['call', 'times', 'median', 'p99'], calls.rows())}\n`)
  if (native === undefined) {
    const told: Stage = { ...stage, report: (event) => tell(narrate(event, files)) }
    const results = await Promise.all(
      files.map((file, index) => playDocument(told, file, casts[index] ?? [])),
    )
    conclusion(resultTable(results))
    conclude(results)
  } else {
    const results = await simulateNative(stage, files, casts, tell)
    conclusion(nativeTable(results))
    conclude(results)
  }
}

async function playScenarios(options: SimulateOptions, editor?: StandInEditor): Promise<void> {
  const { application, seed, url, 'principal-rule': rule } = options
  const [A, B, C, owner] = await signIn({ ...options, people: 4 })
  if (!B || !C || !owner) throw new Error('The scenarios need four users: repeat --token USER=BEARER')
  const chosen = (name: string): boolean => application === 'all' || application === name
  const cells = cellsOf(rule).filter((cell) => chosen(cell.application.name))
  say(
    `${cells.length} cells of the six scenarios on ${url}: A is ${A.user}, B ${B.user}, C ${C.user} (seed ${seed})`,
  )
  const cast = { owner, roles: { A, B, C } }
  if (editor) await untilBelieved(editor, owner, seed, say)
  const production = {
    cast,
    wopi: signing(editor),
    random: new Random(seed),
    revocation: 'nothing-left',
  } as const
  const results = await playCells(production, cells, () => undefined)
  reportCells(results, say)
  say(`lost changes: ${lostInCells(results)}`)
  if (results.some(({ differences }) => differences.length > 0)) process.exitCode = 1
}

function signing(editor: StandInEditor | undefined): Stage['wopi'] {
  return editor ? { proofKeys: editor.proofKeys } : {}
}

function say(line: string): void {
  console.log(line)
}

function conclude(results: readonly (Judged & { tally: { delayedSaves: number } })[]): void {
  const found = problems(results)
  for (const problem of found.slice(0, 50)) say(`  PROBLEM  ${problem}`)
  if (found.length > 50) say(`  … and ${found.length - 50} more`)
  const delayed = results.reduce((sum, { tally }) => sum + tally.delayedSaves, 0)
  if (delayed > 0) say(`  ${counted(delayed, 'save')} had to wait because the host was not ready`)
  say(`lost changes: ${lostChanges(results)}`)
  if (found.length > 0) process.exitCode = 1
}

function chosenApplications(options: SimulateOptions): Application[] {
  const { application, native, 'principal-rule': rule } = options
  const all = [word, excel(rule), powerpoint].filter(
    ({ name }) => application === 'all' || application === name,
  )
  // In a document of a few lines there is nothing that need not be sent.
  return native === undefined ? all : all.map(illustrated)
}

async function signIn(options: SimulateOptions): Promise<Accounts> {
  const users = options.token.map((given) => {
    const at = given.indexOf('=')
    return { user: given.slice(0, at), bearer: given.slice(at + 1) }
  })
  if (users.length === 0) {
    for (let index = 0; index < options.people; index += 1) {
      const user = firstNames[index] ?? `person${index + 1}`
      users.push({ user, bearer: await bearerFromCommand(options['token-command'], user) })
    }
  }
  const accounts = users.map(({ user, bearer }) => ({ user, rest: new RestClient(options.url, bearer) }))
  for (const { rest } of accounts) await rest.signIn()
  const [first, ...others] = accounts
  if (!first) throw new Error('There is nobody to edit')
  return [first, ...others]
}

async function castFor(
  file: SharedFile,
  accounts: Accounts,
  visits: ReturnType<typeof planVisits>,
): Promise<Appearance[]> {
  const cast: Appearance[] = []
  for (const [index, visitsOfOne] of visits.entries()) {
    const account = accounts[index % accounts.length] ?? accounts[0]
    const tab = Math.floor(index / accounts.length) + 1
    const person = await editorFor(account, file, tab > 1 ? `${account.user}-${tab}` : account.user)
    cast.push({ person, visits: visitsOfOne })
  }
  return cast
}

try {
  const options = readOptions(process.argv.slice(2))
  if (options.help) console.log(usage)
  else if (options['stand-in']) await serveStandIn(options, say)
  else {
    const editor = await startEditor(options)
    await (options.scenarios ? playScenarios(options, editor) : simulate(options, editor)).finally(() =>
      editor?.close(),
    )
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
