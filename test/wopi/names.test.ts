import { describe, expect, it } from 'vitest'
import { decodeUtf7, encodeUtf7 } from '../../src/wopi/protocol/utf7.js'
import type { Editor } from '../kit/wopi.js'
import { useFixture } from './fixture.js'

/** What a name must never be, as editors might send it (UTF-7). */
const NO_NAMES: readonly [string, string][] = [
  ['a path upwards', '../../etc/passwd'],
  ['a Windows path upwards', '..+AFw-..+AFw-x'],
  ['UTF-7 for ../', '+AC4ALgAv-etc'],
  ['a drive', 'C:+AFw-x'],
  ['a share', '+AFwAXA-srv+AFw-s'],
  ['an absolute path', '/abs'],
  ['a segment and another', 'a/b'],
  ['itself', '.'],
  ['the parent', '..'],
  ['blanks only', '   x   '.replace('x', '+AKA-')],
  ['a NUL', '+AAA-'],
  ['a line break', 'a+AA0ACg-b.docx'],
  ['a tab', 'a+AAk-b.docx'],
  ['a bell', 'a+AAc-b.docx'],
  ['the right-to-left override', 'cod+IC4-exe.docx'],
  ['a zero-width space', 'a+IAs-b.docx'],
  ['a leading dot', '.hidden.docx'],
  ['a trailing dot', 'x.docx.'],
  ['a device', 'CON'],
  ['a device with an extension', 'NUL.docx'],
  ['markup', '+ADw-img src+AD0-x+AD4-.docx'],
  ['201 characters before the extension', `${'x'.repeat(201)}.docx`],
]

describe('names from editors', () => {
  const fixture = useFixture()

  const names = async (): Promise<string[]> =>
    (await fixture.sql('select name from file order by name')).map((row) => String(row['name']))

  const suggest = async (editor: Editor, utf7: string): Promise<string> => {
    const answer = await editor.putRelativeFile('copy', { 'X-WOPI-SuggestedTarget': utf7 })
    expect(answer.status).toBe(200)
    return answer.json<{ Name: string }>().Name
  }

  it.each(NO_NAMES)(
    'N-01, N-03: %s is refused as an exact name with 400, and makes no file',
    async (_title, utf7) => {
      const editor = await fixture.open('bytes')
      const before = await names()
      const answer = await editor.putRelativeFile('copy', { 'X-WOPI-RelativeTarget': utf7 })
      expect(answer.status).toBe(400)
      expect(answer.body).toHaveLength(0)
      expect(answer.headers['x-wopi-invalidfilenameerror']).toMatch(/^the name /)
      expect(await names()).toEqual(before)
      const valid = answer.headers['x-wopi-validrelativetarget']
      if (valid === undefined) return
      const retry = await editor.putRelativeFile('copy', { 'X-WOPI-SuggestedTarget': String(valid) })
      expect(retry.json<{ Name: string }>().Name.startsWith(decodeUtf7(String(valid)).slice(0, 1))).toBe(true)
    },
  )

  it.each(NO_NAMES)(
    'N-01, N-03: %s becomes a harmless name when it is only suggested',
    async (_title, utf7) => {
      const name = await suggest(await fixture.open('bytes'), utf7)
      expect(name).not.toMatch(/[<>:"/\\|?*\p{Cc}\u202e\u200b]|^[\s.]|[\s.]$/u)
      expect(name.length).toBeLessThanOrEqual(220)
    },
  )

  it('N-01: a name is decoded once', async () => {
    const editor = await fixture.open('bytes')
    expect(await suggest(editor, '%2e%2e%2fetc.docx')).toBe('%2e%2e%2fetc.docx')
    expect(await suggest(editor, encodeUtf7('+AC4ALgAv-etc.docx'))).toBe('+AC4ALgAv-etc.docx')
  })

  it('N-01: no name is ever a path on the disk', async () => {
    const editor = await fixture.open('bytes')
    const blobs = await fixture.blobs()
    await suggest(editor, encodeUtf7('../../../../tmp/tandem-was-here.docx'))
    expect(await fixture.blobs()).toBe(blobs + 1)
    const rows = await fixture.sql('select distinct blob from file_version order by 1')
    for (const { blob } of rows) expect(blob).toMatch(/^[0-9a-f]{32}$/)
  })

  it.each(['+2D0-', '+3gA-', '+3gDYPQ-.docx', 'caf\u00e9.docx'])(
    'N-02: %j is no UTF-7 and is answered 400 everywhere, with a reason',
    async (broken) => {
      const editor = await fixture.open('bytes')
      const answers = [
        await editor.putRelativeFile('x', { 'X-WOPI-RelativeTarget': broken }),
        await editor.putRelativeFile('x', { 'X-WOPI-SuggestedTarget': broken }),
        await editor.renameFile(broken),
      ]
      expect(answers.map(({ status }) => status)).toEqual([400, 400, 400])
      for (const answer of answers)
        expect(answer.headers['x-wopi-invalidfilenameerror']).toMatch(/^the name /)
    },
  )

  it('N-02: a header of more than 2048 characters is no name; one of 600 is cut when it is only suggested', async () => {
    const editor = await fixture.open('bytes')
    const long = { 'X-WOPI-SuggestedTarget': 'x'.repeat(2049) }
    expect((await editor.putRelativeFile('copy', long)).status).toBe(400)
    expect(await suggest(editor, `${'y'.repeat(600)}.docx`)).toBe(`${'y'.repeat(199)}.docx`)
  })

  it('N-03: emoji and every script are names; NFC and NFD twins and case twins are one name', async () => {
    const editor = await fixture.open('bytes')
    expect(await suggest(editor, encodeUtf7('😀 Café.docx'))).toBe('😀 Café.docx')
    expect(await suggest(editor, encodeUtf7('😀 Cafe\u0301.docx'))).toBe('😀 Café (2).docx')
    expect(await suggest(editor, encodeUtf7('😀 CAFÉ.docx'))).toBe('😀 CAFÉ (3).docx')
    const twin = { 'X-WOPI-RelativeTarget': encodeUtf7('😀 cAFE\u0301.docx') }
    expect((await editor.putRelativeFile('copy', twin)).status).toBe(409)
  })

  it.each(['=HYPERLINK("x").docx', '{{7*7}}.docx', '$(id).docx', `'; drop table file; --.docx`, '-rf.docx'])(
    'N-05: %s is only a name',
    async (name) => {
      const editor = await fixture.open('bytes')
      const kept = name.replace(/["*]/g, '_')
      expect(await suggest(editor, encodeUtf7(name))).toBe(kept)
    },
  )

  describe('H-04: header text survives names that Node cannot put into a header', () => {
    const cyrillic = 'Ж'.repeat(200)

    it('a free name is offered in UTF-7, whole', async () => {
      const editor = await fixture.open('bytes', { name: `${cyrillic}.docx` })
      const asks = { 'X-WOPI-RelativeTarget': encodeUtf7(`${cyrillic}.docx`) }
      const answer = await editor.putRelativeFile('copy', asks)
      expect(answer.status).toBe(409)
      expect(decodeUtf7(String(answer.headers['x-wopi-validrelativetarget']))).toBe(
        `${cyrillic.slice(0, 196)} (2).docx`,
      )
    })

    it('a corrected name is offered in UTF-7, whole', async () => {
      const editor = await fixture.open('bytes')
      const asks = { 'X-WOPI-RelativeTarget': encodeUtf7(`${cyrillic}Ж?.docx`) }
      const answer = await editor.putRelativeFile('copy', asks)
      expect(answer.status).toBe(400)
      expect(decodeUtf7(String(answer.headers['x-wopi-validrelativetarget']))).toBe(
        `${cyrillic.slice(0, 199)}.docx`,
      )
      expect(answer.headers['x-wopi-servererror']).toMatch(/^[\x20-\x7e]+$/)
    })

    it('every operation works on a file with such a name', async () => {
      const editor = await fixture.open('bytes', { name: 'Договор №5 “финал”.docx' })
      expect((await editor.getFile()).status).toBe(200)
      expect((await editor.unlock('A')).status).toBe(409)
      expect((await editor.renameFile('+2D0-')).status).toBe(400)
      expect((await editor.renameFile(encodeUtf7('Договор №6'))).json()).toEqual({ Name: 'Договор №6' })
      expect((await editor.deleteFile()).status).toBe(200)
    })
  })

  fixture.leavesNoTokenInTheLog()
})
