/** What a page around an editor may ask of it (WOPI.md §15.2). */
export interface ActionUi {
  /** RFC 1766, such as `de-DE`. */
  readonly language?: string
  readonly dataLanguage?: string
  readonly businessUser?: true
  readonly disableChat?: true
  /** For the editor's logs. */
  readonly hostSessionId?: string
  /** Comes back in X-WOPI-SessionContext. */
  readonly sessionContext?: string
  readonly validatorTestCategory?: 'All' | 'OfficeOnline' | 'OfficeNativeClient'
}

/** Office for the web takes no longer one. */
export const MAX_URL = 2048

const NAMES_SOURCE = /<[^<>=]+=WOPI_SOURCE&?>/
const PLACEHOLDER = /<([^<>=]+)=([^<>&]*)(&?)>/g

/**
 * `<name=PLACEHOLDER&>` becomes `name=value&`, or nothing where there is no value or the placeholder is unknown. A
 * document whose editor needs no placeholders (Collabora, ONLYOFFICE) gets the file's address appended.
 */
export function actionUrl(urlsrc: string, wopiSrc: string, ui: ActionUi): string {
  const filled = urlsrc
    .replace(PLACEHOLDER, (_whole, name: string, placeholder: string, ampersand: string) => {
      const value = valueOf(placeholder, wopiSrc, ui)
      if (value === undefined) return ''
      return `${name}=${encodeURIComponent(value)}${ampersand}`
    })
    // What is left of angle brackets is a placeholder that nobody can read.
    .replace(/<[^>]*>?/g, '')
  return NAMES_SOURCE.test(urlsrc) ? filled.replace(/[?&]$/, '') : withSource(filled, wopiSrc)
}

function withSource(url: string, wopiSrc: string): string {
  const joint = url.includes('?') ? (/[?&]$/.test(url) ? '' : '&') : '?'
  return `${url}${joint}WOPISrc=${encodeURIComponent(wopiSrc)}`
}

function valueOf(placeholder: string, wopiSrc: string, ui: ActionUi): string | undefined {
  switch (placeholder) {
    case 'WOPI_SOURCE':
      return wopiSrc
    case 'UI_LLCC':
      return ui.language
    case 'DC_LLCC':
      return ui.dataLanguage
    case 'BUSINESS_USER':
      return ui.businessUser && '1'
    case 'DISABLE_CHAT':
      return ui.disableChat && '1'
    case 'HOST_SESSION_ID':
      return ui.hostSessionId
    case 'SESSION_CONTEXT':
      return ui.sessionContext
    case 'VALIDATOR_TEST_CATEGORY':
      return ui.validatorTestCategory
    default:
      // EMBEDDED, FULLSCREEN, RECORDING, THEME_ID, DISABLE_ASYNC, DISABLE_BROADCAST: for broadcasts only.
      return undefined
  }
}
