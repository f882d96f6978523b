import { userInfo } from 'node:os'
import { parseArgs } from 'node:util'
import { ConfigError, readConfig, type Config } from './config/config.js'
import { createDataSource } from '../ormconfig.js'
import { Database } from './database/database.js'
import { migrate } from './database/migrate.js'
import { joinDatabase } from './database/open-database.js'
import { requireKnownSchema } from './database/schema-release.js'
import { withClient } from './database/with-client.js'
import { adopt, MostIsMissing, requirePair, WrongPair, type Pairing } from './installation/pairing.js'
import { BlobStore } from './storage/blobs/blob-store.js'
import { checkStorage } from './storage/blobs/fsck.js'
import { giveUpUnknownBlobs } from './storage/blobs/unknown-blobs.js'

const USAGE = `Usage: npm run fsck [-- --adopt [--even-so] | --quarantine]
  --adopt       this database and this folder of blobs belong together: give both a new installation id
  --even-so     although most of the blobs that its documents need are not there
  --quarantine  delete in 30 days, however many they are, the blobs that the database has never named`

/** `npm run fsck`: exit code 0 only when every byte that Tandem ever acknowledged is there. */
async function fsck(): Promise<void> {
  const asked = readArguments()
  const config = readConfig(process.env)
  const opened = await joinDatabase(config)
  try {
    // The server's own role may not be let in yet: an upgrade that does not start ends up here.
    const owner = config.databaseMigrationUrl ?? opened.url
    await withClient(owner, 'tandem fsck', (client) => requireKnownSchema(client, owner))
    const pairing = { databaseUrl: owner, dataDir: config.dataDir }
    if (asked.adopt) {
      await migrate(owner)
      const id = await adopt(pairing, operator(), asked)
      console.log(`database and blobs are installation ${id} from now on; restart every server`)
    }
    const fits = await fitsTogether(pairing)
    const damaged = await check(config, owner, asked.quarantine && fits).catch(unlessEmpty)
    process.exitCode = fits && damaged === 0 ? 0 : 1
  } finally {
    await opened.close()
  }
}

/** A wrong pair may be a database with nothing in it, not even our tables. */
function unlessEmpty(error: unknown): number {
  if ((error as { code?: unknown }).code !== '42P01') throw error
  console.log('the database has no tables of Tandem: there is nothing to check')
  return 0
}

function readArguments(): { adopt: boolean; evenSo: boolean; quarantine: boolean } {
  try {
    const { values } = parseArgs({
      options: {
        adopt: { type: 'boolean', default: false },
        'even-so': { type: 'boolean', default: false },
        quarantine: { type: 'boolean', default: false },
      },
    })
    return { ...values, evenSo: values['even-so'] }
  } catch {
    throw new ConfigError(USAGE)
  }
}

/** Said first, since everything below it is of the wrong pair. */
async function fitsTogether(pairing: Pairing): Promise<boolean> {
  try {
    await requirePair(pairing)
    return true
  } catch (error) {
    if (!(error instanceof WrongPair)) throw error
    console.log(`this is a wrong pair: ${error.message}`)
    return false
  }
}

/** @returns how much is damaged */
async function check(config: Config, databaseUrl: string, quarantine: boolean): Promise<number> {
  const dataSource = await createDataSource(databaseUrl, 2).initialize()
  try {
    // It signs nothing, and a folder that was mounted wrongly must not get a key from it.
    const settings = { ...config, databaseUrl, tokenSecrets: [] }
    const database = new Database(dataSource)
    const blobs = new BlobStore(settings, database)
    if (quarantine) {
      const given = await giveUpUnknownBlobs(database, blobs, operator())
      console.log(`${given} blobs that the database has never named are deleted in 30 days`)
    }
    const report = await checkStorage(database, blobs, (line) => console.log(line))
    for (const other of report.others) console.log(`beside the blobs: ${other}; nobody touches it`)
    console.log(`${report.checked} versions and recovery items checked, ${report.damaged} damaged`)
    console.log(`${report.blobs} blobs, ${report.orphans} of them old and referenced by nothing`)
    return report.damaged
  } finally {
    await dataSource.destroy()
  }
}

/** For the audit: a user of this machine, not of Tandem. */
function operator(): string {
  try {
    return `operator:${userInfo().username}`
  } catch {
    return `operator:${process.geteuid?.() ?? 'unknown'}`
  }
}

await fsck().catch((error: unknown) => {
  const isPlain = error instanceof ConfigError || error instanceof MostIsMissing
  console.error(isPlain ? error.message : error)
  process.exitCode = 2
})
