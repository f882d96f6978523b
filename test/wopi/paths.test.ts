import { describe, expect, it } from 'vitest'
import { exchange } from './raw-http.js'
import { useFixture } from './fixture.js'

describe('A-08: path variants', () => {
  const fixture = useFixture()

  it.each([
    ['/wopi/files/ID/contents/', 404],
    ['/wopi/files/ID/', 404],
    ['/wopi//files/ID', 404],
    ['/WOPI/files/ID', 404],
    ['/wopi/Files/ID', 404],
    ['/wopi/files/ID/Contents', 404],
    ['/wopi/files/ID/ancestors', 404],
    ['/wopi/files', 404],
    ['/wopi/files/', 404],
    ['/wopi', 404],
    ['/wopi/files/../files/ID', 404],
    ['/wopi/files/ID%2fcontents', 401],
    ['/wopi/files/ID;x', 401],
    ['/wopi/files/%2e%2e', 401],
    ['/wopi/files/contents', 401],
    ['/wopi/files/ID%00', 401],
    ['/wopi/files/%zz', 400],
  ])('%s with a good token is answered %i', async (path, status) => {
    const editor = await fixture.open('bytes')
    const target = `${path.replace('ID', editor.fileId)}?access_token=${editor.token}`
    const answer = await exchange(
      fixture.tandem,
      `GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
    )
    expect(answer.status).toBe(status)
    expect(answer.body).not.toContain('bytes')
    expect(answer.body + answer.headLines.join()).not.toContain(editor.token)
  })

  it.each(['?x=/wopi/settings', '?x=/health/live', '?/api/docs', '?access_token'])(
    'the query %s opens nothing without a token: 401, zero bytes',
    async (query) => {
      const editor = await fixture.open('bytes')
      const target = `/wopi/files/${editor.fileId}/contents${query}`
      const answer = await exchange(
        fixture.tandem,
        `GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
      )
      expect(answer.status).toBe(401)
      expect(answer.body).toBe('')
    },
  )

  it.each(['PUT', 'DELETE', 'PATCH', 'TRACE', 'OPTIONS', 'PROPFIND', 'LOCK', 'UNLOCK'])(
    'the method %s is no WOPI method: it does nothing and tells nothing',
    async (method) => {
      const editor = await fixture.open('bytes')
      const target = `/wopi/files/${editor.fileId}?access_token=${editor.token}`
      const head = [
        `${method} ${target} HTTP/1.1`,
        'Host: x',
        'Connection: close',
        'X-WOPI-Override: LOCK',
        'X-WOPI-Lock: A',
      ]
      const answer = await exchange(fixture.tandem, `${head.join('\r\n')}\r\nContent-Length: 0\r\n\r\n`)
      expect(method === 'OPTIONS' ? [200, 404, 405] : [404, 405]).toContain(answer.status)
      expect(answer.body).not.toContain('BaseFileName')
      expect(answer.headLines.join()).not.toContain(editor.token)
      expect((await editor.getLock()).lock).toBe('')
    },
  )

  it('HEAD needs a token like GET, and has no body', async () => {
    const editor = await fixture.open('bytes')
    const url = `${fixture.tandem.url}/wopi/files/${editor.fileId}/contents`
    expect((await fetch(url, { method: 'HEAD' })).status).toBe(401)
    const answer = await fetch(`${url}?access_token=${editor.token}`, { method: 'HEAD' })
    expect([answer.status, await answer.text()]).toEqual([200, ''])
  })

  fixture.leavesNoTokenInTheLog()
})
