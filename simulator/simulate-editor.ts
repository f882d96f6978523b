import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { narrate } from './narrator.js'
import { ProofKeys } from './proof-key.js'
import { proofKeysIn } from './proof-key-file.js'
import type { SharedFile, Account } from './shared-file.js'
import { editorFor, shareNewFile } from './shared-file.js'
import type { SimulateOptions } from './simulate-options.js'
import { families } from './stand-in/families.js'
import type { StandInOptions } from './stand-in/stand-in-editor.js'
import { StandInEditor } from './stand-in/stand-in-editor.js'
import { WopiClient } from './wopi-client.js'
import { word } from './word.js'

const defaultPort = 8090
const believedWithinMs = 90_000

/** The editor service as which this run presents itself; undefined when it is to be none. */
export async function startEditor(options: SimulateOptions): Promise<StandInEditor | undefined> {
  if (options['editor-port'] === undefined) return undefined
  return StandInEditor.start(await settingsOf(options))
}

/** For people: serves the stand-in editor until it is told to stop. */
export async function serveStandIn(options: SimulateOptions, say: (line: string) => void): Promise<void> {
  const editor = await StandInEditor.start({
    ...(await settingsOf(options)),
    report: (event) => {
      const line = options.quiet ? undefined : narrate(event, [{ name: event.document }])
      if (line !== undefined) say(line)
    },
  })
  say(`The stand-in editor opens documents of ${options.url} until you press Ctrl-C.`)
  say('Tandem finds it by one of these, as it is to look like Office, Collabora or ONLYOFFICE:')
  for (const family of families) say(`  EDITORS=stand-in=${editor.discoveryUrl(family)}`)
  await Promise.race(['SIGINT', 'SIGTERM', 'SIGHUP'].map((signal) => once(process, signal)))
  say('Closing what is open …')
  await editor.close()
}

/**
 * Waits until the host takes a signed call: it may read our discovery document only now.
 * @throws Error that says what to set when it does not
 */
export async function untilBelieved(
  editor: StandInEditor,
  account: Account,
  seed: string,
  say: (line: string) => void,
): Promise<void> {
  const file = await shareNewFile(word, `Proof ${seed}`, [account])
  try {
    await untilProbeWorks(editor, file, account, say)
  } finally {
    await account.rest.deleteFile(file.id)
  }
}

async function untilProbeWorks(
  editor: StandInEditor,
  file: SharedFile,
  account: Account,
  say: (line: string) => void,
): Promise<void> {
  const { access } = await editorFor(account, file, account.user)
  const wopi = new WopiClient({ sessionId: 'probe', proofKeys: editor.proofKeys })
  const deadline = performance.now() + believedWithinMs
  for (let attempt = 1; ; attempt += 1) {
    const answer = await wopi.checkFileInfo(access)
    if (answer.kind === 'ok') return
    if (answer.kind !== 'unavailable') throw new Error(answer.call)
    if (performance.now() > deadline) {
      throw new Error(`${answer.call}. Start Tandem with EDITORS=stand-in=${editor.discoveryUrl()}`)
    }
    if (attempt === 1) say(`Waiting for Tandem to read ${editor.discoveryUrl()} (within a minute) …`)
    await pause(2000)
  }
}

async function settingsOf(options: SimulateOptions): Promise<StandInOptions> {
  const { 'key-file': keyFile, 'editor-url': url, 'editor-port': port, speed } = options
  return {
    port: port ?? defaultPort,
    speed,
    hosts: [options.url],
    proofKeys: keyFile === undefined ? new ProofKeys() : await proofKeysIn(keyFile),
    // Whoever names an address wants to be reached at it from elsewhere.
    ...(url === undefined ? {} : { origin: new URL(url).origin, host: '0.0.0.0' }),
  }
}
