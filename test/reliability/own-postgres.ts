import { readFile, rm } from 'node:fs/promises'
import {
  startEmbeddedPostgres,
  type EmbeddedPostgres,
} from '../../src/database/embedded/embedded-postgres.js'
import { prepareTemplate } from '../kit/postgres.js'
import { scratchFolder } from '../kit/scratch.js'

/** A durable PostgreSQL for one test file, to be ill-treated: killed and started again in place, or suspended. */
export class OwnPostgres {
  private constructor(
    readonly folder: string,
    private server: EmbeddedPostgres,
  ) {}

  static async start(): Promise<OwnPostgres> {
    const folder = await scratchFolder('tandem-own-pg-')
    const postgres = new OwnPostgres(folder, await startEmbeddedPostgres({ dataDir: folder, durable: true }))
    await prepareTemplate(postgres.url)
    return postgres
  }

  get url(): string {
    return this.server.url
  }

  kill(): Promise<void> {
    return this.server.kill()
  }

  /** Fast shutdown, as an upgrade or an administrator does it. */
  async restart(): Promise<void> {
    await this.server.stop()
    await this.startAgain()
  }

  async startAgain(): Promise<void> {
    this.server = await startEmbeddedPostgres({ dataDir: this.folder, durable: true })
  }

  /** SIGSTOP or SIGCONT to the postmaster and all its children: connections stay open and nobody answers. */
  async signal(signal: 'SIGSTOP' | 'SIGCONT'): Promise<void> {
    const { pid } = this.server
    process.kill(pid, signal)
    const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')
    for (const child of children.trim().split(' ')) signalIfThere(Number(child), signal)
  }

  async stop(): Promise<void> {
    await this.server.stop()
    await rm(this.folder, { recursive: true, force: true })
  }
}

/** A backend may end between the look at the list and the signal. */
function signalIfThere(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
