import { once } from 'node:events'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, inject, it } from 'vitest'
import { embeddedAppUrl } from '../../src/database/app-role.js'
import { LogOutput, type LogStream } from '../../src/logging/log-output.js'
import { Logger } from '../../src/logging/logger.js'
import { bearerFor, Person } from '../kit/people.js'
import { newDatabase } from '../kit/postgres.js'
import { startTandemProcess, type TandemProcess, type TandemProcessOptions } from '../kit/tandem-process.js'
import { Editor } from '../kit/wopi.js'

/** A server that logs much, and somebody who saves at it while its log is hurt. */
async function savesGoOn(
  hurt: (server: TandemProcess) => Promise<unknown>,
  options: Partial<TandemProcessOptions> = {},
): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tandem-log-'))
  const databaseUrl = embeddedAppUrl(await newDatabase(inject('postgres')))
  const env = { LOG_LEVEL: 'debug', DATABASE_MIGRATION_URL: databaseUrl.replace('tandem_app@', 'tandem@') }
  const server = await startTandemProcess({
    dataDir,
    databaseUrl,
    ...options,
    env: { ...env, ...options.env },
  })
  try {
    const alice = new Person(server.url, 'alice', await bearerFor(dataDir, 'alice'))
    const file = await alice.createsFile('A.docx', 'first')
    const editor = new Editor(server.url, file.id, await alice.opensForEdit(file.id))
    expect((await editor.lock('L')).status).toBe(200)
    await hurt(server)
    for (let i = 0; i < 15; i++) {
      // A refused call logs a line.
      expect((await new Editor(server.url, file.id, 'bad').checkFileInfo()).status).toBe(401)
      expect((await editor.putFile(`save ${i}`, 'L')).status).toBe(200)
    }
    expect(await server.stop()).toBe(0)
  } finally {
    await server.kill9()
    await rm(dataDir, { recursive: true, force: true })
  }
}

describe('a log that cannot be written is no reason to stop: saves go on', () => {
  it.each([1, 2])('when its reader has gone (WORKERS=%i)', async (workers) => {
    const hurt = async ({ child }: TandemProcess): Promise<void> => {
      for (const stream of [child.stdout, child.stderr]) {
        const closed = stream ? once(stream, 'close') : undefined
        stream?.destroy()
        await closed
      }
    }
    await savesGoOn(hurt, { env: { WORKERS: String(workers) } })
  })

  it('when its reader does not read any more', async () => {
    await savesGoOn(({ child }) => {
      child.stdout?.pause()
      child.stderr?.pause()
      return Promise.resolve()
    })
  })

  it('when its disk is full from the start', async () => {
    const full = await open('/dev/full', 'w')
    try {
      await savesGoOn(() => Promise.resolve(), { prints: full.fd })
    } finally {
      await full.close()
    }
  })
})

/** A place for the log whose trouble a test makes. */
class Fake implements LogStream {
  readonly lines: string[] = []
  writableLength = 0
  trouble: Error | undefined
  private hear: (error: Error) => void = () => {
    throw new Error('nobody listens')
  }

  write(line: string, done: (error?: Error | null) => void): void {
    if (this.trouble) this.hear(this.trouble)
    else this.lines.push(line)
    done(this.trouble)
  }
  on(_event: 'error', hear: (error: Error) => void): void {
    this.hear = hear
  }
}

describe('the log', () => {
  it('says how many lines it lost, once it can be written again', () => {
    const fake = new Fake()
    const logger = new Logger('info', new LogOutput(fake))
    logger.info({}, 'before')
    fake.trouble = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
    for (let i = 0; i < 3; i++) logger.info({}, 'lost')
    fake.trouble = undefined
    logger.info({}, 'after')
    const said = fake.lines.map((line) => JSON.parse(line) as { msg: string; event?: string; lines?: number })
    expect(said.map(({ msg }) => msg).slice(0, 2)).toEqual(['before', 'after'])
    expect(said[2]).toMatchObject({ event: 'log-lost', lines: 3, level: 40 })
    logger.info({}, 'later')
    expect(fake.lines).toHaveLength(4)
  })

  it('keeps no more than 8 MB for a reader that does not read', () => {
    const fake = new Fake()
    const logger = new Logger('info', new LogOutput(fake))
    fake.writableLength = 8 * 1024 ** 2 + 1
    logger.info({}, 'lost')
    expect(fake.lines).toEqual([])
    fake.writableLength = 0
    logger.info({}, 'after')
    expect(fake.lines).toHaveLength(2)
    expect(JSON.parse(fake.lines[1] ?? '')).toMatchObject({ event: 'log-lost', lines: 1 })
  })
})
