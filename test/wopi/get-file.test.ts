import { describe, expect, it } from 'vitest'
import { useFixture } from './fixture.js'

describe('GetFile', () => {
  const fixture = useFixture()

  it('WOPI.md §6.1: answers the bytes, the version and their length', async () => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i))
    const editor = await fixture.open(bytes)
    const answer = await editor.getFile()
    expect(answer).toMatchObject({ status: 200, version: '1' })
    expect(answer.body.equals(bytes)).toBe(true)
    expect(answer.headers['content-type']).toBe('application/octet-stream')
    expect(answer.headers['content-length']).toBe('256')
    expect(answer.lock).toBeUndefined()
  })

  it('WOPI.md §6.1: a zero-byte file is answered 200 and no bytes', async () => {
    const answer = await (await fixture.open('')).getFile()
    expect(answer).toMatchObject({ status: 200, version: '1' })
    expect(answer.body).toHaveLength(0)
    expect(answer.headers['content-length']).toBe('0')
  })

  it.each([2 * 1024 ** 2 - 1, 2 * 1024 ** 2, 2 * 1024 ** 2 + 1, 5_000_001])(
    'answers %i bytes whole, read at once or streamed',
    async (size) => {
      const bytes = Buffer.alloc(size, 'Tandem ')
      const answer = await (await fixture.open(bytes)).getFile()
      expect(answer.status).toBe(200)
      expect(answer.headers['content-length']).toBe(String(size))
      expect(answer.body.equals(bytes)).toBe(true)
    },
  )

  it('WOPI.md §6.1: a lock never blocks reading, nor does a view token', async () => {
    const alice = await fixture.open('bytes')
    await alice.lock('A')
    const bob = await fixture.join(alice, { who: 'bob', role: 'viewer', mode: 'view' })
    expect((await bob.getFile()).body.toString()).toBe('bytes')
  })

  it.each([
    ['5', 200],
    ['6', 200],
    ['4294967295', 200],
    ['9223372036854775807', 200],
    ['18446744073709551615', 200],
    ['', 200],
    ['4', 412],
    ['0', 412],
    ['-1', 400],
    ['5.0', 400],
    ['many', 400],
    ['0x5', 400],
  ])('WOPI.md §6.1: 5 bytes with X-WOPI-MaxExpectedSize %j: %i', async (most, status) => {
    const editor = await fixture.open('bytes')
    const answer = await editor.getFile({ 'X-WOPI-MaxExpectedSize': most })
    expect(answer.status).toBe(status)
    expect(answer.body.toString()).toBe(status === 200 ? 'bytes' : '')
  })

  it.each([
    ['Plan.docx', 'Plan.docx', 'Plan.docx'],
    ['Отчёт.docx', '_____.docx', '%D0%9E%D1%82%D1%87%D1%91%D1%82.docx'],
    [
      `it's (50%) "so", x.docx`.replace(/"/g, '”'),
      `it's (50_) _so_, x.docx`,
      'it%27s%20%2850%25%29%20%E2%80%9Dso%E2%80%9D%2C%20x.docx',
    ],
    ['😀.docx', '__.docx', '%F0%9F%98%80.docx'],
  ])('N-08: hands out %j as a download that no browser shows', async (name, plain, encoded) => {
    const answer = await (await fixture.open('<script>', { name })).getFile()
    expect(answer.headers['content-disposition']).toBe(
      `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`,
    )
    expect(answer.headers['x-content-type-options']).toBe('nosniff')
    expect(answer.headers['content-security-policy']).toMatch(/^sandbox;/)
    expect(answer.headers['content-type']).toBe('application/octet-stream')
    expect(answer.headers['cache-control']).toBe('no-store')
  })

  it('WOPI.md §2.2: takes the token from the Authorization header as well', async () => {
    const editor = await fixture.open('bytes')
    const url = `${fixture.tandem.url}/wopi/files/${editor.fileId}/contents`
    const answer = await fetch(url, { headers: { Authorization: `Bearer ${editor.token}` } })
    expect(await answer.text()).toBe('bytes')
  })

  fixture.leavesNoTokenInTheLog()
})
