import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createDataSource } from '../../ormconfig.js'
import { readConfig } from '../../src/config/config.js'
import { Database } from '../../src/database/database.js'
import {
  startEmbeddedPostgres,
  type EmbeddedPostgres,
} from '../../src/database/embedded/embedded-postgres.js'
import { BlobStore } from '../../src/storage/blobs/blob-store.js'
import { checkStorage, type StorageReport } from '../../src/storage/blobs/fsck.js'
import { freePort } from '../kit/free-port.js'
import { startTandemProcess, type TandemProcess } from '../kit/tandem-process.js'

/** Durable PostgreSQL and server processes on it, each of which can be killed and started again in its place. */
export class Installation {
  private constructor(
    readonly folder: string,
    readonly urls: readonly string[],
    private readonly ports: readonly number[],
    private readonly env: Readonly<Record<string, string>>,
    private postgres: EmbeddedPostgres,
    readonly servers: TandemProcess[],
  ) {}

  static async start(count: number, env: Readonly<Record<string, string>> = {}): Promise<Installation> {
    const folder = await mkdtemp(join(tmpdir(), 'tandem-crash-'))
    const postgres = await startPostgres(folder)
    const ports = await Promise.all(Array.from({ length: count }, () => freePort()))
    const urls = ports.map((port) => `http://127.0.0.1:${port}`)
    const installation = new Installation(folder, urls, ports, env, postgres, [])
    // A run that is broken off leaves no servers behind; PostgreSQL sees to itself.
    process.once('exit', () => installation.servers.forEach(({ child }) => child.kill('SIGKILL')))
    await Promise.all(ports.map((_, index) => installation.startServer(index)))
    return installation
  }

  get dataDir(): string {
    return join(this.folder, 'data')
  }

  get databaseUrl(): string {
    return this.postgres.url
  }

  server(index: number): TandemProcess {
    const server = this.servers[index]
    if (!server) throw new Error(`there is no server ${index}`)
    return server
  }

  async startServer(index: number): Promise<void> {
    const port = this.ports[index]
    if (port === undefined) throw new Error(`there is no server ${index}`)
    this.servers[index] = await startTandemProcess({
      databaseUrl: this.postgres.url,
      dataDir: this.dataDir,
      env: this.env,
      port,
    })
  }

  /** As the kernel's out-of-memory killer would: the postmaster and all its children at the same instant. */
  async killPostgres(): Promise<void> {
    const { pid } = this.postgres
    const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '')
    for (const victim of [pid, ...children.trim().split(' ').map(Number)]) {
      try {
        if (victim > 0) process.kill(victim, 'SIGKILL')
      } catch {
        // It ended by itself meanwhile.
      }
    }
    await this.postgres.kill()
  }

  /** As an administrator would: fast shutdown, which cuts whoever is connected. */
  stopPostgres(): Promise<void> {
    return this.postgres.stop()
  }

  async startPostgres(): Promise<void> {
    this.postgres = await startPostgres(this.folder)
  }

  async fsck(complain: (line: string) => void): Promise<StorageReport> {
    const dataSource = await createDataSource(this.postgres.url, 2).initialize()
    try {
      const config = readConfig({ DATA_DIR: this.dataDir })
      const database = new Database(dataSource)
      const blobs = new BlobStore({ ...config, databaseUrl: this.postgres.url, tokenSecrets: [] }, database)
      return await checkStorage(database, blobs, complain)
    } finally {
      await dataSource.destroy()
    }
  }

  /** @returns the exit codes of the servers */
  async stop(): Promise<(number | null)[]> {
    const codes = await Promise.all(this.servers.map((server) => server.stop()))
    await this.postgres.stop()
    await rm(this.folder, { recursive: true, force: true })
    return codes
  }
}

function startPostgres(folder: string): Promise<EmbeddedPostgres> {
  return startEmbeddedPostgres({ dataDir: join(folder, 'database'), durable: true })
}
