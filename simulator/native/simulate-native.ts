import type { Appearance, Stage } from '../play.js'
import type { Account, SharedFile } from '../shared-file.js'
import { editorFor, shareNewFile } from '../shared-file.js'
import { word } from '../word.js'
import { NativeClient } from './native-client.js'
import { obstacle } from './native-editor.js'
import type { NativeEvent } from './native-event.js'
import { narrateNative } from './native-narrator.js'
import type { NativeResult } from './play-native.js'
import { playNativeDocument } from './play-native.js'

/** Plays native clients on each of the documents; `casts` are theirs, in order. */
export function simulateNative(
  stage: Omit<Stage, 'report'>,
  files: readonly SharedFile[],
  casts: readonly (readonly Appearance[])[],
  tell: (line: string | undefined) => void,
): Promise<NativeResult[]> {
  const report = (event: NativeEvent): void => tell(narrateNative(event))
  return Promise.all(
    files.map((file, index) => playNativeDocument({ ...stage, report }, file, casts[index] ?? [])),
  )
}

/** @throws Error that says what to set when the host has nothing to offer to native clients */
export async function requirePlus(account: Account, seed: string, wopi: Stage['wopi']): Promise<void> {
  const file = await shareNewFile(word, `Offer ${seed}`, [account])
  try {
    const { access } = await editorFor(account, file, account.user)
    const checked = await new NativeClient({ ...wopi, sessionId: 'probe' }).checkFileInfo(access)
    if (checked.kind !== 'ok') throw new Error(checked.call)
    const why = obstacle(checked.info)
    if (why !== undefined) throw new Error(`Nothing to do for native clients: ${why}. ${remedy}`)
  } finally {
    await account.rest.deleteFile(file.id)
  }
}

const remedy = 'Start Tandem with COAUTH_PROFILE=plus.'
