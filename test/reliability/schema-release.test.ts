import { rm } from 'node:fs/promises'
import { expect, inject, it } from 'vitest'
import { isAtLeast, RELEASE } from '../../src/config/release.js'
import { migrate } from '../../src/database/migrate.js'
import { knownMigrations, mustTell } from '../../src/database/schema-release.js'
import { execute, newDatabase } from '../kit/postgres.js'
import { startTandemProcess } from '../kit/tandem-process.js'
import { scratchFolder } from '../kit/scratch.js'

const NEWER = 'FromTheFuture1999000000000'

/** As a release to come leaves it. */
async function migratedByNewer(oldestRelease?: string): Promise<string> {
  const database = await newDatabase(inject('postgres'))
  await execute(database, `insert into migration (timestamp, name) values (1999000000000, $1)`, [NEWER])
  if (oldestRelease !== undefined) {
    await execute(database, `insert into schema_release values ($1, $2)`, [NEWER, oldestRelease])
  }
  return database
}

it('a release on a schema that a newer one changed is refused, before it touches anything', async () => {
  const [databaseUrl, dataDir] = [await migratedByNewer(), await scratchFolder('tandem-older-')]
  try {
    const said = await startTandemProcess({ databaseUrl, dataDir }).then(
      async (server) => {
        await server.stop()
        return 'it started'
      },
      (error: unknown) => String(error),
    )
    expect(said).toContain(
      `Tandem did not start: the database was changed by a newer release of Tandem (${NEWER}), and this one is ` +
        `${RELEASE}: start a newer release, or restore the backup from before the upgrade`,
    )
    const { rows } = await execute(databaseUrl, 'select from installation')
    expect(rows).toEqual([])
  } finally {
    await rm(dataDir, { recursive: true })
  }
}, 60_000)

it('it names the release that is needed, where the migration says so', async () => {
  await expect(migrate(await migratedByNewer('99.0.0'))).rejects.toThrow('start release 99.0.0 or newer, or')
})

it.each(['0.1.0', RELEASE])(
  'it works where the newer migration names %s: a rolling upgrade, and back',
  async (oldest) => {
    await migrate(await migratedByNewer(oldest))
  },
)

it('every migration says which release may still work on it, and the database knows it', async () => {
  const telling = knownMigrations('postgres://unused').filter(({ name }) => mustTell(name))
  expect(telling.length).toBeGreaterThan(0)
  for (const { name, oldestRelease } of telling) {
    expect(oldestRelease, `${name} (CONTRIBUTING.md, Add a migration)`).toMatch(/^\d+\.\d+\.\d+$/)
    expect(isAtLeast(RELEASE, oldestRelease ?? ''), name).toBe(true)
  }
  const { rows } = await execute(
    await newDatabase(inject('postgres')),
    'select migration as name, oldest_release as "oldestRelease" from schema_release order by 1',
  )
  const told = telling.map(({ name, oldestRelease }) => ({ name, oldestRelease }))
  expect(rows).toEqual(told.sort((a, b) => (a.name < b.name ? -1 : 1)))
})
