import { describe, expect, it } from 'vitest'
import { exchange, post } from './raw-http.js'
import { useFixture } from './fixture.js'

const RESERVED_ELSEWHERE = [
  'COBALT',
  'COBALT_RELATIVE',
  'READ_SECURE_STORE',
  'GET_RESTRICTED_LINK',
  'REVOKE_RESTRICTED_LINK',
  'GET_COAUTH_LOCK',
  'GET_COAUTH_TABLE',
  'GET_SEQUENCE_NUMBER',
  'PUT_CHUNKED_FILE',
  'PUT',
]

describe('headers', () => {
  const fixture = useFixture()

  it.each([...RESERVED_ELSEWHERE, 'lock', 'Lock', ' X', 'toString', '__proto__', 'LOCK;', 'Z'.repeat(5000)])(
    'H-06: the override %.20s is not supported: 501, with a reason, and nothing is locked',
    async (override) => {
      const editor = await fixture.open('bytes')
      const answer = await editor.operation(override, { 'X-WOPI-Lock': 'A' })
      expect(answer.status).toBe(501)
      expect(answer.body).toHaveLength(0)
      expect(String(answer.headers['x-wopi-servererror']).length).toBeLessThanOrEqual(500)
      expect((await editor.getLock()).lock).toBe('')
    },
  )

  it('WOPI.md §4: on /contents only PUT is an operation', async () => {
    const editor = await fixture.open('bytes')
    for (const override of ['LOCK', 'DELETE', 'GET_LOCK', 'PUT_RELATIVE', 'PUT_CHUNKED_FILE']) {
      const answer = await editor.call(
        'POST',
        '/contents',
        { 'X-WOPI-Override': override, 'X-WOPI-Lock': 'A' },
        'x',
      )
      expect(answer.status).toBe(501)
    }
    expect((await editor.getFile()).body.toString()).toBe('bytes')
    expect((await editor.getLock()).lock).toBe('')
  })

  it.each([
    ['', 'absent'],
    ['X-WOPI-Override: ', 'empty'],
  ])('WOPI.md §2.1: a POST whose override is %j (%s) is answered 400', async (line) => {
    const editor = await fixture.open('bytes')
    const lines = [...(line === '' ? [] : [line]), 'X-WOPI-Lock: A', 'Content-Length: 0']
    const answer = await exchange(fixture.tandem, post(editor, lines))
    expect(answer.status).toBe(400)
    expect(answer.headLines).toContain('X-WOPI-ServerError: X-WOPI-Override is required')
    expect(answer.body).toBe('')
  })

  it.each([
    ['LOCK', 'LOCK'],
    ['LOCK', 'UNLOCK'],
    ['', 'LOCK'],
  ])('H-06: two overrides, %j and %j, are answered 400 and do nothing', async (one, two) => {
    const editor = await fixture.open('bytes')
    const lines = [
      `X-WOPI-Override: ${one}`,
      `X-WOPI-Override: ${two}`,
      'X-WOPI-Lock: A',
      'Content-Length: 0',
    ]
    expect((await exchange(fixture.tandem, post(editor, lines))).status).toBe(400)
    expect((await editor.getLock()).lock).toBe('')
  })

  it.each([
    ['X-WOPI-SuggestedTarget', 'PUT_RELATIVE', ''],
    ['X-WOPI-RelativeTarget', 'PUT_RELATIVE', ''],
    ['X-WOPI-RequestedName', 'RENAME_FILE', ''],
    ['X-WOPI-Size', 'PUT', '/contents'],
    ['X-COOL-WOPI-Timestamp', 'PUT', '/contents'],
  ])('H-01: %s twice is answered 400 and changes nothing', async (name, override, path) => {
    const editor = await fixture.open('')
    const before = (await editor.checkFileInfo()).json()
    const files = await fixture.sql('select count(*)::int from file')
    const lines = [`X-WOPI-Override: ${override}`, `${name}: 1`, `${name}: 1`, 'Content-Length: 1']
    const answer = await exchange(fixture.tandem, post(editor, lines, 'x', path))
    expect(answer.status).toBe(400)
    expect(answer.headLines).toContain(`X-WOPI-ServerError: ${name} was sent more than once`)
    expect((await editor.checkFileInfo()).json()).toEqual(before)
    expect(await fixture.sql('select count(*)::int from file')).toEqual(files)
  })

  it.each([
    [
      'Content-Length and Transfer-Encoding',
      ['Content-Length: 1', 'Transfer-Encoding: chunked'],
      '0\r\n\r\n',
    ],
    ['two different Content-Lengths', ['Content-Length: 1', 'Content-Length: 2'], 'xx'],
    ['two equal Content-Lengths', ['Content-Length: 1', 'Content-Length: 1'], 'x'],
    ['a Content-Length with a blank inside', ['Content-Length: 1 0'], 'x'.repeat(10)],
    ['a Content-Length with a sign', ['Content-Length: +1'], 'x'],
    ['a blank before the colon', ['Content-Length : 1'], 'x'],
    ['a bare line feed', ['X-Pad: a\nContent-Length: 1'], 'x'],
    ['a folded header', ['Content-Length: 1', 'X-Pad: a', ' b'], 'x'],
    ['an unknown transfer encoding', ['Transfer-Encoding: xchunked'], 'x'],
    ['a header without a name', [': x', 'Content-Length: 1'], 'x'],
  ])('H-05: %s is answered 400 before anything is looked at', async (_title, lines, body) => {
    const editor = await fixture.open('')
    const answer = await exchange(
      fixture.tandem,
      post(editor, ['X-WOPI-Override: PUT', ...lines], body, '/contents'),
    )
    expect(answer.status).toBe(400)
    expect((await editor.checkFileInfo()).json()).toMatchObject({ Version: '1', Size: 0 })
  })

  it('D-05: 64 kB of headers are enough, more are answered 431', async () => {
    const editor = await fixture.open('bytes')
    const lines = ['X-WOPI-Override: GET_LOCK', 'Content-Length: 0', `X-Pad: ${'x'.repeat(70_000)}`]
    expect((await exchange(fixture.tandem, post(editor, lines))).status).toBe(431)
    expect((await editor.checkFileInfo({ 'X-Pad': 'x'.repeat(60_000) })).status).toBe(200)
  })

  it('WOPI.md §2.6: a 401 and a 404 have zero bytes and no detail, and leave a reason in the log', async () => {
    const editor = await fixture.open('bytes')
    const url = `${fixture.tandem.url}/wopi/files/${editor.fileId}`
    const headers = { 'X-WOPI-CorrelationId': 'no-token-1' }
    const answer = await fetch(url, { headers })
    expect([answer.status, await answer.text(), answer.headers.get('x-wopi-servererror')]).toEqual([
      401,
      '',
      null,
    ])
    expect(await fixture.logged((line) => line.correlationId === 'no-token-1')).toMatchObject({
      event: 'wopi-refused',
      code: 'token-invalid',
      status: 401,
      reason: 'the access token is missing, ambiguous or not genuine',
    })
    const viewer = await fixture.join(editor, { mode: 'view' })
    const refused = await viewer.lock('A', { 'X-WOPI-CorrelationId': 'no-right-1' })
    expect([refused.status, refused.body.length, refused.headers['x-wopi-servererror']]).toEqual([
      404,
      0,
      undefined,
    ])
    expect(await fixture.logged((line) => line.correlationId === 'no-right-1')).toMatchObject({
      code: 'no-right',
    })
  })

  it.each([
    ['GET_LOCK', 'A b', undefined],
    ['NO_SUCH', 'corr-501', 'operation-unknown'],
    ['LOCK', 'corr-400', 'header-missing'],
  ])(
    'WOPI.md §2.5: %s with the correlation id %j is logged under it when it is refused',
    async (override, id, code) => {
      const editor = await fixture.open('bytes')
      await editor.operation(override, { 'X-WOPI-CorrelationId': id })
      const line = fixture.lines().find(({ correlationId }) => correlationId === id)
      expect(line?.code).toBe(code)
    },
  )

  it('L-04: what a client writes into its headers stays on one line of the log', async () => {
    const editor = await fixture.open('bytes')
    const evil = 'X\u001b[31m{"level":30,"msg":"admin login"}'
    await exchange(
      fixture.tandem,
      post(editor, [`X-WOPI-Override: ${evil}`, 'X-WOPI-CorrelationId: evil-1', 'Content-Length: 0']),
    )
    for (const line of fixture.tandem.log) {
      expect(line.split('\n')).toHaveLength(2)
      expect(line).not.toContain('\u001b')
      expect(line.length).toBeLessThanOrEqual(8193)
    }
    expect(fixture.lines().some((line) => 'msg' in line && line.msg === 'admin login')).toBe(false)
  })

  fixture.leavesNoTokenInTheLog()
})
