import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { request } from 'undici'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { bearerFor, Person } from '../kit/people.js'
import { newDatabase } from '../kit/postgres.js'
import { startTandemProcess, type TandemProcess } from '../kit/tandem-process.js'
import { Editor } from '../kit/wopi.js'
import { takesTurnsWithHeavyTests } from '../heavy.js'

takesTurnsWithHeavyTests()

const MIB = 1024 ** 2
const UPLOADS = 10
const SIZE_MIB = 100
const MAX_GROWTH_MIB = 150

describe('ten 100 MB documents at once (D-04)', () => {
  let dataDir: string
  let server: TandemProcess
  let editors: Editor[]

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'tandem-memory-'))
    server = await startTandemProcess({ databaseUrl: await newDatabase(inject('postgres')), dataDir })
    const alice = new Person(server.url, 'alice', await bearerFor(dataDir, 'alice'))
    editors = await Promise.all(
      Array.from({ length: UPLOADS }, async (_, i) => {
        const { id } = await alice.createsFile(`Film ${i}.pptx`, 'small')
        const editor = new Editor(server.url, id, await alice.opensForEdit(id))
        await editor.lock('L')
        // Everything is compiled and connected before the measurement.
        for (let save = 0; save < 2; save++) {
          await editor.putFile(Readable.from(pieces(i, 1)), 'L')
          await editor.getFile()
        }
        return editor
      }),
    )
  })
  afterAll(async () => {
    await server.stop()
    await rm(dataDir, { recursive: true, force: true })
  })

  it(`grow the server by less than ${MAX_GROWTH_MIB} MB while they are saved`, async () => {
    const { growth, result } = await growthDuring(() =>
      Promise.all(editors.map((editor, i) => editor.putFile(Readable.from(pieces(i, SIZE_MIB)), 'L'))),
    )
    expect(result.map(({ status }) => status)).toEqual(Array(UPLOADS).fill(200))
    console.log(`saving ${UPLOADS} × ${SIZE_MIB} MB grew the server by ${growth.toFixed(0)} MB`)
    expect(growth).toBeLessThan(MAX_GROWTH_MIB)
  }, 120_000)

  it(`and by less than ${MAX_GROWTH_MIB} MB while they are read, byte for byte`, async () => {
    const { growth, result } = await growthDuring(() => Promise.all(editors.map(hashOfDownload)))
    expect(result).toEqual(editors.map((_, i) => hashOf(i)))
    console.log(`reading ${UPLOADS} × ${SIZE_MIB} MB grew the server by ${growth.toFixed(0)} MB`)
    expect(growth).toBeLessThan(MAX_GROWTH_MIB)
  }, 120_000)

  async function growthDuring<T>(work: () => Promise<T>): Promise<{ growth: number; result: T }> {
    const before = await residentMib()
    let most = before
    const watch = setInterval(() => {
      void residentMib().then((now) => (most = Math.max(most, now)))
    }, 20)
    try {
      const result = await work()
      return { growth: most - before, result }
    } finally {
      clearInterval(watch)
    }
  }

  async function residentMib(): Promise<number> {
    const status = await readFile(`/proc/${server.pid}/status`, 'utf8')
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024
  }
})

/** A document of that many MiB, each one different, without ever being in memory whole. */
function* pieces(document: number, mebibytes: number): Generator<Buffer> {
  for (let i = 0; i < mebibytes; i++) yield Buffer.alloc(MIB, `document ${document}, piece ${i} `)
}

function hashOf(document: number): string {
  const hash = createHash('sha256')
  for (const piece of pieces(document, SIZE_MIB)) hash.update(piece)
  return hash.digest('hex')
}

async function hashOfDownload({ baseUrl, fileId, token }: Editor): Promise<string> {
  const { body } = await request(`${baseUrl}/wopi/files/${fileId}/contents?access_token=${token}`)
  const hash = createHash('sha256')
  for await (const chunk of body) hash.update(chunk as Buffer)
  return hash.digest('hex')
}
