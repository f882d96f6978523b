import { describe, expect, it } from 'vitest'
import { decodeUtf7, encodeUtf7 } from '../../src/wopi/protocol/utf7.js'
import type { Editor, Headers, WopiAnswer } from '../kit/wopi.js'
import { useFixture } from './fixture.js'

interface Pointer {
  readonly Name: string
  readonly Url: string
}

const suggests = (name: string): Headers => ({ 'X-WOPI-SuggestedTarget': encodeUtf7(name) })
const asks = (name: string, overwrite?: string): Headers => ({
  'X-WOPI-RelativeTarget': encodeUtf7(name),
  ...(overwrite === undefined ? {} : { 'X-WOPI-OverwriteRelativeTarget': overwrite }),
})

describe('PutRelativeFile', () => {
  const fixture = useFixture()

  async function expectMade(answer: WopiAnswer, name: string, content: string): Promise<Editor> {
    expect(answer.status).toBe(200)
    expect(answer.headers['content-type']).toBe('application/json')
    const { Name, Url, ...more } = answer.json<Pointer>()
    const id = new URL(Url).pathname.split('/').at(-1) ?? ''
    const page = (kind: string): string => `${fixture.tandem.publicUrl}/${kind}/${id}`
    expect({ Name, more }).toEqual({
      Name: name,
      more: { HostEditUrl: page('edit'), HostViewUrl: page('view') },
    })
    const made = fixture.follow(Url)
    expect((await made.checkFileInfo()).json()).toMatchObject({ BaseFileName: name, UserCanWrite: true })
    expect((await made.getFile()).body.toString()).toBe(content)
    return made
  }

  const validTarget = (answer: WopiAnswer): string =>
    decodeUtf7(String(answer.headers['x-wopi-validrelativetarget']))

  it('WOPI.md §8.1: a suggested name that is free is taken as it is, in UTF-7', async () => {
    const source = await fixture.open('old')
    const made = await expectMade(
      await source.putRelativeFile('copy', suggests('Kopie_Ж 文.docx')),
      'Kopie_Ж 文.docx',
      'copy',
    )
    expect(made.fileId).not.toBe(source.fileId)
    expect((await source.getFile()).body.toString()).toBe('old')
    expect((await source.checkFileInfo()).json()).toMatchObject({ Version: '1' })
  })

  it('WOPI.md §8.1: a suggested name that is taken is numbered, again and again, in whatever case it comes', async () => {
    const source = await fixture.open('old', { name: 'Taken.docx' })
    await expectMade(await source.putRelativeFile('2', suggests('Taken.docx')), 'Taken (2).docx', '2')
    await expectMade(await source.putRelativeFile('3', suggests('Taken.docx')), 'Taken (3).docx', '3')
    await expectMade(await source.putRelativeFile('4', suggests('TAKEN.DOCX')), 'TAKEN (4).DOCX', '4')
  })

  it('WOPI.md §8.1: a suggestion with a leading dot is another extension for the same name', async () => {
    const source = await fixture.open('old', { name: 'Legacy.doc' })
    const headers = { ...suggests('.docx'), 'X-WOPI-FileConversion': 'true' }
    await expectMade(await source.putRelativeFile('converted', headers), 'Legacy.docx', 'converted')
    await expectMade(await source.putRelativeFile('again', headers), 'Legacy (2).docx', 'again')
  })

  it('WOPI.md §8.1: an exact name that is free is taken as it is', async () => {
    const source = await fixture.open('old')
    await expectMade(await source.putRelativeFile('copy', asks('Exact ü.docx')), 'Exact ü.docx', 'copy')
  })

  it.each([undefined, '', 'false', 'False'])(
    'WOPI.md §8.1: an exact name that is taken is answered 409 with a free one (overwrite: %j)',
    async (overwrite) => {
      const target = await fixture.open('keep me')
      const { BaseFileName } = (await target.checkFileInfo()).json<{ BaseFileName: string }>()
      const answer = await target.putRelativeFile('mine', asks(BaseFileName, overwrite))
      expect(answer.status).toBe(409)
      expect(answer.body).toHaveLength(0)
      expect(validTarget(answer)).toBe(BaseFileName.replace('.docx', ' (2).docx'))
      expect((await target.getFile()).body.toString()).toBe('keep me')
      await expectMade(
        await target.putRelativeFile('mine', asks(validTarget(answer))),
        validTarget(answer),
        'mine',
      )
    },
  )

  it.each(['true', 'True', 'tRUE'])(
    'WOPI.md §8.1: overwrites an unlocked file, which keeps its id (%s)',
    async (yes) => {
      const target = await fixture.open('old')
      const name = (await target.checkFileInfo()).json<{ BaseFileName: string }>().BaseFileName
      const source = await fixture.open('source')
      const answer = await source.putRelativeFile('new', asks(name, yes))
      const made = await expectMade(answer, name, 'new')
      expect(made.fileId).toBe(target.fileId)
      expect((await target.checkFileInfo()).json()).toMatchObject({ Version: '2' })
      await expectMade(await source.putRelativeFile('new', asks(name, yes)), name, 'new')
      expect((await target.checkFileInfo()).json()).toMatchObject({ Version: '3' })
    },
  )

  it('N-07: a locked target is answered 409 with its lock, and keeps its bytes', async () => {
    const target = await fixture.open('old', { name: 'Locked target.docx' })
    await target.lock('{"S":"theirs"}')
    const source = await fixture.open('source')
    await source.lock('mine')
    const blobs = await fixture.blobs()
    const answer = await source.putRelativeFile('new', asks('Locked target.docx', 'true'))
    expect(answer).toMatchObject({ status: 409, lock: '{"S":"theirs"}' })
    expect(answer.body).toHaveLength(0)
    expect((await target.getFile()).body.toString()).toBe('old')
    expect(await fixture.blobs()).toBe(blobs)
  })

  it('N-07: whoever may not write into the folder cannot overwrite there, and their copy lands among their own', async () => {
    const target = await fixture.open('old', { name: 'Protected.docx' })
    const source = await fixture.open('source')
    const bob = await fixture.join(source, { who: 'bob', role: 'editor' })
    const answer = await bob.putRelativeFile('mine', asks('Protected.docx', 'true'))
    const made = await expectMade(answer, 'Protected.docx', 'mine')
    expect(made.fileId).not.toBe(target.fileId)
    expect((await target.getFile()).body.toString()).toBe('old')
  })

  it('N-07: whoever may write into the folder overwrites what others made there', async () => {
    const target = await fixture.open('old', { name: 'Of the folder.docx' })
    const source = await fixture.newFile('source')
    await fixture.sql(
      `insert into access_grant (object_id, subject, object_kind, role, granted_by)
       values ($1, 'user:dave', 'container', 'editor', 'alice')`,
      [source.containerId],
    )
    const dave = await fixture.join(source, { who: 'dave' })
    const answer = await dave.putRelativeFile('by dave', asks('Of the folder.docx', 'true'))
    expect((await expectMade(answer, 'Of the folder.docx', 'by dave')).fileId).toBe(target.fileId)
  })

  it('pain 67: somebody who may not write into the folder saves a copy among their own files', async () => {
    const alice = await fixture.open('old', { name: 'Of alice.docx' })
    const bob = await fixture.join(alice, { who: 'bob', role: 'editor' })
    const made = await expectMade(
      await bob.putRelativeFile('copy', asks('Of alice.docx')),
      'Of alice.docx',
      'copy',
    )
    expect((await made.checkFileInfo()).json()).toMatchObject({ OwnerId: 'bob', UserId: 'bob' })
    expect((await (await fixture.person('bob')).downloads(made.fileId)).toString()).toBe('copy')
  })

  it('N-06: both target headers are answered 501, none 400, with a reason', async () => {
    const source = await fixture.open('old')
    const both = await source.putRelativeFile('x', { ...suggests('a.docx'), ...asks('b.docx') })
    expect(both.status).toBe(501)
    expect(both.headers['x-wopi-servererror']).toMatch(/exclude each other/)
    const none = await source.putRelativeFile('x', {})
    expect(none.status).toBe(400)
    expect(none.headers['x-wopi-servererror']).toMatch(/is required/)
    const empty = await source.putRelativeFile('x', {
      'X-WOPI-SuggestedTarget': '',
      'X-WOPI-RelativeTarget': '',
    })
    expect(empty.status).toBe(400)
    const one = await source.putRelativeFile('x', {
      ...suggests('One of two.docx'),
      'X-WOPI-RelativeTarget': '',
    })
    expect(one.json<Pointer>().Name).toBe('One of two.docx')
  })

  it('WOPI.md §8.1: needs no lock, and an empty body makes an empty file', async () => {
    const source = await fixture.open('old')
    const headers = { ...suggests('Empty.docx'), 'X-WOPI-Size': '0' }
    const made = await expectMade(await source.putRelativeFile('', headers), 'Empty.docx', '')
    expect((await made.putFile('filled')).status).toBe(200)
  })

  it('H-08: a body of another size than X-WOPI-Size is answered 400 and makes no file', async () => {
    const source = await fixture.open('old')
    const answer = await source.putRelativeFile('four', {
      ...suggests('Never made.docx'),
      'X-WOPI-Size': '5',
    })
    expect(answer.status).toBe(400)
    expect(await fixture.sql(`select 1 from file where name = 'Never made.docx'`)).toEqual([])
  })

  it('A-03: a view token makes no copy', async () => {
    const alice = await fixture.open('old')
    const viewer = await fixture.join(alice, { mode: 'view' })
    expect((await viewer.putRelativeFile('copy', suggests('By a viewer.docx'))).status).toBe(404)
    expect(await fixture.sql(`select 1 from file where name = 'By a viewer.docx'`)).toEqual([])
  })

  describe('T-08: the token of the returned Url', () => {
    it('is for the new file and no other, for the same user, and ends when the presented one ends', async () => {
      const source = await fixture.open('old')
      await fixture.join(source, { who: 'bob', role: 'editor' })
      const end = new Date(Math.floor(Date.now() / 1000 + 1234) * 1000)
      await fixture.sql('update access_token set expires_at = $2 where resource_id = $1', [
        source.fileId,
        end,
      ])
      let current = source
      for (let i = 0; i < 5; i++) {
        const answer = await current.putRelativeFile('copy', suggests(`Traded ${i}.docx`))
        const made = fixture.follow(answer.json<Pointer>().Url)
        expect(
          await fixture.sql('select user_id, mode, expires_at from access_token where resource_id = $1', [
            made.fileId,
          ]),
        ).toEqual([{ user_id: 'alice', mode: 'edit', expires_at: end }])
        const claims = JSON.parse(Buffer.from(made.token.split('.')[1] ?? '', 'base64url').toString()) as {
          exp: number
        }
        expect(claims.exp * 1000).toBe(end.getTime())
        current = made
      }
      const elsewhere = `${fixture.tandem.url}/wopi/files/${source.fileId}?access_token=${current.token}`
      expect((await fetch(elsewhere)).status).toBe(401)
    })

    it('is in a Url on the configured origin, whatever the Host header says (P-08)', async () => {
      const source = await fixture.open('old')
      const headers = { ...suggests('Host.docx'), Host: 'evil.example', 'X-Forwarded-Host': 'evil.example' }
      const { Url } = (await source.putRelativeFile('copy', headers)).json<Pointer>()
      expect(Url.startsWith(`${fixture.tandem.publicUrl}/wopi/files/`)).toBe(true)
      expect(fixture.follow(Url).token).toMatch(/^[\w.-]+$/)
    })
  })

  it('WOPI.md §8.1: 20 copies under one suggested name at once are 20 files', async () => {
    const source = await fixture.open('old')
    const copies = Array.from({ length: 20 }, (_, i) => source.putRelativeFile(`${i}`, suggests('Race.docx')))
    const answers = await Promise.all(copies)
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200))
    expect(new Set(answers.map((answer) => answer.json<Pointer>().Name)).size).toBe(20)
  })

  it('WOPI.md §8.1: of 10 copies under one exact name at once one is made, the others are told a free name', async () => {
    const source = await fixture.open('old')
    const copies = Array.from({ length: 10 }, (_, i) =>
      source.putRelativeFile(`${i}`, asks('Exact race.docx')),
    )
    const answers = await Promise.all(copies)
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array<number>(9).fill(409)])
    for (const answer of answers.filter(({ status }) => status === 409)) {
      expect(validTarget(answer)).toBe('Exact race (2).docx')
    }
  })

  fixture.leavesNoTokenInTheLog()
})
