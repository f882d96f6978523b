import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { minute } from '../../../simulator/application.js'
import { excel } from '../../../simulator/excel.js'
import { chunked } from '../../../simulator/native/chunked-content.js'
import { NativeClient } from '../../../simulator/native/native-client.js'
import { playNativeDocument } from '../../../simulator/native/play-native.js'
import { planVisits } from '../../../simulator/plan.js'
import { illustrated } from '../../../simulator/office/illustrated.js'
import { powerpoint } from '../../../simulator/powerpoint.js'
import { Random } from '../../../simulator/random.js'
import { problems } from '../../../simulator/results.js'
import { editorFor, shareNewFile } from '../../../simulator/shared-file.js'
import { VirtualClock } from '../../../simulator/virtual-clock.js'
import { word } from '../../../simulator/word.js'
import { Tandem } from '../../kit/tandem.js'
import { accountsOf, plus } from './native-fixture.js'

let tandem: Tandem
beforeAll(async () => {
  tandem = await Tandem.start(inject('postgres'), plus)
})
afterAll(() => tandem.stop())

it.each([word, excel('last-joined'), powerpoint])(
  'loses no change of three people with desktop $label, who meet at the host only',
  async (application) => {
    const accounts = await accountsOf(tandem, ['alice', 'bob', 'carol'])
    const [alice] = accounts
    const file = await shareNewFile(illustrated(application), `Desktop ${application.label}`, accounts)
    const random = new Random('native')
    const visits = planVisits(accounts.length, 20 * minute, random)
    const cast = await Promise.all(
      accounts.map(async (account, index) => ({
        person: await editorFor(account, file, account.user),
        visits: visits[index] ?? [],
      })),
    )
    const stage = { clock: new VirtualClock(), random, wopi: {}, report: () => undefined }
    const result = await playNativeDocument(stage, file, cast)
    expect(problems([result])).toEqual([])
    const { tally, verdict } = result
    expect(verdict).toMatchObject({ found: verdict.typed, duplicated: [], foreign: [] })
    expect(verdict.typed).toBeGreaterThan(40)
    expect(tally.editors.size).toBe(3)
    expect(tally.overtaken).toBeGreaterThan(0)
    expect(tally.lockRefreshes).toBeGreaterThan(2)
    expect(tally.delayedSaves).toBe(0)
    // The picture goes over the wire when the document is opened, and never again.
    expect(tally.sent).toBeLessThan(0.15 * tally.saved)
    expect(tally.received).toBeLessThan(0.15 * tally.read)

    const wopi = new NativeClient({ sessionId: 'after' })
    const { access } = await editorFor(alice, file, 'alice')
    expect(await wopi.getCoauthTable(access, '')).toMatchObject({ kind: 'ok', table: { rows: [] } })
    const fetched = await wopi.getChunkedFile(access, new Map())
    if (fetched.kind !== 'ok') throw new Error(fetched.call)
    expect(fetched.content.scheme).toBe('Zip')
    expect(fetched.content.signature).toEqual(chunked(fetched.bytes).signature)
    expect(Buffer.from(fetched.bytes)).toEqual(Buffer.from(await alice.rest.content(file.id)))
  },
  60_000,
)
