import type { TestProject } from 'vitest/node'
import ownPostgres from '../global-setup.js'

/** The PostgreSQL of the runner, where there is no fault in what it was made by. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const shared = process.env['FAULTS_POSTGRES']
  if (shared === undefined) return ownPostgres(project)
  project.provide('postgres', shared)
  return () => Promise.resolve()
}
