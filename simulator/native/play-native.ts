import { coAuthor } from '../co-author.js'
import { GroundTruth } from '../ground-truth.js'
import type { Verdict } from '../ground-truth.js'
import { retry } from '../retry.js'
import type { Appearance, Stage } from '../play.js'
import type { SharedFile } from '../shared-file.js'
import { NativeClient } from './native-client.js'
import type { NativeEvent } from './native-event.js'
import { NativeParty } from './native-party.js'
import type { NativeTally } from './native-tally.js'
import { countNative, newNativeTally } from './native-tally.js'

export type NativeStage = Omit<Stage, 'report'> & { readonly report: (event: NativeEvent) => void }

export interface NativeResult {
  readonly file: SharedFile
  readonly tally: NativeTally
  readonly versions: number
  readonly verdict: Verdict
}

/** Plays native clients on one document to the end, then reads back what the host kept. */
export async function playNativeDocument(
  stage: NativeStage,
  file: SharedFile,
  cast: readonly Appearance[],
): Promise<NativeResult> {
  const { clock } = stage
  const random = stage.random.fork(file.name)
  const { application } = file
  const tally = newNativeTally()
  const truth = new GroundTruth((bytes) => application.open(bytes).markedLines())
  const party = new NativeParty({
    application,
    clock,
    random: random.fork('native clients'),
    wopi: new NativeClient({ ...stage.wopi, sessionId: random.guid() }),
    truth,
    report: (who, what) => {
      const event = { at: clock.now(), document: file.name, application: application.name, who, what }
      countNative(tally, event)
      stage.report(event)
    },
  })
  const play = async ({ person, visits }: Appearance): Promise<void> => {
    const ownRandom = random.fork(person.name)
    for (const visit of visits) await coAuthor(party, person, visit, clock, ownRandom)
  }
  await Promise.all(cast.map((appearance) => clock.run(() => play(appearance))))
  const { rest } = file.owner
  const verdict = truth.verify(await retry(() => rest.content(file.id)))
  return { file, tally, versions: await retry(() => rest.countVersions(file.id)), verdict }
}
