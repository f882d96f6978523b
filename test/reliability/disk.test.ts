import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest'
import { straceWorks } from '../crash/strike.js'
import { bearerFor, Person } from '../kit/people.js'
import { newDatabase } from '../kit/postgres.js'
import { startTandemProcess, type TandemProcess } from '../kit/tandem-process.js'
import { Editor } from '../kit/wopi.js'
import { callsDuring, injectFault } from './faults.js'
import { blobsIn, untilBlobs } from './held-upload.js'
import { until } from './until.js'

const run = promisify(execFile)
const DISK_BYTES = 3 * 1024 ** 2

const folder = await mkdtemp(join(tmpdir(), 'tandem-disk-'))
const mounted = await mountSmallDisk(join(folder, 'blobs'))
const injects = await straceWorks()
if (!mounted) console.warn('NOT TESTED: a full disk, because no tmpfs can be mounted here')
if (!injects) console.warn('NOT TESTED: disk errors, because strace does not work here')

describe('a disk that fails (R-04, R-05)', () => {
  let server: TandemProcess
  let alice: Person
  let fileId: string
  let editor: Editor

  beforeAll(async () => {
    // One thread for all file system calls, so that a fault can name the nth of them.
    const env = { UV_THREADPOOL_SIZE: '1', LOG_LEVEL: 'silent' }
    server = await startTandemProcess({
      databaseUrl: await newDatabase(inject('postgres')),
      dataDir: folder,
      env,
    })
    alice = new Person(server.url, 'alice', await bearerFor(folder, 'alice'))
    fileId = (await alice.createsFile('Document.docx', 'the content before')).id
    editor = new Editor(server.url, fileId, await alice.opensForEdit(fileId))
    expect((await editor.lock('L')).status).toBe(200)
  })
  afterEach(() => rm(join(folder, 'blobs', 'filler'), { force: true }))
  afterAll(async () => {
    await server.stop()
    if (mounted) await run('umount', [join(folder, 'blobs')])
    await rm(folder, { recursive: true, force: true })
  })

  async function everything(): Promise<unknown> {
    const info = (await editor.checkFileInfo()).json<Record<string, unknown>>()
    return {
      seen: [info['Version'], info['Size'], info['LastModifiedTime'], info['SHA256']],
      view: await alice.seesFile(fileId),
      content: (await editor.getFile()).body.toString('hex'),
      lock: (await editor.getLock()).lock,
      versions: await alice.versions(fileId),
      recoveryItems: await alice.recoveryItems(fileId),
    }
  }

  async function expectRefusedWithoutTrace(save: () => ReturnType<Editor['putFile']>): Promise<void> {
    const before = await everything()
    const blobs = (await blobsIn(folder)).length
    const answer = await save()
    expect([answer.status, answer.headers['x-wopi-servererror']]).toEqual([500, 'The storage is full'])
    await untilBlobs(folder, blobs)
    expect(await everything()).toEqual(before)
  }

  async function storageSaysReady(): Promise<boolean> {
    const answer = await fetch(`${server.url}/health/ready`)
    const { details } = (await answer.json()) as { details: Record<string, { status: string }> }
    return details['storage']?.status === 'up'
  }

  it.skipIf(!mounted)(
    'that is full before the save: 500 with X-WOPI-ServerError, nothing changed',
    async () => {
      await fillUp()
      expect(await storageSaysReady()).toBe(false)
      await expectRefusedWithoutTrace(() => editor.putFile(randomBytes(100_000), 'L'))
      const upload = await alice.calls('POST', '/files?name=other.docx', randomBytes(100_000))
      expect(upload.status).toBe(500)

      await rm(join(folder, 'blobs', 'filler'))
      await until('there is room again', storageSaysReady)
      expect((await editor.putFile(randomBytes(100_000), 'L')).status).toBe(200)
    },
  )

  it.skipIf(!mounted)('that runs full in the middle of the save: the same', async () => {
    await expectRefusedWithoutTrace(() => editor.putFile(randomBytes(3 * DISK_BYTES), 'L'))
    const body = randomBytes(DISK_BYTES / 4)
    expect((await editor.putFile(body, 'L')).status).toBe(200)
    expect((await editor.getFile()).body.equals(body)).toBe(true)
  })

  async function fillUp(): Promise<void> {
    await writeFile(join(folder, 'blobs', 'filler'), Buffer.alloc(2 * DISK_BYTES)).catch(() => undefined)
  }

  /** Written in one piece, by a write that is on the disk when it returns; and in two, which are synced together. */
  const small = { kind: 'small', bodyOf: () => randomBytes(1000) }
  const streamed = {
    kind: 'streamed',
    bodyOf: () => Readable.from([randomBytes(265_000), randomBytes(5000)]),
  }

  for (const { kind, bodyOf } of [small, streamed]) {
    it.skipIf(!injects)(`has the bytes and the name of a ${kind} save before it is answered`, async () => {
      const calls = await callsDuring(server.pid, 'openat,fsync', async () => {
        expect((await editor.putFile(bodyOf(), 'L')).status).toBe(200)
      })
      const created = calls.filter((call) => call.includes('openat') && call.includes('O_CREAT'))
      expect(created).toHaveLength(1)
      const [, blob = '', flags = ''] = /"([^"]+)", (\S+)/.exec(created[0] ?? '') ?? []
      const isSynced = (path: string): boolean =>
        calls.some((call) => /fsync\(\d+<(.+)>\) += 0/.exec(call)?.[1] === path)
      expect([dirname(blob), isSynced(dirname(blob))]).toEqual([expect.stringMatching(/blobs\/..$/), true])
      expect(flags.includes('O_DSYNC') || isSynced(blob)).toBe(true)
      expect(flags.includes('O_DSYNC')).toBe(kind === 'small')
    })
  }

  // The blob and its folder; fewer would mean that one of them is not made safe, or its failure not noticed.
  const anomalies = [
    { call: 'openat', error: 'EMFILE', save: small, times: 2 },
    { call: 'openat', error: 'EIO', save: small, times: 2 },
    { call: 'pwrite64,pwritev', error: 'EIO', save: small, times: 1 },
    { call: 'pwrite64,pwritev', error: 'ENOSPC', save: small, times: 1 },
    { call: 'fsync', error: 'EIO', save: small, times: 1 },
    { call: 'fsync', error: 'ENOSPC', save: small, times: 1 },
    { call: 'fsync', error: 'EIO', save: streamed, times: 2 },
    { call: 'fsync', error: 'ENOSPC', save: streamed, times: 2 },
  ]
  for (const { call, error, save, times } of anomalies) {
    // The anomaly loop: fail the first, the second … such call, until a save gets through without meeting it.
    it.skipIf(!injects)(
      `that answers ${error} to the nth ${call} of a ${save.kind} save, for every n`,
      async () => {
        let failures = 0
        for (let saved = false; !saved;) {
          const fault = await injectFault(server.pid, `${call}:error=${error}:when=${failures + 1}`)
          try {
            const before = await alice.versions(fileId)
            const { status, headers } = await editor.putFile(save.bodyOf(), 'L')
            saved = status === 200
            if (saved) continue
            failures++
            const why = error === 'ENOSPC' ? 'The storage is full' : 'The storage is failing'
            expect([status, headers['x-wopi-servererror']]).toEqual([500, why])
            expect(await alice.versions(fileId)).toEqual(before)
          } finally {
            await fault.remove()
          }
        }
        expect(failures).toBe(times)
        const blobs = await blobsIn(folder)
        expect(blobs).toHaveLength((await alice.versions(fileId)).length)
      },
    )
  }
})

async function mountSmallDisk(path: string): Promise<boolean> {
  await mkdir(path, { recursive: true })
  const mounting = run('mount', ['-t', 'tmpfs', '-o', `size=${DISK_BYTES}`, 'tmpfs', path])
  return mounting.then(
    () => true,
    () => false,
  )
}
