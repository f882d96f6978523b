import { afterEach, expect, it } from 'vitest'
import { minute } from '../../simulator/application.js'
import type { Application } from '../../simulator/application.js'
import { coAuthor } from '../../simulator/co-author.js'
import { EditorSession } from '../../simulator/editor-session.js'
import { excel } from '../../simulator/excel.js'
import { GroundTruth } from '../../simulator/ground-truth.js'
import { planVisits } from '../../simulator/plan.js'
import { powerpoint } from '../../simulator/powerpoint.js'
import { Random } from '../../simulator/random.js'
import type { Happening } from '../../simulator/session-event.js'
import { VirtualClock } from '../../simulator/virtual-clock.js'
import { word } from '../../simulator/word.js'
import { WopiClient } from '../../simulator/wopi-client.js'
import { PretendHost } from './pretend-host.js'

const hosts: PretendHost[] = []
afterEach(() => hosts.splice(0).forEach((host) => host.stop()))

interface Outcome {
  readonly host: PretendHost
  readonly truth: GroundTruth
  readonly log: { readonly at: number; readonly what: Happening }[]
}

/** Five people, two hours, one document. */
async function play(application: Application, seed: string): Promise<Outcome> {
  const host = await PretendHost.start(application.blank('Test'))
  hosts.push(host)
  const clock = new VirtualClock()
  const random = new Random(seed)
  const truth = new GroundTruth((bytes) => application.open(bytes).markedLines())
  const log: Outcome['log'] = []
  const session = new EditorSession({
    application,
    clock,
    truth,
    random: random.fork('service'),
    wopi: new WopiClient({ sessionId: seed }),
    report: (what) => log.push({ at: clock.now(), what }),
  })
  const plan = planVisits(5, 120 * minute, random)
  await Promise.all(
    plan.map((visits, index) =>
      clock.run(async () => {
        const name = `person${index}`
        const person = { name, access: host.access(name) }
        for (const visit of visits) await coAuthor(session, person, visit, clock, random.fork(name))
      }),
    ),
  )
  return { host, truth, log }
}

it.each([word, excel('last-joined'), excel('first-joined'), powerpoint])(
  'plays two hours of five people in $label without losing a change, and again in exactly the same way',
  async (application) => {
    const first = await play(application, 'seed')
    const verdict = first.truth.verify(first.host.content)
    expect(verdict).toMatchObject({ found: verdict.typed, duplicated: [], foreign: [] })
    expect(verdict.typed).toBeGreaterThan(300)
    expect(first.host.lock).toBe('')
    expect(first.host.calls.filter(({ status }) => status !== 200)).toEqual([])

    const second = await play(application, 'seed')
    expect(second.log).toEqual(first.log)
    expect(second.host.calls).toEqual(first.host.calls)
  },
)
