import { sha256 } from './sha256.js'
import type { WopiAccess, WopiClientOptions } from './wopi-client.js'
import { WopiClient } from './wopi-client.js'
import type { Outcome } from './wopi-outcome.js'

/** One body that an editor service handed to the host, and what the host said to it. */
export interface WitnessedSave {
  readonly access: WopiAccess
  /** By `performance.now()`. */
  readonly setOffAt: number
  readonly sha256: string
  readonly outcome: Outcome
}

/** Remembers what it saw on the wire, so that what the host kept can be compared body by body. */
export class RecordingClient extends WopiClient {
  readonly saves: WitnessedSave[] = []

  constructor(
    options: WopiClientOptions,
    /** Told of every PutFile as it sets off. */
    private readonly onPut: () => void = () => undefined,
  ) {
    super(options)
  }

  override async putFile(
    access: WopiAccess,
    lock: string,
    body: Uint8Array,
    editors: readonly string[],
  ): Promise<Outcome<{ version: string | undefined }>> {
    const setOffAt = performance.now()
    this.onPut()
    const outcome = await super.putFile(access, lock, body, editors)
    this.saves.push({ access, setOffAt, sha256: sha256(body), outcome })
    return outcome
  }
}
