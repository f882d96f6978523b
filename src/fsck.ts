import { ConfigError, readConfig } from './config/config.js'
import { createDataSource } from '../ormconfig.js'
import { Database } from './database/database.js'
import { joinDatabase } from './database/open-database.js'
import { BlobStore } from './storage/blob-store.js'
import { checkStorage } from './storage/fsck.js'

/** `npm run fsck`: exit code 0 only when every byte that Tandem ever acknowledged is there. */
async function fsck(): Promise<void> {
  const config = readConfig(process.env)
  const opened = await joinDatabase(config)
  const dataSource = await createDataSource(opened.url, 2).initialize()
  try {
    // It signs nothing, and a folder that was mounted wrongly must not get a key from it.
    const settings = { ...config, databaseUrl: opened.url, tokenSecrets: [] }
    const database = new Database(dataSource)
    const report = await checkStorage(database, new BlobStore(settings, database), (line) =>
      console.log(line),
    )
    console.log(`${report.checked} versions and recovery items checked, ${report.damaged} damaged`)
    console.log(
      `${report.blobs} blobs, ${report.orphans} of them old and referenced by nothing (the collector removes them)`,
    )
    process.exitCode = report.damaged === 0 ? 0 : 1
  } finally {
    await dataSource.destroy()
    await opened.close()
  }
}

await fsck().catch((error: unknown) => {
  console.error(error instanceof ConfigError ? error.message : error)
  process.exitCode = 2
})
