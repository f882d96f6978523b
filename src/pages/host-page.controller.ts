import { Controller, Get, Param, Req, UseFilters, UseGuards } from '@nestjs/common'
import { ApiExcludeController } from '@nestjs/swagger'
import type { FoundAction } from '../discovery/editors.js'
import { DeclareAccess } from '../http/access.js'
import type { Answer } from '../http/answer.js'
import type { FileId } from '../ids/ids.js'
import { OpeningService, type Opening } from '../opening/opening.service.js'
import type { ApiUser } from '../auth/api-user.js'
import { dataBlock, html } from './html.js'
import { PageExceptionFilter } from './page-exception.filter.js'
import { PageSession } from './page-session.guard.js'
import { Pages } from './pages.js'

/** Microsoft's cloud goes from one of its hosts to another while a document opens. */
const MICROSOFT_CLOUD = 'officeapps.live.com'

const ID = /^[\w-]{1,64}$/

interface PageRequest {
  readonly user: ApiUser
  readonly query: Readonly<Record<string, unknown>>
}

/** The page around an editor (WOPI.md §15.3): it opens the editor, and tells Tandem what its person does there. */
@ApiExcludeController()
@Controller()
@DeclareAccess('page')
@UseGuards(PageSession)
@UseFilters(PageExceptionFilter)
export class HostPageController {
  constructor(
    private readonly pages: Pages,
    private readonly openings: OpeningService,
  ) {}

  @Get('edit/:id')
  edit(@Req() request: PageRequest, @Param('id') id: FileId): Promise<Answer> | Answer {
    return hasShareLink(request) ? this.redeem() : this.show(request.user, id, 'edit')
  }

  @Get('view/:id')
  view(@Req() request: PageRequest, @Param('id') id: FileId): Promise<Answer> | Answer {
    return hasShareLink(request) ? this.redeem() : this.show(request.user, id, 'view')
  }

  /** A right is taken up by a call of the page's own, not by following a link; and the link leaves the history. */
  private redeem(): Answer {
    const body = html`<main class="message">
      <h1>Opening what was shared with you</h1>
      <p id="problem" role="alert"></p>
      <p><a href="${this.pages.base}/">Your documents</a></p>
    </main>`
    return this.pages.page({ title: 'Shared with you – Tandem', script: 'share-link.js', body })
  }

  private async show(user: ApiUser, id: FileId, wanted: 'edit' | 'view'): Promise<Answer> {
    if (user.role === 'auditor') {
      const text = 'An auditor may look at what describes files and their use, never at content.'
      return this.pages.message(403, 'Not for auditors', text)
    }
    // PostgreSQL stores no U+0000, so it cannot be asked for one.
    const opening = ID.test(id) ? await this.openings.open(user.id, id, wanted) : undefined
    if (!opening) {
      const text = 'There is no such document, or it is not shared with you.'
      return this.pages.message(404, 'No such document', text)
    }
    const { page } = opening
    return 'url' in page ? this.editor(opening, page) : this.noEditor(opening, page.reason)
  }

  private editor({ file, mode, readOnly }: Opening, { editor, origin, family }: FoundAction): Answer {
    // Neither the token nor where it goes is in here: the script asks for both, anew each time (W-05, W-06).
    const facts = {
      fileId: file.id,
      name: file.name,
      mode,
      editor,
      origin,
      family: family ?? 'microsoft',
      readOnly,
    }
    const body = html`<div id="notice" role="status" hidden></div>
      <main id="stage"></main>
      ${dataBlock('opening', facts)}`
    return this.pages.page({
      title: `${file.name} – Tandem`,
      script: 'host-page.js',
      bodyClass: 'host',
      body,
      frames: framesOf(origin),
    })
  }

  private noEditor({ file }: Opening, reason: string): Answer {
    const body = html`<main class="message">
      <h1>${file.name}</h1>
      <p id="reason">This document cannot be opened in the browser: ${reason}.</p>
      <p><a href="${this.pages.base}/api/v1/files/${file.id}/content">Download it</a></p>
      <p><a href="${this.pages.base}/">Your documents</a></p>
    </main>`
    return this.pages.page({ title: `${file.name} – Tandem`, body })
  }
}

function hasShareLink({ query }: PageRequest): boolean {
  return query['share'] !== undefined
}

function framesOf(origin: string): string[] {
  return new URL(origin).hostname.endsWith(`.${MICROSOFT_CLOUD}`)
    ? [origin, `https://*.${MICROSOFT_CLOUD}`]
    : [origin]
}
