import { ScaledClock } from './clock.js'
import { sceneMinutes, scenes, users } from './demo-cast.js'
import type { Scene, User } from './demo-cast.js'
import { editorsSetting, startDemoEditor, untilEditorIsKnown } from './demo-editor.js'
import { DemoServer, freePort } from './demo-server.js'
import { highlights } from './highlights.js'
import { counted, narrate } from './narrator.js'
import type { Appearance, DocumentResult, Stage } from './play.js'
import { playDocument } from './play.js'
import { Random } from './random.js'
import { RestClient } from './rest-client.js'
import { lostChanges, problems, resultTable } from './results.js'
import { lostInCells } from './scenarios/cell-table.js'
import type { CellResult } from './scenarios/scenario-case.js'
import { cellsOf, playCells } from './scenarios/scenario-case.js'
import { reportCells } from './scenarios/report.js'
import type { Account, SharedFile } from './shared-file.js'
import { editorFor, shareNewFile } from './shared-file.js'
import type { StandInEditor } from './stand-in/stand-in-editor.js'

const speed = 60

type Accounts = Record<User, Account>

let stopping = false

async function demonstrate(server: DemoServer, { proofKeys }: StandInEditor): Promise<void> {
  const database =
    process.env['DATABASE_URL'] === undefined ? 'a PostgreSQL of its own' : 'the given database'
  say(`Starting Tandem at ${server.url} with ${database} …`)
  const startedAt = Date.now()
  await server.ready((seconds) => say(`  still starting (${seconds} s)`))
  say(`Tandem is ready after ${counted(Math.round((Date.now() - startedAt) / 1000), 'second')}.\n`)

  const accounts = await signIn(server)
  const documents = await playScenes(accounts, { proofKeys })
  const cells = await playScenarios(accounts, { proofKeys })
  say(`\nlost changes: ${lostChanges(documents) + lostInCells(cells)}`)
}

async function playScenes(accounts: Accounts, wopi: Stage['wopi']): Promise<DocumentResult[]> {
  const files: SharedFile[] = []
  for (const scene of scenes) files.push(await prepare(scene, accounts))
  const names = files.map(({ name }) => name)
  say(
    `Made ${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}, which Alice, Bob, Carol and Dave may edit.`,
  )
  say(`Now scripted editors work on them for ${sceneMinutes} minutes, played ${speed} times faster.`)
  say('Word and PowerPoint save with the token of whoever changed last, Excel with that of the last to join.')
  say('The first column is the time in that session (minutes:seconds).\n')

  const report = highlights((event) => {
    const line = narrate(event, files)
    if (line !== undefined && !stopping) say(line)
  })
  const casts = await Promise.all(scenes.map((scene, index) => castFor(scene, files[index], accounts)))
  const stage = { clock: new ScaledClock(speed), random: new Random('demo'), wopi, report }
  const results = await Promise.all(files.map((file, index) => playDocument(stage, file, casts[index] ?? [])))
  say(`\n${resultTable(results)}\n`)
  const found = problems(results)
  for (const problem of found) say(`  PROBLEM  ${problem}`)
  if (found.length > 0) process.exitCode = 1
  return results
}

async function playScenarios(
  { alice, bob, carol, dave }: Accounts,
  wopi: Stage['wopi'],
): Promise<CellResult[]> {
  const cells = cellsOf('last-joined')
  say("Now the six scenarios of Microsoft's documents, in each application: what becomes of a session when")
  say("people come, go and lose the right to edit. A is Alice, B Bob, C Carol; the documents are Dave's.")
  say(
    `Time jumps from one appointment to the next here: ${cells.length} cells of 20 minutes take some seconds.`,
  )
  const cast = { owner: dave, roles: { A: alice, B: bob, C: carol } }
  const production = { cast, random: new Random('demo'), wopi, revocation: 'nothing-left' } as const
  let played = 0
  const results = await playCells(production, cells, () => {
    played += 1
    if (played % 6 === 0 && !stopping) say(`  ${played} of ${cells.length} played`)
  })
  reportCells(results, say)
  if (results.some(({ differences }) => differences.length > 0)) process.exitCode = 1
  return results
}

async function signIn(server: DemoServer): Promise<Accounts> {
  const accountOf = async (user: User): Promise<[User, Account]> => {
    const rest = new RestClient(server.url, await server.bearer(user))
    await rest.signIn()
    return [user, { user, rest }]
  }
  const admin = new RestClient(server.url, await server.bearer('root', 'admin'))
  await admin.signIn()
  await untilEditorIsKnown(admin)
  return Object.fromEntries(await Promise.all(users.map(accountOf))) as Accounts
}

function prepare({ application, title, visits }: Scene, accounts: Accounts): Promise<SharedFile> {
  const [owner = 'alice', ...others] = visits.map(([user]) => user)
  return shareNewFile(application, title, [accounts[owner], ...others.map((user) => accounts[user])])
}

async function castFor(
  scene: Scene,
  file: SharedFile | undefined,
  accounts: Accounts,
): Promise<Appearance[]> {
  if (!file) return []
  return Promise.all(
    scene.visits.map(async ([user, visit]) => ({
      person: await editorFor(accounts[user], file, user),
      visits: [visit],
    })),
  )
}

async function explainWhatNext(server: DemoServer, editor: StandInEditor): Promise<void> {
  const { DATA_DIR: dataDir } = process.env
  const token = `${dataDir === undefined ? '' : `DATA_DIR=${dataDir} `}npm run --silent token -- alice`
  const link = `PORT=${new URL(server.url).port} ${token} --link`
  say(`
Tandem stays up at ${server.url} until you press Ctrl-C. Open it in a browser, in two windows that know
nothing of each other (one of them private), as two people. Each link signs in once, in the next 15 minutes:
  Alice:                ${await server.signInLink('alice')}
  Bob:                  ${await server.signInLink('bob')}
  again:                ${link}
Documents open in an editor at ${editor.origin}, which stands in for Office until you have one.
  a token for Alice:    ${token}
  a token for an admin: ${token.replace('alice', 'root --role admin')}
  Alice's documents:    curl -H "Authorization: Bearer $(${token})" ${server.url}/api/v1/files
  the whole interface:  ${server.url}/api/docs
  more editors:         npm run simulate -- --help`)
}

function say(text: string): void {
  console.log(text)
}

async function stopAndExit(
  server: DemoServer | undefined,
  editor: StandInEditor | undefined,
  status: number,
): Promise<never> {
  stopping = true
  // First the editor: what people typed is saved while there is a server.
  await editor?.close()
  await server?.stop()
  process.exit(status)
}

async function main(): Promise<void> {
  let server: DemoServer | undefined
  let editor: StandInEditor | undefined
  try {
    const port = await freePort(process.env['PORT'] ?? '8080')
    editor = await startDemoEditor(port, process.env['PUBLIC_URL'] || `http://localhost:${port}`)
    server = DemoServer.start(port, editorsSetting(editor, process.env['EDITORS']))
    const [started, itsEditor] = [server, editor]
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        if (stopping) return
        say('\nStopping Tandem …')
        void stopAndExit(started, itsEditor, 0)
      })
    }
    await demonstrate(server, editor)
    if (process.argv.includes('--exit')) await stopAndExit(server, editor, Number(process.exitCode ?? 0))
    await explainWhatNext(server, editor)
    await server.exited
    throw new Error('Tandem has stopped by itself')
  } catch (error) {
    // Stopped on purpose: whatever fails while the server goes down is no news.
    if (stopping) return
    console.error(error instanceof Error ? error.message : error)
    if (server && server.lastOutput !== '') console.error(`\nThe server's last output:\n${server.lastOutput}`)
    await stopAndExit(server, editor, 1)
  }
}

await main()
