import { describe, expect, it } from 'vitest'
import type { Editor, WopiAnswer } from '../kit/wopi.js'
import { useFixture } from './fixture.js'

const COMMENT = {
  Type: 'comment',
  Id: '0F8FAD5B-d9cb-469f-a165-70867728950e',
  // Ill-formed in the validator's own tests.
  Timestamp: '2017-02-15T13:47:13000000Z',
  Data: { ContentId: 'c1', ContentAction: 'created', CommentText: 'not for the log', IsReply: true, More: 1 },
  People: [
    { Name: 'Bob', Id: 'bob', Provider: 'Tandem', Mentioned: true },
    { Name: 'Carol', Id: 'carol', Provider: 'Tandem', InThread: true },
    { Name: 'Dave', Id: 'dave@example.com', Provider: 'Windows Live', Mentioned: true },
  ],
  Unknown: { anything: [] },
}

describe('AddActivities (WOPI.md §8.6)', () => {
  const fixture = useFixture()

  const adds = (editor: Editor, body: unknown): Promise<WopiAnswer> =>
    editor.operation('ADD_ACTIVITIES', {}, typeof body === 'string' ? body : JSON.stringify(body))
  const events = (editor: Editor): Promise<Record<string, unknown>[]> =>
    fixture.sql(
      `select user_id, detail from session_event where file_id = $1 and kind = 'comment' order by id`,
      [editor.fileId],
    )

  it('takes comments, answers each under its own id in their order, and tells of them without their text', async () => {
    const editor = await fixture.open('x')
    const activities = [
      COMMENT,
      { Type: 'somethingNew', Id: 'b', Data: { x: 1 } },
      { Type: 'comment', Id: 'c', Data: { ContentAction: 'deleted' } },
      { Type: 'comment', Id: 'd', Data: { ContentAction: 'burnt' } },
      { Type: 'comment', Id: 'e' },
    ]
    const answer = await adds(editor, { Activities: activities, More: true })
    expect(answer.status).toBe(200)
    expect(answer.json()).toEqual({
      ActivityResponses: [
        { Id: COMMENT.Id, Status: 0 },
        { Id: 'b', Status: 3 },
        { Id: 'c', Status: 0 },
        { Id: 'd', Status: 3 },
        { Id: 'e', Status: 3 },
      ],
    })
    expect(await events(editor)).toEqual([
      { user_id: 'alice', detail: { action: 'created', isReply: true, mentioned: ['bob'] } },
      { user_id: 'alice', detail: { action: 'deleted', isReply: false, mentioned: [] } },
    ])
    expect((await editor.checkFileInfo()).json()).toMatchObject({ SupportsAddActivities: true, Version: '1' })
  })

  it('none at all is answered with none', async () => {
    expect((await adds(await fixture.open('x'), { Activities: [] })).json()).toEqual({
      ActivityResponses: [],
    })
  })

  it.each([
    '',
    'null',
    '{',
    '[]',
    '{"Activities":{}}',
    '{"Activities":[{"Type":"comment"}]}',
    '{"Activities":[{"Type":1,"Id":"x"}]}',
    `{"Activities":[{"Type":"comment","Id":"${'x'.repeat(200)}"}]}`,
  ])('400: %j', async (body) => {
    const answer = await adds(await fixture.open('x'), body)
    expect([answer.status, answer.body.length]).toEqual([400, 0])
    expect(answer.headers['x-wopi-servererror']).toMatch(/^the body/)
  })

  it('413 above 64 KB', async () => {
    const answer = await adds(await fixture.open('x'), `{"Activities":[]}${' '.repeat(64 * 1024)}`)
    expect(answer.status).toBe(413)
  })

  it('401, 404 and 500 as everywhere', async () => {
    const editor = await fixture.open('x')
    await fixture.sql('alter table session_event rename to out_of_reach')
    expect((await adds(editor, { Activities: [COMMENT] })).status).toBe(500)
    await fixture.sql('alter table out_of_reach rename to session_event')
    const viewing = await fixture.join(editor, { mode: 'view' })
    expect((await adds(viewing, { Activities: [COMMENT] })).status).toBe(404)
    await fixture.sql('update access_token set revoked_at = now() where resource_id = $1', [editor.fileId])
    expect((await adds(editor, { Activities: [COMMENT] })).status).toBe(401)
    expect(await events(editor)).toEqual([])
  })

  fixture.leavesNoTokenInTheLog()
})
