import { rm } from 'node:fs/promises'
import { readConfig } from '../../src/config/config.js'
import { loadTokenSecrets } from '../../src/config/token-secrets.js'
import { embeddedAppUrl } from '../../src/database/app-role.js'
import { Logger } from '../../src/logging/logger.js'
import type { ApiRole } from '../../src/auth/api-user.js'
import { prepareDatabase } from '../../src/prepare-database.js'
import { serve } from '../../src/serve.js'
import { freePort } from './free-port.js'
import { bearerFor, Person, type FileView, type Role } from './people.js'
import { newDatabase } from './postgres.js'
import { scratchFolder } from './scratch.js'
import { Editor } from './wopi.js'

export interface TandemOptions {
  /** Settings as an operator would set them. */
  readonly env?: Readonly<Record<string, string>>
  /** Of another Tandem, to make this one its second instance. */
  readonly sharing?: Tandem
}

/** Tandem in this process, on a fresh database and folder, reached by real HTTP. */
export class Tandem implements AsyncDisposable {
  private constructor(
    readonly url: string,
    readonly publicUrl: string,
    /** As the owner, for what a test has to look up or to break; the server itself has the role of a server. */
    readonly databaseUrl: string,
    readonly dataDir: string,
    /** Every line it logged, at level debug. */
    readonly log: readonly string[],
    private readonly end: () => Promise<void>,
  ) {}

  static async start(serverUrl: string, { env = {}, sharing }: TandemOptions = {}): Promise<Tandem> {
    const port = await freePort()
    const databaseUrl = sharing?.databaseUrl ?? (await newDatabase(serverUrl))
    const dataDir = sharing?.dataDir ?? (await scratchFolder('tandem-data-'))
    const url = `http://127.0.0.1:${port}`
    const publicUrl = sharing?.publicUrl ?? url
    const given = { LOG_LEVEL: 'debug', PUBLIC_URL: publicUrl, ...env, PORT: String(port) }
    const asServer = embeddedAppUrl(databaseUrl)
    const config = readConfig({ ...given, DATABASE_URL: asServer, DATA_DIR: dataDir })
    // The template is migrated and its rights are given; only the tables of webhooks depend on the settings.
    if (config.webhooks) await prepareDatabase({ url: asServer, ownerUrl: databaseUrl }, config)
    const log: string[] = []
    const logger = new Logger(config.logLevel, { write: (line: string) => log.push(line) })
    const running = await serve(
      { ...config, databaseUrl: asServer, tokenSecrets: await loadTokenSecrets(config) },
      logger,
    )
    return new Tandem(url, publicUrl, databaseUrl, dataDir, log, async () => {
      await running.stop()
      if (!sharing) await rm(dataDir, { recursive: true, force: true })
    })
  }

  async person(id: string, role: ApiRole = 'user'): Promise<Person> {
    return new Person(this.url, id, await bearerFor(this.dataDir, id, role))
  }

  /** An editor that opened the file with that person's token, at this instance. */
  async editor(person: Person, fileId: string, mode: 'edit' | 'view' = 'edit'): Promise<Editor> {
    return new Editor(this.url, fileId, await person.opens(fileId, mode))
  }

  /** alice's new file, with the others let in. */
  async sharedFile(
    content: Buffer | string,
    others: Readonly<Record<string, Role>> = {},
    name = `Document ${Math.random().toString(36).slice(2)}.docx`,
  ): Promise<FileView> {
    const alice = await this.person('alice')
    const file = await alice.createsFile(name, content)
    for (const [other, role] of Object.entries(others)) await alice.grants(file.id, `user:${other}`, role)
    return file
  }

  stop(): Promise<void> {
    return this.end()
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.end()
  }
}
