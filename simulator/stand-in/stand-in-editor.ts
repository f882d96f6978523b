import { once } from 'node:events'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ScaledClock } from '../clock.js'
import { ProofKeys } from '../proof-key.js'
import type { SessionEvent } from '../session-event.js'
import { DocumentRegistry } from './document-registry.js'
import { familyTraits } from './families.js'
import type { Family } from './families.js'
import { StandInServer } from './stand-in-server.js'

export interface StandInOptions {
  /** 0, the default: any that is free. */
  readonly port?: number
  /** Where to listen; by default this machine only. */
  readonly host?: string
  /** Under which browsers and hosts reach it; by default http://localhost:PORT. */
  readonly origin?: string
  /** Origins of the WOPI hosts whose documents it opens. It calls no other address, whoever asks. */
  readonly hosts?: readonly string[]
  readonly proofKeys?: ProofKeys
  /** Simulated seconds in a real one, for the times at which it saves and asks for permissions. */
  readonly speed?: number
  readonly report?: (event: SessionEvent) => void
}

/**
 * Stands in for Office, Collabora or ONLYOFFICE where none is at hand: publishes a discovery document, opens
 * documents in a page of its own, and speaks WOPI and postMessage as they do.
 */
export class StandInEditor implements AsyncDisposable {
  private constructor(
    readonly origin: string,
    readonly proofKeys: ProofKeys,
    private readonly hosts: Set<string>,
    private readonly server: Server,
    private readonly desk: DocumentRegistry,
  ) {}

  static async start(options: StandInOptions = {}): Promise<StandInEditor> {
    const { port = 0, host = '127.0.0.1', speed = 1, proofKeys = new ProofKeys() } = options
    const server = createServer()
    await once(server.listen(port, host), 'listening')
    const origin = options.origin ?? `http://localhost:${(server.address() as AddressInfo).port}`
    const hosts = new Set<string>()
    const desk = new DocumentRegistry(proofKeys, new ScaledClock(speed), options.report ?? (() => undefined))
    const requests = new StandInServer(origin, proofKeys, hosts, desk)
    server.on('request', (request, response) => void requests.answer(request, response))
    const editor = new StandInEditor(origin, proofKeys, hosts, server, desk)
    for (const allowed of options.hosts ?? []) editor.allow(allowed)
    return editor
  }

  discoveryUrl(family: Family = 'microsoft'): string {
    return this.origin + familyTraits[family].discoveryPath
  }

  /** Documents of this WOPI host, too. @throws when it is no address */
  allow(host: string): void {
    this.hosts.add(new URL(host).origin)
  }

  /** Everybody leaves and what is unsaved is saved, as far as the hosts answer in time. */
  async close(patienceMs = 5000): Promise<void> {
    this.server.close()
    await this.desk.close(patienceMs)
    this.server.closeAllConnections()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
