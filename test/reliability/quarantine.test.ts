import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest'
import type { Person } from '../kit/people.js'
import { execute } from '../kit/postgres.js'
import { Housekeeping } from '../kit/storage.js'
import { Tandem } from '../kit/tandem.js'

const TWO_DAYS_AGO = new Date(Date.now() - 48 * 3600_000)

describe('blobs that the database has never named', () => {
  let tandem: Tandem
  let keeping: Housekeeping
  let alice: Person

  beforeEach(async () => {
    tandem = await Tandem.start(inject('postgres'))
    keeping = await Housekeeping.of(tandem)
    alice = await tandem.person('alice')
  })
  afterEach(async () => {
    await keeping[Symbol.asyncDispose]()
    await tandem.stop()
  })

  function pathOf(blob: string): string {
    return join(tandem.dataDir, 'blobs', blob.slice(0, 2), blob)
  }

  async function unknownBlobs(count: number): Promise<string[]> {
    const blobs = Array.from({ length: count }, () => randomBytes(16).toString('hex'))
    for (const blob of blobs) {
      await mkdir(dirname(pathOf(blob)), { recursive: true })
      await writeFile(pathOf(blob), blob)
      await utimes(pathOf(blob), TWO_DAYS_AGO, TWO_DAYS_AGO)
    }
    return blobs
  }

  const sql = (statement: string): Promise<unknown> => execute(tandem.databaseUrl, statement)
  const monthLater = (): Promise<unknown> =>
    sql(`update quarantined_blob set since = since - interval '31 days'`)

  async function installation(): Promise<Record<string, unknown>> {
    const answer = await fetch(`${tandem.url}/health/ready`)
    const body = (await answer.json()) as { details: { installation: Record<string, unknown> } }
    return body.details.installation
  }

  async function fsck(...args: string[]): Promise<[number, string]> {
    const entry = join(import.meta.dirname, '../../dist/src/fsck.js')
    const env = { PATH: process.env['PATH'], DATABASE_URL: tandem.databaseUrl, DATA_DIR: tandem.dataDir }
    return new Promise((resolve) => {
      execFile(process.execPath, [entry, ...args], { env }, (error, out, err) =>
        resolve([error ? Number(error.code) : 0, out + err]),
      )
    })
  }

  it('go after a month, and not before', async () => {
    const blobs = await unknownBlobs(3)
    await keeping.blobs.collect()
    expect(keeping.log.join('')).toContain('"blobs-quarantined"')
    expect(await installation()).toMatchObject({ unknownBlobs: 3, quarantinedBlobs: 3 })
    await keeping.blobs.collect()
    expect(blobs.filter((blob) => existsSync(pathOf(blob)))).toHaveLength(3)
    await monthLater()
    expect(await keeping.blobs.collect()).toBe(3)
    expect(blobs.filter((blob) => existsSync(pathOf(blob)))).toEqual([])
    expect(await installation()).toMatchObject({ quarantinedBlobs: 0 })
  })

  it(
    'are all kept while they are suspiciously many, until somebody gives them up',
    { timeout: 60_000 },
    async () => {
      const blobs = await unknownBlobs(101)
      await keeping.blobs.collect()
      await monthLater()
      expect(await keeping.blobs.collect()).toBe(0)
      expect(keeping.log.join('')).toContain('"blobs-unknown"')
      expect(await installation()).toMatchObject({ unknownBlobs: 101, quarantinedBlobs: 0 })
      expect(await (await fetch(`${tandem.url}/metrics`)).text()).toContain('tandem_blobs_unknown 101')

      const [code, said] = await fsck('--quarantine')
      expect([code, said]).toEqual([0, expect.stringContaining('101 blobs')])
      expect(await keeping.blobs.collect()).toBe(0)
      await monthLater()
      expect(await keeping.blobs.collect()).toBe(101)
      expect(blobs.filter((blob) => existsSync(pathOf(blob)))).toEqual([])
    },
  )

  it('leave the quarantine when a newer dump is restored that knows them', async () => {
    const { id } = await alice.createsFile('Report.docx', randomBytes(500))
    for (const shard of await readdir(join(tandem.dataDir, 'blobs'))) {
      if (shard.length !== 2) continue
      for (const blob of await readdir(join(tandem.dataDir, 'blobs', shard)))
        await utimes(pathOf(blob), TWO_DAYS_AGO, TWO_DAYS_AGO)
    }
    // The dump of before knows neither the version nor that it was ever deleted.
    await sql('create table later as select * from file_version')
    await sql('delete from file_version')
    await sql('delete from released_blob')
    await keeping.blobs.collect()
    expect(await installation()).toMatchObject({ unknownBlobs: 1, quarantinedBlobs: 1 })
    await monthLater()
    await sql('insert into file_version select * from later')
    expect(await keeping.blobs.collect()).toBe(0)
    expect(keeping.log.join('')).toContain('"blobs-found"')
    expect(await installation()).toMatchObject({ unknownBlobs: 0, quarantinedBlobs: 0 })
    expect((await alice.calls('GET', `/files/${id}/content`)).status).toBe(200)
  })

  it('nothing beside the blobs stops the collector or is deleted by it; fsck names it, reads on, and ends with 1', async () => {
    const { id } = await alice.createsFile('Report.docx', randomBytes(500))
    const [orphan = ''] = await unknownBlobs(1)
    const folder = join(tandem.dataDir, 'blobs')
    const strangers = [
      '.DS_Store',
      `${orphan.slice(0, 2)}/report (copy).docx`,
      `${orphan.slice(0, 2)}/.nfs0001`,
    ]
    for (const name of strangers) {
      await writeFile(join(folder, name), 'x')
      await utimes(join(folder, name), TWO_DAYS_AGO, TWO_DAYS_AGO)
    }
    await mkdir(join(folder, 'lost+found'))
    await keeping.blobs.collect()
    await monthLater()
    expect(await keeping.blobs.collect()).toBe(1)
    for (const name of [...strangers, 'lost+found']) expect(existsSync(join(folder, name)), name).toBe(true)

    // A folder in a blob's place cannot be read, and is not the only thing that is wrong.
    const other = await alice.createsFile('Other.docx', randomBytes(500))
    const { rows } = await execute(tandem.databaseUrl, 'select blob from file_version where file_id = $1', [
      id,
    ])
    const { blob } = rows[0] as { blob: string }
    await sql(`update file_version set sha256 = repeat('0', 64) where file_id = '${other.id}'`)
    await rm(pathOf(blob))
    await mkdir(pathOf(blob))
    const [code, said] = await fsck()
    expect(code).toBe(1)
    expect(said).toContain(`version 1 of file ${id}: blob ${blob}`)
    expect(said).toContain(`version 1 of file ${other.id}`)
    for (const name of [...strangers, 'lost+found']) expect(said).toContain(`beside the blobs: ${name} `)
  })
})
