import { coAuthor } from './co-author.js'
import type { Visit } from './co-author.js'
import type { Clock } from './clock.js'
import { EditorSession } from './editor-session.js'
import type { Verdict } from './ground-truth.js'
import { GroundTruth } from './ground-truth.js'
import type { Person } from './participant.js'
import { retry } from './retry.js'
import type { Random } from './random.js'
import type { SessionEvent } from './session-event.js'
import type { SharedFile } from './shared-file.js'
import type { Tally } from './tally.js'
import { count, newTally } from './tally.js'
import type { WopiClientOptions } from './wopi-client.js'
import { WopiClient } from './wopi-client.js'

export interface Stage {
  readonly clock: Clock
  readonly random: Random
  readonly wopi: Omit<WopiClientOptions, 'sessionId'>
  readonly report: (event: SessionEvent) => void
}

export interface Appearance {
  readonly person: Person
  readonly visits: readonly Visit[]
}

export interface DocumentResult {
  readonly file: SharedFile
  readonly tally: Tally
  readonly versions: number
  readonly verdict: Verdict
}

/** Plays one document's co-authoring session to the end, then reads back what the host kept. */
export async function playDocument(
  stage: Stage,
  file: SharedFile,
  cast: readonly Appearance[],
): Promise<DocumentResult> {
  const { clock } = stage
  const random = stage.random.fork(file.name)
  const { application } = file
  const tally = newTally()
  const truth = new GroundTruth((bytes) => application.open(bytes).markedLines())
  const session = new EditorSession({
    application,
    clock,
    random: random.fork('editor service'),
    wopi: new WopiClient({ ...stage.wopi, sessionId: random.guid() }),
    truth,
    report: (what) => {
      const event = { at: clock.now(), document: file.name, application: application.name, what }
      count(tally, event)
      stage.report(event)
    },
  })
  const play = async ({ person, visits }: Appearance): Promise<void> => {
    const ownRandom = random.fork(person.name)
    for (const visit of visits) await coAuthor(session, person, visit, clock, ownRandom)
  }
  await Promise.all(cast.map((appearance) => clock.run(() => play(appearance))))
  const { rest } = file.owner
  const verdict = truth.verify(await retry(() => rest.content(file.id)))
  return { file, tally, versions: await retry(() => rest.countVersions(file.id)), verdict }
}
