import { setTimeout as pause } from 'node:timers/promises'
import type { RestClient } from './rest-client.js'
import { StandInEditor } from './stand-in/stand-in-editor.js'

const name = 'stand-in'
const readWithinMs = 60_000

/** Beside the server, so that people can open its documents: on the next port, or on any when that is taken. */
export async function startDemoEditor(serverPort: number, host: string): Promise<StandInEditor> {
  try {
    return await StandInEditor.start({ port: serverPort + 1, hosts: [host] })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    return StandInEditor.start({ hosts: [host] })
  }
}

/** The server's EDITORS: those of whoever runs the demo stay the first. */
export function editorsSetting(editor: StandInEditor, given: string | undefined): string {
  const ours = `${name}=${editor.discoveryUrl()}`
  if (given === undefined || given === '') return ours
  if (given.split(',').some((one) => one.trim().startsWith(`${name}=`)))
    throw new Error(`The demo has an editor ${name} of its own: give the one in EDITORS another name`)
  return `${given},${ours}`
}

/** The server takes no call of our editors before it knows their key. */
export async function untilEditorIsKnown(admin: RestClient): Promise<void> {
  const deadline = performance.now() + readWithinMs
  for (;;) {
    const found = (await admin.editors()).find((editor) => editor.name === name)
    if (found?.state === 'ok') return
    if (performance.now() > deadline)
      throw new Error(`Tandem could not read the editor's discovery document: ${found?.lastError ?? ''}`)
    await pause(100)
  }
}
