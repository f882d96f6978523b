import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import ClosingLine from './test/closing-line.js'
import HeavyApart from './test/heavy-apart.js'

export default defineConfig({
  test: {
    include: ['{src,test,simulator,bench}/**/*.test.ts'],
    globalSetup: ['test/global-setup.ts'],
    setupFiles: ['test/drop-databases.ts'],
    reporters: ['default', new ClosingLine()],
    pool: 'forks',
    sequence: { sequencer: HeavyApart },
    // A worker loads the application once for all of its files, and runs it compiled from the second on.
    isolate: false,
    // Most tests wait for PostgreSQL or a disk: one worker would leave half of a small machine idle; with four on two
    // processors what is timed comes too late.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    testTimeout: 60_000,
    hookTimeout: 90_000,
  },
})
