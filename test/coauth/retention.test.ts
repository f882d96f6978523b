import { expect, inject, it } from 'vitest'
import { execute } from '../kit/postgres.js'
import { Housekeeping } from '../kit/storage.js'
import { Tandem } from '../kit/tandem.js'
import { expectStatus, join, LOCK, statusOf } from './fixture.js'

it('forgets who worked with whom after PRESENCE_RETENTION_DAYS, and never an open session', async () => {
  await using tandem = await Tandem.start(inject('postgres'))
  await using housekeeping = await Housekeeping.of(tandem)
  const count = async (): Promise<number | null> =>
    (await execute(tandem.databaseUrl, 'select from coauth_participant')).rowCount
  for (const name of ['ended.docx', 'open.docx']) {
    const file = await tandem.sharedFile('content', {}, name)
    const alice = await tandem.editor(await tandem.person('alice'), file.id)
    await join(alice)
    if (name === 'ended.docx') expectStatus(await alice.unlock(LOCK), 200)
    await statusOf(tandem, file.id)
  }
  const age = (days: number): Promise<unknown> =>
    execute(
      tandem.databaseUrl,
      `update coauth_participant set last_seen_at = last_seen_at - interval '${days} days'`,
    )
  await age(89)
  await housekeeping.sessions.purge()
  expect(await count()).toBe(2)
  await age(2)
  await housekeeping.sessions.purge()
  expect(await count()).toBe(1)
})
