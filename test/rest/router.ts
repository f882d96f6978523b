import type { Express } from 'express'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createApp } from '../../src/app.js'
import { readConfig } from '../../src/config/config.js'
import { loadTokenSecrets } from '../../src/config/token-secrets.js'
import { Logger } from '../../src/logging/logger.js'
import { newDatabase } from '../kit/postgres.js'

/** `GET /health/live` …: every route of the running application, from its router; nothing can hide from that. */
export async function routesOf(serverUrl: string): Promise<string[]> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tandem-router-'))
  const databaseUrl = await newDatabase(serverUrl)
  const config = readConfig({ DATA_DIR: dataDir, DATABASE_URL: databaseUrl })
  const settings = { ...config, databaseUrl, tokenSecrets: await loadTokenSecrets(config) }
  const app = await createApp(settings, new Logger('silent'))
  const { stack } = (app.getHttpAdapter().getInstance() as Express).router
  const routes = stack.flatMap(({ route }) =>
    route ? route.stack.map(({ method }) => `${method.toUpperCase()} ${route.path}`) : [],
  )
  await app.close()
  await rm(dataDir, { recursive: true })
  // The catch-all of NotFoundController has one route for each method there is.
  return routes.filter((route) => !/ \/api\/(docs|openapi|v1$|v1\/\*path$)/.test(route))
}
