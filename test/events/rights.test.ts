import jwt from 'jsonwebtoken'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { readConfig } from '../../src/config/config.js'
import { loadTokenSecrets } from '../../src/config/token-secrets.js'
import { deriveKeys } from '../../src/auth/signing-keys.js'
import { execute } from '../kit/postgres.js'
import { Person, type FileView } from '../kit/people.js'
import { Tandem } from '../kit/tandem.js'
import { Visitor } from '../pages/visitor.js'
import { Recorder } from './recorder.js'
import { Watcher } from './watcher.js'

describe('who may watch', () => {
  let tandem: Tandem
  let recorder: Recorder
  let file: FileView
  let other: FileView

  beforeAll(async () => {
    tandem = await Tandem.start(inject('postgres'), { env: { EVENT_HEARTBEAT_SECONDS: '0.1' } })
    recorder = await Recorder.at(tandem.databaseUrl)
    file = await tandem.sharedFile('content', { bob: 'editor', eve: 'viewer' })
    other = await tandem.sharedFile('other')
  })
  afterAll(async () => {
    await recorder[Symbol.asyncDispose]()
    await tandem.stop()
  })

  async function answerTo(id: string, role: 'user' | 'auditor' | 'admin', query: string): Promise<number> {
    const watcher = await Watcher.open(await tandem.person(id, role), { query })
    watcher.close()
    return watcher.status
  }

  it('administrators and auditors everything, editors their file, nobody else anything', async () => {
    for (const role of ['admin', 'auditor'] as const) {
      expect(await answerTo('root', role, '')).toBe(200)
      expect(await answerTo('root', role, `?file=${file.id}`)).toBe(200)
      expect(await answerTo('root', role, '?file=none')).toBe(404)
    }
    expect(await answerTo('bob', 'user', '')).toBe(403)
    expect(await answerTo('bob', 'user', `?file=${file.id}`)).toBe(200)
    expect(await answerTo('eve', 'user', `?file=${file.id}`)).toBe(403)
    expect(await answerTo('mallory', 'user', `?file=${file.id}`)).toBe(404)
    expect(await answerTo('bob', 'user', `?file=${other.id}`)).toBe(404)
  })

  it.each(['?after=x', '?after=-1', '?after=1&after=2', '?file=a&file=b', '?fille=x', '?file=%00'])(
    'refuses %s',
    async (query) => {
      expect(await answerTo('root', 'admin', query)).toBe(400)
    },
  )

  it('refuses a Last-Event-ID that is none', async () => {
    const root = await tandem.person('root', 'admin')
    const watcher = await Watcher.open(root, { lastEventId: '1; drop' })
    expect(watcher.status).toBe(400)
    watcher.close()
  })

  it('answers HEAD without beginning to stream', async () => {
    const { bearer } = await tandem.person('root', 'admin')
    const answer = await fetch(`${tandem.url}/api/v1/events`, {
      method: 'HEAD',
      headers: { authorization: `Bearer ${bearer}` },
    })
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/event-stream'])
    expect(await answer.text()).toBe('')
  })

  it('an editor is told of nothing but their file', async () => {
    const bob = await Watcher.watch(await tandem.person('bob'), { query: `?file=${file.id}` })
    await recorder.saves(other.id, 3)
    await recorder.saves(file.id, 2)
    await recorder.saves(other.id, 3)
    await recorder.saves(file.id, 1)
    await bob.has(3)
    expect(new Set(bob.events.map(({ fileId }) => fileId))).toEqual(new Set([file.id]))
    bob.close()
  })

  it('a right that is taken away ends the stream, and the next try is refused', async () => {
    const alice = await tandem.person('alice')
    const bob = await Watcher.watch(await tandem.person('bob'), { query: `?file=${file.id}` })
    await alice.grants(file.id, 'user:bob', 'viewer')
    await bob.isEnded(3000)
    await recorder.saves(file.id)
    expect(bob.events).toEqual([])
    expect(await answerTo('bob', 'user', `?file=${file.id}`)).toBe(403)
    await alice.revokes(file.id, 'user:bob')
    expect(await answerTo('bob', 'user', `?file=${file.id}`)).toBe(404)
  })

  it('the deletion of the file ends the stream, too', async () => {
    const doomed = await tandem.sharedFile('doomed')
    const alice = await tandem.person('alice')
    const watcher = await Watcher.watch(alice, { query: `?file=${doomed.id}` })
    expect((await alice.calls('DELETE', `/files/${doomed.id}`)).status).toBe(204)
    await watcher.isEnded(3000)
  })

  it('an account that is disabled ends the stream of an administrator', async () => {
    const watcher = await Watcher.watch(await tandem.person('former', 'admin'))
    await execute(tandem.databaseUrl, `update user_account set disabled_at = now() where id = 'former'`)
    await watcher.isEnded(3000)
  })

  it('the end of a browser’s session ends the streams that it opened, and those of no other', async () => {
    const leaving = await Visitor.signedIn(tandem, 'root', 'admin')
    const staying = await Visitor.signedIn(tandem, 'root', 'admin')
    const idle = await Visitor.signedIn(tandem, 'bobby')
    const bobs = await tandem.sharedFile('content', { bobby: 'editor' })
    const watch = ({ cookie }: Visitor, query = ''): Promise<Watcher> =>
      Watcher.watch({ baseUrl: tandem.url, cookie }, { query })
    const [ends, goesOn, idles] = await Promise.all([
      watch(leaving),
      watch(staying),
      watch(idle, `?file=${bobs.id}`),
    ])
    expect((await leaving.calls('POST', '/sign-out')).status).toBe(204)
    await ends.isEnded(3000)
    // Watching is no sign of life: the stream asks, and the session is not the longer for it.
    await execute(
      tandem.databaseUrl,
      `update web_session set last_seen_at = now() - interval '61 minutes' where user_id = 'bobby'`,
    )
    await idles.isEnded(3000)
    await recorder.saves(file.id)
    await goesOn.has(1)
    expect(goesOn.ended).toBe(false)
    goesOn.close()
  })

  it('a stream ends with its bearer token', async () => {
    const secrets = await loadTokenSecrets(readConfig({ DATA_DIR: tandem.dataDir }))
    const { kid, key } = deriveKeys(secrets, 'api').current
    const bearer = jwt.sign({ sub: 'root', roles: ['admin'] }, key, {
      keyid: kid,
      issuer: 'tandem',
      audience: 'tandem-api',
      expiresIn: 2,
    })
    const watcher = await Watcher.watch(new Person(tandem.url, 'root', bearer))
    await watcher.isEnded(4000)
  })
})
