import type { TestProject } from 'vitest/node'
import { startTestPostgres } from './kit/postgres.js'
import { removeAbandoned } from './kit/scratch.js'

declare module 'vitest' {
  interface ProvidedContext {
    readonly postgres: string
  }
}

/** One real PostgreSQL for the whole run; every test gets a database of its own on it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await removeAbandoned()
  const postgres = await startTestPostgres()
  project.provide('postgres', postgres.server.url)
  return () => postgres.stop()
}
