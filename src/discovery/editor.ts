import type { EditorSetting } from '../config/editors.js'
import type { Logger } from '../logging/logger.js'
import { readDiscovery, type DiscoveryDocument } from './discovery-document.js'
import { XmlError } from './xml-reader.js'

/** Editors change addresses and keys rarely (CLIENTS.md pain 55). */
const FRESH_MS = 12 * 3_600_000
/** Whoever sends bad proofs can make us ask no more often than this. */
const DEMAND_MS = 60_000

export type FetchDocument = (url: string) => Promise<Uint8Array>

export interface EditorHealth {
  readonly readAt: Date | undefined
  readonly triedAt: Date | undefined
  /** Why the latest try failed, in words; undefined after a success. */
  readonly error: string | undefined
}

/**
 * One editor service and what it last said of itself. While it cannot be read, the last good document stays good:
 * an outage there would be one here otherwise (CLIENTS.md pain 52).
 */
export class Editor {
  private last: DiscoveryDocument | undefined
  private readAt: Date | undefined
  private triedAt: Date | undefined
  private error: string | undefined
  private freshUntil = -Infinity
  private demandAgainAt = -Infinity
  private reading: Promise<void> | undefined

  constructor(
    readonly setting: EditorSetting,
    private readonly fetch: FetchDocument,
    private readonly logger: Logger,
  ) {}

  get document(): DiscoveryDocument | undefined {
    return this.last
  }

  get health(): EditorHealth {
    return { readAt: this.readAt, triedAt: this.triedAt, error: this.error }
  }

  /** Read long ago, or not at the latest try. */
  get isDue(): boolean {
    return performance.now() >= this.freshUntil
  }

  /** Never rejects; a second caller joins the first. */
  refresh(): Promise<void> {
    return (this.reading ??= this.read().finally(() => (this.reading = undefined)))
  }

  /** A proof says that the keys may have changed. @returns the reading to wait for; undefined when it is too soon */
  refreshOnDemand(): Promise<void> | undefined {
    const now = performance.now()
    if (this.reading || now < this.demandAgainAt) return this.reading
    this.demandAgainAt = now + DEMAND_MS
    return this.refresh()
  }

  private async read(): Promise<void> {
    const { name, discoveryUrl, origins, proof } = this.setting
    this.triedAt = new Date()
    try {
      const document = readDiscovery(await this.fetch(discoveryUrl), origins)
      if (proof === 'required' && !document.keys) throw new XmlError('it has no proof key that can be used')
      this.took(document)
    } catch (error) {
      const reason = inWords(error)
      this.freshUntil = -Infinity
      if (reason === this.error) return
      this.error = reason
      const facts = { event: 'discovery-failed', editor: name, reason, haveOlder: this.last !== undefined }
      this.logger.warn(facts, 'the discovery document of an editor could not be read; trying again')
    }
  }

  private took(document: DiscoveryDocument): void {
    const news =
      this.error !== undefined ||
      this.last?.keys?.current.fingerprint !== document.keys?.current.fingerprint ||
      this.last?.actions.length !== document.actions.length
    this.last = document
    this.readAt = new Date()
    this.error = undefined
    this.freshUntil = performance.now() + FRESH_MS
    if (!news) return
    const facts = {
      event: 'discovery-read',
      editor: this.setting.name,
      actions: document.actions.length,
      disallowedOrigins: document.disallowedOrigins.slice(0, 5).join(' ') || undefined,
      key: document.keys?.current.fingerprint.slice(0, 16),
    }
    this.logger.info(facts, 'the discovery document of an editor was read')
  }
}

function inWords(error: unknown): string {
  if (error instanceof XmlError) return `its answer cannot be used: ${error.message}`
  const code = (error as NodeJS.ErrnoException).code
  if (typeof code === 'string' && code in PLAIN) return PLAIN[code] ?? code
  return error instanceof Error ? error.message : String(error)
}

const PLAIN: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'its host name is not known',
  EAI_AGAIN: 'its host name could not be looked up',
  ECONNRESET: 'it broke the connection off',
  UND_ERR_SOCKET: 'it broke the connection off',
}
