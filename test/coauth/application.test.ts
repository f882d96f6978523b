import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { EditorService } from '../discovery/editor-service.js'
import { Tandem } from '../kit/tandem.js'
import { Editor } from '../kit/wopi.js'
import { until } from '../reliability/until.js'
import { join, statusOf } from './fixture.js'

const PAGES = `<net-zone name="external-https">
  <app name="Excel"><action name="edit" ext="tsv" urlsrc="ORIGIN/x?&lt;wopisrc=WOPI_SOURCE&amp;&gt;"/></app>
  <app name="draw"><action name="edit" ext="odp" urlsrc="ORIGIN/d?"/></app></net-zone>`

describe('the application of a session', () => {
  let service: EditorService
  let tandem: Tandem

  beforeAll(async () => {
    service = await EditorService.start(PAGES)
    const env = { EDITORS: `suite=${service.discoveryUrl}`, PROOF: 'off' }
    tandem = await Tandem.start(inject('postgres'), { env })
    await until('discovery is read', () =>
      Promise.resolve(tandem.log.some((line) => line.includes('discovery-read'))),
    )
  })
  afterAll(async () => {
    await tandem.stop()
    await service[Symbol.asyncDispose]()
  })

  it.each([
    ['tsv', 'excel'],
    ['odp', 'other'],
    ['docx', 'word'],
  ])(
    'RELIABILITY-SECURITY.md §3.7: of a .%s is %s: by the page that was opened, else by extension',
    async (extension, expected) => {
      const alice = await tandem.person('alice')
      const { id } = await alice.createsFile(`${Math.random()}.${extension}`, 'x')
      const editor = new Editor(tandem.url, id, await alice.opensForEdit(id))
      await join(editor)
      expect((await statusOf(tandem, id)).application).toBe(expected)
    },
  )
})
