import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'
import { DAILY_WORK } from './verdict.js'

/** What does not even do its daily work is told first. */
class DailyWorkFirst extends BaseSequencer {
  override sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isDaily = ({ moduleId }: TestSpecification): number => Number(moduleId.endsWith(DAILY_WORK))
    return Promise.resolve(files.toSorted((a, b) => isDaily(b) - isDaily(a)))
  }
}

const isSetUp = process.env['FAULTS_POSTGRES'] !== undefined

/** For the tests of one planted fault: one file after the other in one process, and no more after the first failure. */
export default defineConfig({
  test: {
    include: ['{src,test,simulator,bench}/**/*.test.ts'],
    globalSetup: ['test/faults/global-setup.ts'],
    pool: 'forks',
    isolate: false,
    fileParallelism: false,
    bail: 1,
    sequence: { sequencer: DailyWorkFirst },
    cache: false,
    // All but one file are as they were for the fault before. A global setup that imports our sources cannot have it.
    experimental: isSetUp ? { fsModuleCache: true, fsModuleCachePath: '.module-cache' } : {},
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
})
