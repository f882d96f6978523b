import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { getGlobalDispatcher, request, setGlobalDispatcher } from 'undici'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { freePort } from '../kit/free-port.js'
import { Tandem } from '../kit/tandem.js'
import { Editor } from '../kit/wopi.js'
import { missingPrograms, Proxy } from './proxy.js'

const missing = missingPrograms()
if (missing.length > 0) {
  console.warn(
    `\n!!! docker/nginx.conf is NOT TESTED: ${missing.join(' and ')} missing (apt-get install nginx-light openssl) !!!\n`,
  )
}

describe.skipIf(missing.length > 0)('docker/nginx.conf in front of Tandem', () => {
  const direct = getGlobalDispatcher()
  let tandem: Tandem
  let proxy: Proxy
  let fileId: string
  let editor: Editor

  beforeAll(async () => {
    tandem = await Tandem.start(inject('postgres'))
    proxy = await Proxy.start(Number(new URL(tandem.url).port))
    fileId = (await tandem.sharedFile('content')).id
    const token = await (await tandem.person('alice')).opensForEdit(fileId)
    editor = new Editor(proxy.url, fileId, token)
    setGlobalDispatcher(proxy.agent())
  })
  afterAll(async () => {
    setGlobalDispatcher(direct)
    await proxy[Symbol.asyncDispose]()
    await tandem.stop()
  })

  it('lets an editor open, lock, save and unlock', async () => {
    expect((await editor.checkFileInfo()).json<{ Version: string }>().Version).toBe('1')
    expect((await editor.lock('an id')).status).toBe(200)
    expect(await editor.putFile('content 2', 'an id')).toMatchObject({ status: 200, version: '2' })
    expect((await editor.getFile()).body.toString()).toBe('content 2')
    expect((await editor.lock('another')).lock).toBe('an id')
    expect((await editor.unlock('an id')).status).toBe(200)
  })

  it('keeps the empty X-WOPI-Lock header of a 409 on an unlocked file (H-03)', async () => {
    const answer = await proxy.sendRaw(
      [
        `POST /wopi/files/${fileId}/contents?access_token=${editor.token} HTTP/1.1`,
        'Host: tandem.example.com',
        'X-WOPI-Override: PUT',
        'X-WOPI-Lock: stale',
        'Content-Length: 5',
        'Connection: close',
        '',
        'hello',
      ].join('\r\n'),
    )
    expect(answer).toMatch(/^HTTP\/1\.1 409 /)
    expect(answer).toMatch(/\r\nX-WOPI-Lock: ?\r\n/)
  })

  it('takes the longest lock id and long metadata', async () => {
    const lockId = 'x'.repeat(1024)
    const answer = await editor.lock(lockId, { 'X-WOPI-CoauthLockMetadata': 'm'.repeat(12_000) })
    expect(answer.status).toBe(200)
    expect((await editor.getLock()).lock).toBe(lockId)
    expect((await editor.unlock(lockId)).status).toBe(200)
  })

  it('keeps tokens out of every log, also when Tandem is down (L-01)', async () => {
    await using orphaned = await Proxy.start(await freePort())
    const target = `/wopi/files/${fileId}?access_token=${editor.token}`
    const headers = { Authorization: `Bearer ${editor.token}`, Referer: `${proxy.url}${target}` }
    expect((await request(`${proxy.url}${target}`, { headers })).statusCode).toBe(200)
    expect((await request(`${proxy.url}${target}broken`)).statusCode).toBe(401)
    const down = await request(`${orphaned.url}${target}`, { headers, dispatcher: orphaned.agent() })
    expect(down.statusCode).toBe(502)

    const logged = (await proxy.logs()) + (await orphaned.logs())
    expect(logged).toContain(` GET /wopi/files/${fileId} HTTP/1.1 200 `)
    expect(logged).toContain(` GET /wopi/files/${fileId} HTTP/1.1 502 `)
    for (const log of [logged, tandem.log.join('')]) {
      expect(log).not.toContain(editor.token.slice(-40))
      expect(log).not.toMatch(/eyJ|access_token=/)
    }
  })

  it('holds no event of the live stream back', async () => {
    const root = await tandem.person('root', 'admin')
    const { body, statusCode } = await request(`${proxy.url}/api/v1/events`, {
      headers: { authorization: `Bearer ${root.bearer}`, 'accept-encoding': 'gzip' },
    })
    expect(statusCode).toBe(200)
    // A file of its own: the other tests' calls may have opened a session on theirs, which a Lock then only joins.
    const { id } = await tandem.sharedFile('content')
    const alone = new Editor(proxy.url, id, await (await tandem.person('alice')).opensForEdit(id))
    expect((await alone.lock('seen at once')).status).toBe(200)
    let seen = ''
    for await (const chunk of body) {
      seen += (chunk as Buffer).toString()
      if (seen.includes('event: ')) break
    }
    expect(seen).toMatch(/^retry: \d+\n\nid: \d+\nevent: session-started\n/)
  })

  it('shows metrics and health to this machine only', async () => {
    const elsewhere = proxy.agent('127.0.0.2')
    for (const path of ['/metrics', '/health/live', '/health/ready', '//metrics', '/%6detrics']) {
      expect((await request(`${proxy.url}${path}`, { dispatcher: elsewhere })).statusCode).toBe(403)
    }
    expect((await request(`${proxy.url}/metrics`)).statusCode).toBe(200)
    expect((await request(`${proxy.url}/health/live`)).statusCode).toBe(200)
  })
})

describe.skipIf(missing.length > 0)('docker/nginx.conf in front of a server that tells what it gets', () => {
  /** A proxy before a server that answers each request with `answer`. */
  async function before(
    answer: (request: IncomingMessage, response: ServerResponse) => void,
  ): Promise<Proxy> {
    const server = createServer(answer).listen(0, '127.0.0.1').unref()
    await once(server, 'listening')
    const address = server.address()
    return Proxy.start(typeof address === 'object' ? (address?.port ?? 0) : 0)
  }

  it('hands on the request target byte for byte, for proof keys are checked over it', async () => {
    await using proxy = await before((received, response) => response.end(received.url))
    const target = '/wopi/files/aB%2d-%2D/contents?access_token=a%2Bb+c%20d&x=%E4%F6&&y=/../z'
    const answer = await proxy.sendRaw(`GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
    expect(answer.split('\r\n\r\n')[1]).toContain(target)
  })

  it('has no limit of its own for a body: MAX_FILE_SIZE is for Tandem to judge', async () => {
    await using proxy = await before((received, response) => {
      let size = 0
      received
        .on('data', (chunk: Buffer) => (size += chunk.length))
        .on('end', () => response.end(String(size)))
    })
    const body = Buffer.alloc(5_000_000)
    const answer = await request(proxy.url, { method: 'POST', body, dispatcher: proxy.agent() })
    expect(await answer.body.text()).toBe('5000000')
  })

  it('hands on a body while it comes', async () => {
    let arrived: (bytes: string) => void
    const first = new Promise<string>((resolve) => (arrived = resolve))
    await using proxy = await before((received, response) => {
      received.once('data', (chunk: Buffer) => arrived(chunk.toString()))
      received.on('end', () => response.end('whole')).resume()
    })
    async function* body(): AsyncGenerator<string> {
      yield 'one half'
      // Only a proxy that does not wait for the whole body lets this go on.
      expect(await first).toBe('one half')
      yield ', the other'
    }
    const upload = Readable.from(body())
    const answer = await request(proxy.url, { method: 'POST', body: upload, dispatcher: proxy.agent() })
    expect(await answer.body.text()).toBe('whole')
  })
})
