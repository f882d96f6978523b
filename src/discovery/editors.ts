import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common'
import type { EditorSetting } from '../config/editors.js'
import { Settings } from '../config/settings.js'
import { Logger } from '../logging/logger.js'
import { boundedAnswer } from '../outbound/bounded-answer.js'
import { actionUrl, MAX_URL, type ActionUi } from './action-url.js'
import type { EditorFamily } from './discovery-document.js'
import { Editor } from './editor.js'

/** How often it is looked whether a document is due; after a failure, how soon it is tried again (pain 78). */
const LOOK_MS = 30_000

const XML = { accept: 'application/xml, text/xml' }

export interface WantedAction {
  /** Of the file's name, with or without the dot. */
  readonly extension: string
  readonly action: 'edit' | 'view'
  readonly wopiSrc: string
  /** Only this one; else the first of `EDITORS` that can. */
  readonly editor?: string | undefined
  readonly ui?: ActionUi
}

export interface FoundAction {
  readonly editor: string
  readonly url: string
  /** For `frame-src`, `form-action`, and the check of every message. */
  readonly origin: string
  /** As the editor calls it: `Excel`, `calc`, … */
  readonly application: string
  readonly family?: EditorFamily
}

/** The editor services that `EDITORS` names: which of them opens a file where, and with what keys they sign. */
@Injectable()
export class Editors implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly all: readonly Editor[]
  private readonly ownOrigin: string
  private timer: NodeJS.Timeout | undefined

  constructor(
    settings: Settings,
    private readonly logger: Logger,
  ) {
    this.ownOrigin = new URL(settings.publicUrl).origin
    this.all = settings.editors.map(
      (setting) => new Editor(setting, (url) => boundedAnswer(url, XML), logger),
    )
  }

  /** Nobody waits: Tandem starts without its editors (CLIENTS.md pain 52, 70). */
  onApplicationBootstrap(): void {
    if (this.all.length === 0) return
    for (const { setting } of this.all) this.warnOf(setting)
    this.readWhatIsDue()
    this.timer = setInterval(() => {
      this.readWhatIsDue()
    }, LOOK_MS).unref()
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer)
  }

  /** @returns a reason in words when no editor can */
  actionFor(wanted: WantedAction): FoundAction | { readonly reason: string } {
    const candidates = this.all.filter(
      ({ setting }) => wanted.editor === undefined || setting.name === wanted.editor,
    )
    if (candidates.length === 0) {
      return {
        reason: wanted.editor === undefined ? 'no editor is set up' : 'there is no editor of that name',
      }
    }
    const tries = candidates.map((editor) => actionAt(editor, wanted))
    return tries.find((found) => 'url' in found) ?? tries[0] ?? { reason: 'no editor is set up' }
  }

  /** Where native clients meet, as the first editor says that has such a place (WOPI.md §5). */
  coauthService(service: 'collab' | 'rtc'): string | undefined {
    const places = this.all.map(({ document }) => document?.coauthServices[service])
    return places.find((place) => place !== undefined)
  }

  private warnOf({ name: editor, proof, origins }: EditorSetting): void {
    if (proof !== 'required') {
      const facts = { event: 'proof-off', editor }
      this.logger.warn(facts, 'calls for this editor need no proof: whoever has a token is believed')
    }
    // A frame of our own origin takes its sandbox off, and acts as whoever is signed in (S-08).
    if (origins.includes(this.ownOrigin)) {
      const facts = { event: 'editor-at-own-origin', editor, origin: this.ownOrigin }
      this.logger.warn(facts, 'this editor has the origin of PUBLIC_URL: it can do all that its user can')
    }
    const [beside] = origins.filter(
      (origin) => origin !== this.ownOrigin && getsCookieOf(this.ownOrigin, origin),
    )
    if (beside !== undefined) {
      const facts = { event: 'editor-at-own-host', editor, origin: beside }
      const why =
        'this editor has the host name of PUBLIC_URL: browsers send it the cookie of whoever is signed in'
      this.logger.warn(facts, why)
    }
  }

  private readWhatIsDue(): void {
    for (const editor of this.all) if (editor.isDue) void editor.refresh()
  }
}

/** Cookies know no port, and one of an http page is sent to https pages as well; a secure one the other way never. */
function getsCookieOf(own: string, other: string): boolean {
  const [ours, theirs] = [new URL(own), new URL(other)]
  return ours.hostname === theirs.hostname && (ours.protocol === 'http:' || theirs.protocol === 'https:')
}

function actionAt(editor: Editor, wanted: WantedAction): FoundAction | { readonly reason: string } {
  const { document, setting, health } = editor
  const { name } = setting
  if (!document) return { reason: `${name} cannot be reached: ${health.error ?? 'it has not answered yet'}` }
  const extension = wanted.extension.replace(/^\./, '').toLowerCase()
  const named = (action: string): (typeof document.actions)[number] | undefined =>
    document.actions.find((one) => one.name === action && one.extension === extension)
  // An editor without a page for reading shows its other one, read-only, as the token says (CLIENTS.md pain 58).
  const found = wanted.action === 'view' ? (named('view') ?? named('edit')) : named('edit')
  if (!found) return { reason: whyNot(editor, wanted.action, extension) }
  const url = actionUrl(found.urlsrc, wanted.wopiSrc, wanted.ui ?? {})
  if (url.length > MAX_URL) return { reason: `the address would be longer than ${MAX_URL} characters` }
  const { origin } = new URL(url)
  const { application } = found
  return { editor: name, url, origin, application, ...(document.family && { family: document.family }) }
}

function whyNot({ setting, document }: Editor, action: string, extension: string): string {
  const strange = document?.disallowedOrigins ?? []
  if (strange.length > 0 && document?.actions.length === 0) {
    return `${setting.name} opens documents at ${strange.join(', ')}, which EDITORS does not allow`
  }
  return `${setting.name} does not ${action} ${extension === '' ? 'files without an extension' : `.${extension} files`}`
}
