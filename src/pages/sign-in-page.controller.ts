import { Controller, Get, UseFilters } from '@nestjs/common'
import { ApiExcludeController } from '@nestjs/swagger'
import { Settings } from '../config/settings.js'
import { DeclareAccess } from '../http/access.js'
import type { Answer } from '../http/answer.js'
import { html, type Html } from './html.js'
import { PageExceptionFilter } from './page-exception.filter.js'
import { Pages } from './pages.js'

/** Where a sign-in link leads, and where those are sent who are not signed in. */
@ApiExcludeController()
@Controller('sign-in')
@DeclareAccess('public')
@UseFilters(PageExceptionFilter)
export class SignInPageController {
  constructor(
    private readonly pages: Pages,
    private readonly settings: Settings,
  ) {}

  @Get()
  show(): Answer {
    const body = html`<main class="message">
      <h1>Sign in to Tandem</h1>
      ${this.settings.oidc ? atTheProvider() : byLink()}
      <p id="problem" role="alert"></p>
    </main>`
    return this.pages.page({ title: 'Sign in – Tandem', script: 'sign-in.js', body })
  }
}

function byLink(): Html {
  return html`<p id="how">
    Open the sign-in link that Tandem printed when it started, or that
    <code>npm run token -- USER --link</code> prints. Each works once.
  </p>`
}

function atTheProvider(): Html {
  return html`<p id="how">
    People of this installation are signed in by their organisation, at its own pages.
  </p>`
}
