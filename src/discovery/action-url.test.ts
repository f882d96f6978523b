import { describe, expect, it } from 'vitest'
import { actionUrl, type ActionUi } from './action-url.js'

const SRC = 'https://tandem.example/wopi/files/a1'
const ENCODED = 'https%3A%2F%2Ftandem.example%2Fwopi%2Ffiles%2Fa1'
const WORD =
  'https://word-edit.officeapps.live.com/we/wordeditorframe.aspx?<ui=UI_LLCC&><rs=DC_LLCC&><dchat=DISABLE_CHAT&>' +
  '<hid=HOST_SESSION_ID&><sc=SESSION_CONTEXT&><wopisrc=WOPI_SOURCE&><IsLicensedUser=BUSINESS_USER&>' +
  '<testcategory=VALIDATOR_TEST_CATEGORY>'

describe('the address that opens an editor (WOPI.md §15.2)', () => {
  it('drops every placeholder that has no value', () => {
    expect(actionUrl(WORD, SRC, {})).toBe(
      `https://word-edit.officeapps.live.com/we/wordeditorframe.aspx?wopisrc=${ENCODED}`,
    )
  })

  it('fills in every placeholder of the table that has one', () => {
    const ui: Required<ActionUi> = {
      language: 'de-DE',
      dataLanguage: 'en-US',
      businessUser: true,
      disableChat: true,
      hostSessionId: 's 1',
      sessionContext: 'a&b=<c>',
      validatorTestCategory: 'OfficeOnline',
    }
    expect(actionUrl(WORD, SRC, ui)).toBe(
      'https://word-edit.officeapps.live.com/we/wordeditorframe.aspx?ui=de-DE&rs=en-US&dchat=1&hid=s%201' +
        `&sc=a%26b%3D%3Cc%3E&wopisrc=${ENCODED}&IsLicensedUser=1&testcategory=OfficeOnline`,
    )
  })

  it.each([
    'EMBEDDED',
    'FULLSCREEN',
    'RECORDING',
    'THEME_ID',
    'DISABLE_ASYNC',
    'DISABLE_BROADCAST',
    'NEW_ONE',
  ])('drops %s', (placeholder) => {
    expect(actionUrl(`https://o/x?<a=${placeholder}&><w=WOPI_SOURCE>`, SRC, {})).toBe(
      `https://o/x?w=${ENCODED}`,
    )
  })

  it.each([
    ['https://o/browser/1/cool.html?', `https://o/browser/1/cool.html?WOPISrc=${ENCODED}`],
    ['https://o/hosting/wopi/word/edit', `https://o/hosting/wopi/word/edit?WOPISrc=${ENCODED}`],
    ['https://o/x?a=b', `https://o/x?a=b&WOPISrc=${ENCODED}`],
    ['https://o/x?<ui=UI_LLCC&>', `https://o/x?WOPISrc=${ENCODED}`],
    ['https://o/x?<broken&<', `https://o/x?WOPISrc=${ENCODED}`],
  ])('appends the file to %s, which has no place for it', (urlsrc, url) => {
    expect(actionUrl(urlsrc, SRC, {})).toBe(url)
  })
})
