import { randomUUID } from 'node:crypto'
import type { Clock } from '../clock.js'
import type { ProofKeys } from '../proof-key.js'
import type { SessionEvent } from '../session-event.js'
import type { FileInfo, WopiAccess } from '../wopi-client.js'
import { WopiClient } from '../wopi-client.js'
import { mayEdit } from '../editing-session.js'
import { explained } from './explained.js'
import type { Family } from './families.js'
import { Refusal } from './refusal.js'
import type { Tab } from './tab.js'
import { SharedDocument } from './shared-document.js'
import { applicationFor } from './stand-in-applications.js'

/** A page and what it shows. */
export interface Place {
  readonly seat: Tab
  readonly document: SharedDocument
}

interface Opening {
  readonly access: WopiAccess
  readonly family: Family
  readonly readOnly: boolean
}

/** Everything that is open: one document for each address, however many people have it. */
export class DocumentRegistry {
  readonly #documents = new Map<string, SharedDocument>()
  readonly #places = new Map<string, Place>()
  readonly #wopi: WopiClient

  constructor(
    proofKeys: ProofKeys,
    private readonly clock: Clock,
    private readonly report: (event: SessionEvent) => void,
  ) {
    this.#wopi = new WopiClient({ sessionId: randomUUID(), proofKeys })
  }

  /** @throws Refusal when the host or the document does not let this person in */
  async open({ access, family, readOnly }: Opening): Promise<Place> {
    const info = await this.#checked(access)
    const application = applicationFor(info.BaseFileName)
    if (!application)
      throw new Refusal(415, `This editor opens .docx, .xlsx and .pptx, not “${info.BaseFileName}”.`)
    const { wopiSrc } = access
    const context = { wopi: this.#wopi, clock: this.clock, report: this.report }
    const document =
      this.#documents.get(wopiSrc) ?? new SharedDocument(application, info.BaseFileName, context)
    this.#documents.set(wopiSrc, document)
    try {
      const visitor = { access, info, family, readOnly: readOnly || !mayEdit(info) }
      const seat = await document.open(visitor, ({ id }) => void this.leave(id))
      const place = { seat, document }
      this.#places.set(seat.id, place)
      return place
    } finally {
      this.#forgetIfEmpty(wopiSrc, document)
    }
  }

  /** @throws Refusal 404 */
  place(id: string): Place {
    const place = this.#places.get(id)
    if (!place) throw new Refusal(404, 'This page is not open here any more. Open the document again.')
    return place
  }

  /** From now on this person's calls carry the new token; it must be the same person's, for the same file. */
  async renewToken({ seat }: Place, accessToken: string): Promise<void> {
    const access = { ...seat.access, accessToken }
    const { UserId } = await this.#checked(access)
    if (UserId !== seat.visitor.info.UserId) throw new Refusal(403, 'That token is another person’s.')
    seat.access = access
  }

  async leave(id: string): Promise<void> {
    const place = this.#places.get(id)
    if (!place) return
    await place.document.leave(place.seat)
    this.#places.delete(id)
    this.#forgetIfEmpty(place.seat.access.wopiSrc, place.document)
  }

  /** Lets everybody leave, as long as the host answers. */
  async close(patienceMs: number): Promise<void> {
    const late = new Promise((resolve) => void setTimeout(resolve, patienceMs).unref())
    await Promise.race([Promise.all([...this.#places.keys()].map((id) => this.leave(id))), late])
    for (const document of this.#documents.values()) document.abandon()
    this.#documents.clear()
    this.#places.clear()
  }

  async #checked(access: WopiAccess): Promise<FileInfo> {
    const checked = await this.#wopi.checkFileInfo(access)
    if (checked.kind === 'ok') return checked.info
    throw new Refusal(checked.kind === 'refused' ? 403 : 502, explained(checked.call))
  }

  #forgetIfEmpty(wopiSrc: string, document: SharedDocument): void {
    if (document.isEmpty && this.#documents.get(wopiSrc) === document) this.#documents.delete(wopiSrc)
  }
}
