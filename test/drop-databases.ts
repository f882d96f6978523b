import { afterAll } from 'vitest'
import { dropDatabases } from './kit/postgres.js'

// Registered before any hook of the file, so that it comes last.
afterAll(dropDatabases)
