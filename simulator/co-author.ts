import { minute } from './application.js'
import type { Clock } from './clock.js'
import type { EditorSession } from './editor-session.js'
import type { Person } from './participant.js'
import type { Random } from './random.js'
import { sentence } from './sentences.js'

/** When somebody is there, in simulated milliseconds, and how long they think between two changes. */
export interface Visit {
  readonly arrives: number
  readonly leaves: number
  readonly pause: readonly [shortest: number, longest: number] | 'only-reads'
}

/** Where people meet over a document: an editor service, or desktop applications. */
export type Meeting = Pick<EditorSession, 'has' | 'join' | 'leave' | 'type'>

/** One person's visit to one document. */
export async function coAuthor(
  session: Meeting,
  person: Person,
  visit: Visit,
  clock: Clock,
  random: Random,
): Promise<void> {
  await clock.sleep(visit.arrives - clock.now())
  if (!(await join(session, person, visit, clock))) return
  while (clock.now() < visit.leaves) {
    const pause = visit.pause === 'only-reads' ? Infinity : random.between(...visit.pause)
    await clock.sleep(Math.min(pause, visit.leaves - clock.now()))
    if (!session.has(person)) return
    if (clock.now() < visit.leaves) session.type(person, sentence(random))
  }
  await session.leave(person)
}

/** Keeps knocking while the host is away; false when the person is turned away or the visit is over. */
async function join(session: Meeting, person: Person, visit: Visit, clock: Clock): Promise<boolean> {
  while (clock.now() < visit.leaves) {
    const admission = await session.join(person)
    if (admission.kind !== 'unavailable') return admission.kind === 'admitted'
    await clock.sleep(minute / 4)
  }
  return false
}
