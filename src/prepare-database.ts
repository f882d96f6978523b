import type { Config } from './config/config.js'
import { grantToApp } from './database/app-role.js'
import { migrate } from './database/migrate.js'
import type { OpenDatabase } from './database/open-database.js'
import { prepareWebhookJobs } from './webhooks/webhook-jobs.js'

/**
 * Everything that needs the right to change the schema; the server itself is better off without it.
 * @returns whether the server's role lacks that right
 */
export async function prepareDatabase(
  { url, ownerUrl }: Pick<OpenDatabase, 'url' | 'ownerUrl'>,
  { webhooks }: Pick<Config, 'webhooks'>,
): Promise<'two roles' | 'one role'> {
  const owner = ownerUrl ?? url
  await migrate(owner)
  if (webhooks) await prepareWebhookJobs(owner, webhooks.urls)
  if (ownerUrl === undefined) return 'one role'
  await grantToApp(ownerUrl, url)
  return 'two roles'
}
