import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { get, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest'
import { messageFrame } from '../../src/incremental/frame-writer.js'
import { written } from '../incremental/frame-kit.js'
import { bearerFor, Person } from '../kit/people.js'
import { newDatabase } from '../kit/postgres.js'
import { startTandemProcess, type TandemProcess } from '../kit/tandem-process.js'
import { Editor } from '../kit/wopi.js'
import { getRequest, openBlobs, residentMib, UnreadClient } from './unread-client.js'
import { until } from './until.js'

vi.setConfig({ testTimeout: 90_000 })

const MIB = 1024 ** 2
/** Longer than hundreds of requests at once take on a busy machine: what has ended makes room for others. */
const IDLE_SECONDS = 4
/** Well past the limit, and what a busy machine adds. */
const ENDED_MS = 15_000
const PER_TOKEN = 32
const PER_PERSON = 64

describe('downloads that nobody reads', () => {
  const content = randomBytes(12 * MIB)
  let dataDir: string
  let databaseUrl: string
  let server: TandemProcess
  let alice: Person
  let fileId: string
  const clients: UnreadClient[] = []

  async function start(env: Record<string, string>): Promise<TandemProcess> {
    const more = { COAUTH_PROFILE: 'plus', FILE_URL: 'on', LOG_LEVEL: 'info', ...env }
    return startTandemProcess({ databaseUrl, dataDir, env: more })
  }

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'tandem-unread-'))
    databaseUrl = await newDatabase(inject('postgres'))
    server = await start({ DOWNLOAD_IDLE_SECONDS: String(IDLE_SECONDS) })
    alice = new Person(server.url, 'alice', await bearerFor(dataDir, 'alice'))
    fileId = (await alice.createsFile('Film.pptx', content)).id
  })
  afterAll(async () => {
    for (const client of clients) client.leave()
    await server.kill9()
    await rm(dataDir, { recursive: true, force: true })
  })

  async function viewUrl(at = server): Promise<string> {
    const token = await new Person(at.url, 'alice', alice.bearer).opens(fileId, 'view')
    return `${at.url}/wopi/files/${fileId}/contents?access_token=${token}`
  }

  async function asks1(request: Buffer | string, at = server): Promise<UnreadClient> {
    const client = await UnreadClient.ask(at.url, request)
    clients.push(client)
    return client
  }

  async function asks(count: number, request: string): Promise<UnreadClient[]> {
    return Promise.all(Array.from({ length: count }, () => asks1(request)))
  }

  function rest(path: string): string {
    return getRequest(`${server.url}/api/v1${path}`, { Authorization: `Bearer ${alice.bearer}` })
  }

  async function untilNoneIsLeft(): Promise<void> {
    await until('no blob is open', async () => (await openBlobs(server.pid)) === 0, ENDED_MS)
  }

  it('cost one token a bounded number of files and little memory, and are ended', async () => {
    const url = await viewUrl()
    const before = await residentMib(server.pid)
    const all = await asks(240, getRequest(url))
    const served = all.filter(({ status }) => status === 200)
    const refused = all.filter(({ status }) => status !== 200)
    expect(served).toHaveLength(PER_TOKEN)
    for (const { head } of refused) expect(head).toMatch(/^HTTP\/1\.1 503 [^]*retry-after: \d/i)
    expect(await openBlobs(server.pid)).toBeLessThanOrEqual(PER_TOKEN)
    expect((await residentMib(server.pid)) - before).toBeLessThan(120)

    await untilNoneIsLeft()
    expect(await Promise.all(served.map((client) => client.takesTheRest()))).not.toContain(true)
    const again = await fetch(url)
    expect(hash(Buffer.from(await again.arrayBuffer()))).toBe(hash(content))
    expect(server.output()).toContain('"unread-ended"')
  })

  it('cost one person a bounded number of them, whatever the tokens', async () => {
    const statuses = (await asks(100, rest(`/files/${fileId}/content`))).map(({ status }) => status)
    const urls = await Promise.all(Array.from({ length: 3 }, () => viewUrl()))
    const more = await Promise.all(urls.map((url) => asks1(getRequest(url))))
    statuses.push(...more.map(({ status }) => status))
    expect(statuses.filter((status) => status === 200)).toHaveLength(PER_PERSON)
    expect(statuses.filter((status) => status === 503)).toHaveLength(103 - PER_PERSON)
    // Nobody else is refused for it.
    const bob = new Person(server.url, 'bob', await bearerFor(dataDir, 'bob'))
    await alice.grants(fileId, 'user:bob', 'viewer')
    expect((await bob.downloads(fileId)).length).toBe(content.length)
    await untilNoneIsLeft()
  })

  it('are ended whatever the call: every long body there is', async () => {
    const editor = new Editor(server.url, fileId, await alice.opensForEdit(fileId))
    // Refused, and kept.
    expect((await editor.putFile(randomBytes(content.length), 'a lock that nobody holds')).status).toBe(409)
    const [item] = await alice.recoveryItems(fileId)
    const [version] = await alice.versions(fileId)
    const info = (await editor.checkFileInfo()).json<{ FileUrl: string }>()
    const fileUrl = new URL(info.FileUrl)
    const filter = {
      StreamId: 'MainContent',
      ChunkingScheme: 'Zip',
      ChunksToReturn: 'All',
      AlreadyKnownChunks: [],
    }
    const question = { ContentPropertiesToReturn: [], ContentFilters: [filter] }
    const chunks = await written([messageFrame(question)])
    const requests = {
      GetFile: getRequest(await viewUrl()),
      content: rest(`/files/${fileId}/content`),
      version: rest(`/files/${fileId}/versions/${version?.version}/content`),
      recoveryItem: rest(`/files/${fileId}/recovery-items/${item?.id}/content`),
      fileUrl: getRequest(server.url + fileUrl.pathname + fileUrl.search),
      GetChunkedFile: Buffer.concat([
        Buffer.from(
          `POST /wopi/files/${fileId}?access_token=${editor.token} HTTP/1.1\r\nHost: tandem\r\n` +
            `X-WOPI-Override: GET_CHUNKED_FILE\r\nContent-Length: ${chunks.length}\r\n\r\n`,
        ),
        chunks,
      ]),
    }
    const all = await Promise.all(
      Object.entries(requests).map(async ([call, request]) => ({ call, client: await asks1(request) })),
    )
    for (const { call, client } of all) expect([call, client.status]).toEqual([call, 200])
    await until('each holds a file', async () => (await openBlobs(server.pid)) >= all.length)
    await untilNoneIsLeft()
    for (const { call, client } of all) expect([call, await client.takesTheRest()]).toEqual([call, false])
  })

  it.concurrent('are ended though the client keeps talking', async () => {
    const client = await asks1(getRequest(await viewUrl()))
    const talk = setInterval(() => client.socket.write('GET /health/live HTTP/1.1\r\nHost: t\r\n\r\n'), 100)
    try {
      await untilNoneIsLeft()
    } finally {
      clearInterval(talk)
    }
    expect(await client.takesTheRest()).toBe(false)
  })

  it.concurrent('leave no file open when a connection with many of them breaks', async () => {
    const request = getRequest(await viewUrl())
    const client = await asks1(request.repeat(20))
    await until('they are under way', async () => (await openBlobs(server.pid)) > 0)
    client.socket.resetAndDestroy()
    await untilNoneIsLeft()
  })

  it.concurrent('are none when they are read slowly, for much longer than the limit', async () => {
    // A server of its own: the others wait until theirs has no file open.
    const other = await start({ DOWNLOAD_IDLE_SECONDS: String(IDLE_SECONDS) })
    const began = performance.now()
    const sum = createHash('sha256')
    try {
      const [answer] = (await once(get(await viewUrl(other)), 'response')) as [IncomingMessage]
      for await (const piece of answer as AsyncIterable<Buffer>) {
        sum.update(piece)
        await pause((piece.length / MIB) * 750)
      }
    } finally {
      await other.kill9()
    }
    expect(sum.digest('hex')).toBe(hash(content))
    expect(performance.now() - began).toBeGreaterThan(2 * IDLE_SECONDS * 1000)
  })

  it.concurrent('do not keep a server from stopping', async () => {
    const other = await start({})
    const client = await asks1(getRequest(await viewUrl(other)), other)
    expect(client.status).toBe(200)
    const began = performance.now()
    expect(await other.stop()).toBe(0)
    expect(performance.now() - began).toBeLessThan(12_000)
  })
})

function hash(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}
