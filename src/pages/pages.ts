import { Injectable } from '@nestjs/common'
import { Settings } from '../config/settings.js'
import type { Answer } from '../http/answer.js'
import { html } from './html.js'
import { pageAnswer, type PageParts } from './page.js'

/** Makes the answers that are pages, as this installation needs them. */
@Injectable()
export class Pages {
  readonly base: string

  constructor(private readonly settings: Settings) {
    this.base = new URL(settings.publicUrl).pathname.replace(/\/$/, '')
  }

  page(parts: PageParts, status = 200): Answer {
    return pageAnswer(status, parts, { base: this.base, frameAncestors: this.settings.frameAncestors })
  }

  /** A page that only says something. */
  message(status: number, title: string, text: string): Answer {
    const body = html`<main class="message">
      <h1>${title}</h1>
      <p>${text}</p>
      <p><a href="${this.base}/">Your documents</a></p>
    </main>`
    return this.page({ title, body }, status)
  }
}
