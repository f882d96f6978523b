import { execFile } from 'node:child_process'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest'
import { Person } from '../kit/people.js'
import { newDatabase } from '../kit/postgres.js'
import { startTandemProcess, type TandemProcess } from '../kit/tandem-process.js'
import { scratchFolder } from '../kit/scratch.js'

interface Printed {
  readonly code: number
  readonly token: string
  readonly errors: string
}

/** `npm run token -- USER --role admin`, built already. */
function tokenTool(dataDir: string): Promise<Printed> {
  return new Promise((resolve) => {
    const env = { PATH: process.env['PATH'], DATA_DIR: dataDir }
    const args = ['dist/src/token.js', 'mallory', '--role', 'admin']
    execFile(process.execPath, args, { env }, (error, stdout, stderr) => {
      const code = error === null ? 0 : Number(error.code)
      resolve({ code, token: stdout.trim().split('\n').at(-1) ?? '', errors: stderr })
    })
  })
}

describe('a key file that went wrong', { timeout: 60_000 }, () => {
  let folder: string
  let databaseUrl: string
  beforeAll(async () => {
    folder = await scratchFolder('tandem-keys-')
  })
  beforeEach(async () => {
    databaseUrl = await newDatabase(inject('postgres'))
  })
  afterAll(() => rm(folder, { recursive: true }))

  const starts = (dataDir: string): Promise<TandemProcess> => startTandemProcess({ dataDir, databaseUrl })

  it('stops the server and the token tool alike, and is not replaced by either', async () => {
    const dataDir = join(folder, 'used')
    const file = join(dataDir, 'token-secret')
    const server = await starts(dataDir)
    const key = await readFile(file, 'utf8')
    try {
      // While the server runs as well as after it.
      await rm(file)
      expect(await tokenTool(dataDir)).toMatchObject({ code: 1, token: '' })
    } finally {
      expect(await server.stop()).toBe(0)
    }
    const before = await readdir(dataDir)
    const gone = await tokenTool(dataDir)
    expect(gone).toMatchObject({ code: 1, token: '' })
    expect(gone.errors).toMatch(/was in use before, but its key file token-secret is gone/)
    await expect(starts(dataDir)).rejects.toThrow(/was in use before, but its key file token-secret is gone/)
    expect(await readdir(dataDir)).toEqual(before)

    for (const broken of ['', '\0'.repeat(64), key.slice(0, 40)]) {
      await writeFile(file, broken, { mode: 0o600 })
      expect(await tokenTool(dataDir)).toMatchObject({ code: 1, token: '' })
      await expect(starts(dataDir)).rejects.toThrow(/Tandem did not start: The key file /)
      expect(await readFile(file, 'utf8')).toBe(broken)
    }

    await writeFile(file, key, { mode: 0o600 })
    const again = await starts(dataDir)
    try {
      const { token } = await tokenTool(dataDir)
      const root = new Person(again.url, 'mallory', token)
      expect((await root.calls('GET', '/admin/locks')).status).toBe(200)
    } finally {
      await again.stop()
    }
  })

  it('is none of its own making: ten tools and a server that start at once sign with one key', async () => {
    const dataDir = join(folder, 'fresh')
    const [server, ...printed] = await Promise.all([
      starts(dataDir),
      ...Array.from({ length: 10 }, () => tokenTool(dataDir)),
    ])
    try {
      for (const { token, errors } of printed) {
        const root = new Person(server.url, 'mallory', token)
        expect((await root.calls('GET', '/admin/locks')).status, errors).toBe(200)
      }
    } finally {
      await server.stop()
    }
    expect((await readdir(dataDir)).filter((name) => name.startsWith('token-secret'))).toEqual([
      'token-secret',
    ])
  })
})
