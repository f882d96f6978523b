import { Controller, Get, Req, UseFilters, UseGuards } from '@nestjs/common'
import { ApiExcludeController } from '@nestjs/swagger'
import { DeclareAccess } from '../http/access.js'
import type { Answer } from '../http/answer.js'
import type { ApiUser } from '../auth/api-user.js'
import { html } from './html.js'
import { PageExceptionFilter } from './page-exception.filter.js'
import { PageSession } from './page-session.guard.js'
import { Pages } from './pages.js'

/** A person's documents, and who is editing them. */
@ApiExcludeController()
@Controller()
@DeclareAccess('page')
@UseGuards(PageSession)
@UseFilters(PageExceptionFilter)
export class DocumentsPageController {
  constructor(private readonly pages: Pages) {}

  @Get()
  show(@Req() { user }: { user: ApiUser }): Answer {
    const body = html`<header>
        <h1>Documents</h1>
        <p>
          <span id="me">${user.displayName}</span>
          <button type="button" id="sign-out">Sign out</button>
        </p>
      </header>
      <main>
        <p>
          <label class="upload">Upload documents <input type="file" id="upload" multiple /></label>
          <span id="problem" role="alert"></span>
        </p>
        <table>
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">Changed</th>
              <th scope="col">Now</th>
              <th scope="col"><span class="for-readers">Actions</span></th>
            </tr>
          </thead>
          <tbody id="documents"></tbody>
        </table>
        <p id="out-of-date" role="status"></p>
        <p id="empty" hidden>
          There is nothing here yet. Upload a document, or wait until somebody shares one.
        </p>
        <p><button type="button" id="more" hidden>Show more</button></p>
      </main>`
    return this.pages.page({ title: 'Documents – Tandem', script: 'documents.js', body })
  }
}
