import { defineConfig } from 'vitest/config'
import ClosingLine from './test/closing-line.js'

export default defineConfig({
  test: {
    include: ['{src,test,simulator,bench}/**/*.test.ts'],
    globalSetup: ['test/global-setup.ts'],
    reporters: ['default', new ClosingLine()],
    pool: 'forks',
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
})
