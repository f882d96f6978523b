import { readdirSync, readFileSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest'
import { execute } from '../kit/postgres.js'
import { Housekeeping } from '../kit/storage.js'
import { Tandem } from '../kit/tandem.js'

/** Timers that delete nothing for good. Whoever does so belongs to `Housekeeper.hourly`. */
const HARMLESS_TIMERS = [
  'api/events/event-stream.ts',
  'coauth-status/session/session-timeout.job.ts',
  'database/embedded/folder-lease.ts',
  'discovery/editors.ts',
  'events/event-feed.ts',
  'events/notify-listener.ts',
  'health/clock-watch.ts',
  'http/connections.ts',
  'installation/housekeeper.ts',
  'lock/lock-sweeper.ts',
  'webhooks/webhook-deliverer.ts',
  'webhooks/webhooks.service.ts',
]

it('nothing has a timer of its own to delete by', () => {
  const sources = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  )
  const read = (name: string): string => readFileSync(join('src', name), 'utf8')
  expect(sources.filter((name) => read(name).includes('setInterval(')).sort()).toEqual(HARMLESS_TIMERS)
  const deleting = sources.filter((name) => /-(purger|collector)\.ts$/.test(name))
  expect(deleting.filter((name) => !read(name).includes('housekeeper.hourly('))).toEqual([])
})

describe('nothing is deleted for good', () => {
  let tandem: Tandem
  let keeping: Housekeeping

  /** A file that is long due to leave the bin, and an orphan whose month of quarantine is over. */
  beforeEach(async () => {
    tandem = await Tandem.start(inject('postgres'))
    keeping = await Housekeeping.of(tandem)
    const alice = await tandem.person('alice')
    const { id } = await alice.createsFile('Due.docx', randomBytes(10))
    expect((await alice.calls('DELETE', `/files/${id}`)).status).toBe(204)
    await sql(`update file set deleted_at = deleted_at - interval '300 days',
      kept_from = kept_from - interval '300 days'`)
    await sql(
      `insert into quarantined_blob (blob, since) values (repeat('a', 32), now() - interval '31 days')`,
    )
    expect(await left()).toBe(2)
  })
  afterEach(async () => {
    await keeping[Symbol.asyncDispose]()
    await tandem.stop()
  })

  async function sql(statement: string): Promise<Record<string, unknown>[]> {
    return (await execute(tandem.databaseUrl, statement)).rows as Record<string, unknown>[]
  }

  async function left(): Promise<number> {
    const [row] = await sql(
      'select ((select count(*) from quarantined_blob) + (select count(*) from file))::int as n',
    )
    return Number(row?.['n'])
  }

  async function held(): Promise<string | undefined> {
    const answer = await fetch(`${tandem.url}/health/ready`)
    const { details } = (await answer.json()) as {
      details: { installation: { status: string; held?: string } }
    }
    expect(details.installation.status).toBe('up') // people work on
    return details.installation.held
  }

  it('but what is due, while nothing is against it', async () => {
    await keeping.hourly.run()
    expect(await left()).toBe(0)
    expect(await held()).toBeUndefined()
  })

  it.each([
    ['nobody looked for more than a day: a clock that jumped ahead, or a database of long ago', '- 25 hours'],
    ['the latest look is yet to come: a clock that was set back', '+ 10 minutes'],
  ])('%s', async (_, shift) => {
    await sql(`update installation set looked_at = now() ${shift[0]} interval '${shift.slice(2)}'`)
    await keeping.hourly.run()
    await keeping.hourly.run()
    expect(await left()).toBe(2)
    expect(await held()).toContain('held until')
    expect(keeping.log.filter((line) => line.includes('"housekeeping-held"'))).toHaveLength(2)

    await sql(`update installation set held_until = now() - interval '1 second'`)
    await keeping.hourly.run()
    expect(await left()).toBe(0)
  })

  it('while the blobs are of another installation, or their volume is away', async () => {
    const file = join(tandem.dataDir, 'blobs/installation')
    await rename(file, `${file}-aside`)
    await keeping.hourly.run()
    await writeFile(file, `${'0'.repeat(32)}\n`)
    await keeping.hourly.run()
    expect(await left()).toBe(2)
    await rename(`${file}-aside`, file)
    await keeping.hourly.run()
    expect(await left()).toBe(0)
  })
})
