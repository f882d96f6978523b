import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { cp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, inject, it } from 'vitest'
import { bearerFor, Person } from '../kit/people.js'
import { execute, newDatabase } from '../kit/postgres.js'
import { Turns } from '../kit/turns.js'
import { startTandemProcess, type TandemProcess } from '../kit/tandem-process.js'
import { scratchFolder } from '../kit/scratch.js'

const ADMIN = 'npm run fsck -- --adopt'

/** Folders of blobs, and real processes on them, for one test. */
class Ground implements AsyncDisposable {
  private readonly folders: string[] = []
  private readonly running: TandemProcess[] = []

  async newFolder(): Promise<string> {
    const folder = await scratchFolder('tandem-pair-')
    this.folders.push(folder)
    return folder
  }

  start(databaseUrl: string | undefined, dataDir: string): Promise<TandemProcess> {
    return starts.take(() => this.startAtOnce(databaseUrl, dataDir))
  }

  async startAtOnce(databaseUrl: string | undefined, dataDir: string, workers = 1): Promise<TandemProcess> {
    const place = databaseUrl === undefined ? { dataDir } : { databaseUrl, dataDir }
    const server = await startTandemProcess({ ...place, env: { WORKERS: String(workers) } })
    this.running.push(server)
    return server
  }

  /** @returns what it said */
  async refused(databaseUrl: string | undefined, dataDir: string): Promise<string> {
    const said = await this.start(databaseUrl, dataDir).then(
      () => 'it started',
      (error: unknown) => String(error),
    )
    expect(said).toContain('Tandem did not start')
    return said
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.running.map((server) => server.kill9()))
    for (const folder of this.folders) await rm(folder, { recursive: true, force: true })
  }
}

/** A start keeps a processor busy, and the tests of other files want one, too. */
const starts = new Turns(2)

/** Each test has a ground of its own. */
const SIDE_BY_SIDE = { concurrent: true, timeout: 120_000 }

describe('a database and a folder of blobs that do not belong together', SIDE_BY_SIDE, () => {
  async function saves(server: TandemProcess, dataDir: string, count = 1): Promise<string[]> {
    const alice = new Person(server.url, 'alice', await bearerFor(dataDir, 'alice'))
    const ids: string[] = []
    for (let i = 0; i < count; i++)
      ids.push((await alice.createsFile(`${randomBytes(8).toString('hex')}.docx`, randomBytes(50))).id)
    return ids
  }

  async function readable(server: TandemProcess, dataDir: string, ids: readonly string[]): Promise<number> {
    const alice = new Person(server.url, 'alice', await bearerFor(dataDir, 'alice'))
    const answers = await Promise.all(ids.map((id) => alice.calls('GET', `/files/${id}/content`)))
    return answers.filter(({ status }) => status === 200).length
  }

  async function idIn(dataDir: string): Promise<string> {
    return (await readFile(join(dataDir, 'blobs/installation'), 'utf8')).slice(0, 32)
  }

  async function idOf(databaseUrl: string): Promise<string> {
    const { rows } = await execute(databaseUrl, 'select id from installation')
    return (rows[0] as { id: string }).id
  }

  async function fsck(databaseUrl: string, dataDir: string, ...args: string[]): Promise<[number, string]> {
    const entry = join(import.meta.dirname, '../../dist/src/fsck.js')
    const env = { PATH: process.env['PATH'], DATABASE_URL: databaseUrl, DATA_DIR: dataDir }
    return new Promise((resolve) => {
      execFile(process.execPath, [entry, ...args], { env }, (error, out, err) =>
        resolve([error ? Number(error.code) : 0, out + err]),
      )
    })
  }

  async function migrations(databaseUrl: string): Promise<number> {
    const { rows } = await execute(databaseUrl, 'select count(*)::int as n from migration')
    return (rows[0] as { n: number }).n
  }

  it('another database (DATABASE_URL mistyped): refused, with both ids, and that database is not touched', async () => {
    await using ground = new Ground()
    const [mine, theirs] = [await newDatabase(inject('postgres')), await newDatabase(inject('postgres'))]
    const [folder, theirFolder] = [await ground.newFolder(), await ground.newFolder()]
    const server = await ground.start(mine, folder)
    const ids = await saves(server, folder)
    await ground.start(theirs, theirFolder)
    await execute(theirs, `delete from migration where name like 'SchemaRelease%'`)
    const before = await migrations(theirs)
    const said = await ground.refused(theirs, folder)
    expect(said).toContain(await idOf(theirs))
    expect(said).toContain(await idIn(folder))
    expect(said).toContain(ADMIN)
    expect(await migrations(theirs)).toBe(before)
    expect(await readable(server, folder, ids)).toBe(1)
    const [code, report] = await fsck(theirs, folder)
    expect([code, report]).toEqual([1, expect.stringContaining('this is a wrong pair')])
  })

  it('no DATABASE_URL any more, so a fresh embedded database over existing blobs: refused', async () => {
    await using ground = new Ground()
    const [database, folder] = [await newDatabase(inject('postgres')), await ground.newFolder()]
    await saves(await ground.start(database, folder), folder)
    const said = await ground.refused(undefined, folder)
    expect(said).toContain(await idIn(folder))
    expect(said).toContain('the database is new')
  })

  it('two servers with different folders on one database: the second is refused, even while nothing is stored', async () => {
    await using ground = new Ground()
    const [database, folder, other] = [
      await newDatabase(inject('postgres')),
      await ground.newFolder(),
      await ground.newFolder(),
    ]
    await ground.start(database, folder)
    expect(await ground.refused(database, other)).toContain(`of installation ${await idOf(database)}`)
  })

  it('started before its volume is mounted: refused; mounted: starts', async () => {
    await using ground = new Ground()
    const [database, folder] = [await newDatabase(inject('postgres')), await ground.newFolder()]
    const first = await ground.start(database, folder)
    const ids = await saves(first, folder, 3)
    await first.stop()
    const unmounted = join(folder, 'elsewhere')
    await rename(join(folder, 'blobs'), unmounted)
    expect(await ground.refused(database, folder)).toContain('is its volume mounted?')
    await rm(join(folder, 'blobs'), { recursive: true, force: true })
    await rename(unmounted, join(folder, 'blobs'))
    expect(await readable(await ground.start(database, folder), folder, ids)).toBe(3)
  })

  it('a volume that goes and comes below a running server: readiness says so, and is well again', async () => {
    await using ground = new Ground()
    const [database, folder] = [await newDatabase(inject('postgres')), await ground.newFolder()]
    const server = await ground.start(database, folder)
    const readiness = async (): Promise<[string, string]> => {
      const answer = await fetch(`${server.url}/health/ready`)
      const { details } = (await answer.json()) as {
        details: { installation: { status: string; reason?: string } }
      }
      return [details.installation.status, details.installation.reason ?? '']
    }
    expect(await readiness()).toEqual(['up', ''])
    await rename(join(folder, 'blobs/installation'), join(folder, 'aside'))
    expect(await readiness()).toEqual(['down', expect.stringContaining('is its volume mounted?')])
    await writeFile(join(folder, 'blobs/installation'), `${'0'.repeat(32)}\n`)
    expect(await readiness()).toEqual(['down', expect.stringContaining('0'.repeat(32))])
    await rename(join(folder, 'aside'), join(folder, 'blobs/installation'))
    expect(await readiness()).toEqual(['up', ''])
  })

  describe('an upgrade, where neither side has an id', () => {
    async function fromBefore(
      ground: Ground,
      count: number,
    ): Promise<{ database: string; folder: string; ids: string[] }> {
      const [database, folder] = [await newDatabase(inject('postgres')), await ground.newFolder()]
      const server = await ground.start(database, folder)
      const ids = await saves(server, folder, count)
      await server.stop()
      await execute(database, 'delete from installation')
      await rm(join(folder, 'blobs/installation'))
      return { database, folder, ids }
    }

    it('starts when a sample of its blobs is there, composites and all', async () => {
      await using ground = new Ground()
      const { database, folder, ids } = await fromBefore(ground, 3)
      await execute(
        database,
        `with whole as (select file_id, blob, size from file_version limit 1),
           made as (insert into chunked_content (id, scheme, size) select 'c:' || repeat('d', 32), 'FullFile', size from whole),
           moved as (update file_version v set blob = 'c:' || repeat('d', 32) from whole where v.file_id = whole.file_id),
           head as (update file f set blob = 'c:' || repeat('d', 32) from whole where f.id = whole.file_id)
         select`,
      )
      await execute(
        database,
        `insert into stream_chunk (content, ordinal, chunk_id, blob, start, length)
           select 'c:' || repeat('d', 32), 0, 'x', r.blob, 0, 50 from released_blob r`,
      )
      const server = await ground.start(database, folder)
      expect(await readable(server, folder, ids)).toBe(3)
      expect(await idIn(folder)).toBe(await idOf(database))
    })

    it('is refused when rows have no blobs; --adopt pairs on purpose, is audited, and the former pair is none any more', async () => {
      await using ground = new Ground()
      const { database, folder } = await fromBefore(ground, 3)
      await rm(join(folder, 'blobs'), { recursive: true })
      expect(await ground.refused(database, folder)).toContain('3 of 3 blobs')
      const hasty = await fsck(database, folder, '--adopt')
      expect(hasty).toEqual([2, expect.stringContaining('3 of 3 blobs')])
      expect(await ground.refused(database, folder)).toContain('3 of 3 blobs')
      const [code, said] = await fsck(database, folder, '--adopt', '--even-so')
      expect([code, said]).toEqual([1, expect.stringContaining('is missing')])
      expect(await idIn(folder)).toBe(await idOf(database))
      const { rows } = await execute(
        database,
        `select actor, object_id from audit_event where action = 'installation-adopted' order by id`,
      )
      expect(rows).toEqual([
        { actor: expect.stringMatching(/^operator:/) as string, object_id: await idOf(database) },
      ])
      await ground.start(database, folder)
    })

    it('is refused when blobs have no rows', async () => {
      await using ground = new Ground()
      const { folder } = await fromBefore(ground, 1)
      expect(await ground.refused(await newDatabase(inject('postgres')), folder)).toContain('has blobs')
      expect(await ground.refused(undefined, folder)).toContain('has blobs')
    })
  })

  it('a folder that was restored without its file is refused until it is adopted', async () => {
    await using ground = new Ground()
    const [database, folder] = [await newDatabase(inject('postgres')), await ground.newFolder()]
    const server = await ground.start(database, folder)
    const ids = await saves(server, folder)
    await server.stop()
    const copy = await ground.newFolder()
    await cp(join(folder, 'blobs'), join(copy, 'blobs'), { recursive: true })
    await cp(join(folder, 'token-secret'), join(copy, 'token-secret'))
    await rm(join(copy, 'blobs/installation'))
    expect(await ground.refused(database, copy)).toContain('no file "installation"')
    expect((await fsck(database, copy, '--adopt'))[0]).toBe(0)
    expect(await readable(await ground.start(database, copy), copy, ids)).toBe(1)
    // One database cannot have two folders.
    expect(await ground.refused(database, folder)).toContain(await idOf(database))
  })

  it('several servers and workers that start at once, for the first time, agree', async () => {
    await using ground = new Ground()
    const [database, folder] = [await newDatabase(inject('postgres')), await ground.newFolder()]
    await Promise.all([
      ground.startAtOnce(database, folder, 2),
      ground.startAtOnce(database, folder),
      ground.startAtOnce(database, folder),
    ])
    expect(await idIn(folder)).toBe(await idOf(database))
  })
})
