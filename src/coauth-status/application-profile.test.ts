import { describe, expect, it } from 'vitest'
import { applicationOf } from './application-profile.js'

describe('the application of a session (RELIABILITY-SECURITY.md §3.7)', () => {
  it.each([
    ['Plan.docx', undefined, 'word'],
    ['Budget.XLSX', undefined, 'excel'],
    ['Talk.odp', undefined, 'powerpoint'],
    ['picture.odg', undefined, 'other'],
    ['no extension', undefined, 'other'],
    // Microsoft's, ONLYOFFICE's and Collabora's names, whatever the file is called.
    ['notes.txt', 'Word', 'word'],
    ['notes.txt', 'writer', 'word'],
    ['table.txt', 'Excel', 'excel'],
    ['table.txt', 'calc', 'excel'],
    ['Plan.docx', 'PowerPoint', 'powerpoint'],
    ['Plan.docx', 'impress', 'powerpoint'],
    ['Talk.pptx', 'draw', 'other'],
    ['Plan.docx', 'WordPdf', 'other'],
    ['a.wopitest', 'WopiTest', 'other'],
    // A page that says nothing, or nothing that is known, decides nothing.
    ['Plan.docx', '', 'word'],
    ['Plan.docx', 'application/vnd.oasis.opendocument.text', 'word'],
    ['Plan.docx', '__proto__', 'word'],
  ])('of %s opened in %s is %s', (fileName, page, application) => {
    expect(applicationOf(fileName, page)).toBe(application)
  })
})
