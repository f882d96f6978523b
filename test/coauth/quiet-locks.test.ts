import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import type { Person } from '../kit/people.js'
import { execute } from '../kit/postgres.js'
import { Tandem } from '../kit/tandem.js'
import { NativeClient } from '../wopi/native-client.js'
import { age, expectStatus } from './fixture.js'

describe('RELIABILITY-SECURITY.md §3.5: the locks of native clients are broken unforced when all are quiet', () => {
  let tandem: Tandem
  let root: Person

  beforeAll(async () => {
    tandem = await Tandem.start(inject('postgres'), { env: { COAUTH_PROFILE: 'plus' } })
    root = await tandem.person('root', 'admin')
  })
  afterAll(() => tandem.stop())

  /** alice and bob have been quiet for a minute and a half. */
  async function quiet(): Promise<{ fileId: string; bob: NativeClient; breaks: () => Promise<number> }> {
    const { id } = await tandem.sharedFile('content', { bob: 'editor' })
    const long = { 'X-WOPI-CoauthLockExpirationTimeout': '600' }
    const alice = new NativeClient(await tandem.editor(await tandem.person('alice'), id), 'A')
    const bob = new NativeClient(await tandem.editor(await tandem.person('bob'), id), 'B')
    for (const client of [alice, bob]) expectStatus(await client.get('Coauth', long), 200)
    await age(tandem, id, 90)
    const breaks = async (): Promise<number> =>
      (await root.calls('DELETE', `/admin/locks/${id}`, { reason: 'stuck' })).status
    return { fileId: id, bob, breaks }
  }

  it('not while one of them has just refreshed his, however long another was silent', async () => {
    const { bob, breaks } = await quiet()
    expectStatus(await bob.refresh(), 200)
    expect(await breaks()).toBe(409)
    expectStatus(await bob.refresh(), 200)
  })

  it('not while the file was saved just now', async () => {
    const { fileId, bob, breaks } = await quiet()
    await execute(tandem.databaseUrl, 'update file set modified_at = clock_timestamp() where id = $1', [
      fileId,
    ])
    expect(await breaks()).toBe(409)
    expectStatus(await bob.refresh(), 200)
  })

  it('but when nobody does anything', async () => {
    const { bob, breaks } = await quiet()
    expect(await breaks()).toBe(204)
    expectStatus(await bob.refresh(), 409)
  })
})
