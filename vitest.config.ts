import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import ClosingLine from './test/closing-line.js'

export default defineConfig({
  test: {
    include: ['{src,test,simulator,bench}/**/*.test.ts'],
    globalSetup: ['test/global-setup.ts'],
    reporters: ['default', new ClosingLine()],
    pool: 'forks',
    // Most tests wait for PostgreSQL or a disk: one worker would leave half of a small machine idle.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
})
