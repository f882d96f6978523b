import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { WopiAccess } from '../../simulator/wopi-client.js'

export interface SeenCall {
  readonly operation: string
  readonly user: string
  readonly status: number
  readonly editors: string | undefined
}

/** A WOPI host of one file in memory, whose faults can be switched on. The token is the user's name. */
export class PretendHost {
  readonly calls: SeenCall[] = []
  readonly mayNotEdit = new Set<string>()
  lock = ''
  version = 1
  /** Answers this status to every call. */
  outOfOrder: number | undefined
  /** Acknowledges the next saves and throws them away. */
  forgetsSaves = 0
  /** Stores the next saves and hangs up instead of answering. */
  hangsUpAfterSaves = 0
  advertisesCoauth = true
  /** Of CheckFileInfo, beside the usual ones. */
  properties: Readonly<Record<string, unknown>> = {}

  private constructor(
    public content: Uint8Array,
    private readonly server: Server,
  ) {}

  static async start(content: Uint8Array): Promise<PretendHost> {
    const server = createServer()
    const host = new PretendHost(content, server)
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      void host.#answer(request, response)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return host
  }

  stop(): void {
    this.server.closeAllConnections()
    this.server.close()
  }

  access(user: string): WopiAccess {
    const { port } = this.server.address() as AddressInfo
    return { wopiSrc: `http://127.0.0.1:${port}/wopi/files/one`, accessToken: user }
  }

  /** Who called `operation` with success, in order. */
  usersOf(operation: string): string[] {
    return this.calls
      .filter((call) => call.operation === operation && call.status === 200)
      .map(({ user }) => user)
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const operation = operationOf(request)
    const user = request.headers.authorization?.replace('Bearer ', '') ?? ''
    const status = this.outOfOrder ?? this.#perform(operation, user, request, response, Buffer.concat(chunks))
    this.calls.push({ operation, user, status, editors: header(request, 'x-wopi-editors') })
    if (operation === 'PUT' && status === 200 && this.hangsUpAfterSaves-- > 0) {
      request.socket.destroy()
      return
    }
    response.statusCode = status
    response.end(status === 200 ? this.#bodyOf(operation, user) : undefined)
  }

  #perform(
    operation: string,
    user: string,
    request: IncomingMessage,
    response: ServerResponse,
    body: Buffer,
  ): number {
    if (operation === 'CheckFileInfo' || operation === 'GetFile') {
      response.setHeader('X-WOPI-ItemVersion', String(this.version))
      return 200
    }
    if (this.mayNotEdit.has(user) && operation !== 'UNLOCK') return 404
    const presented = header(request, 'x-wopi-oldlock') ?? header(request, 'x-wopi-lock') ?? ''
    const free = operation === 'LOCK' && this.lock === ''
    if (!free && presented !== this.lock) {
      response.setHeader('X-WOPI-Lock', this.lock)
      return 409
    }
    if (this.lock === '' && !free) {
      response.setHeader('X-WOPI-Lock', '')
      return 409
    }
    if (operation === 'LOCK' || operation === 'RELOCK') this.lock = header(request, 'x-wopi-lock') ?? ''
    if (operation === 'UNLOCK') this.lock = ''
    if (operation === 'PUT') {
      if (this.forgetsSaves > 0) this.forgetsSaves -= 1
      else this.content = body
      this.version += 1
      response.setHeader('X-WOPI-ItemVersion', String(this.version))
    }
    return 200
  }

  #bodyOf(operation: string, user: string): Uint8Array | string | undefined {
    if (operation === 'GetFile') return this.content
    if (operation !== 'CheckFileInfo') return undefined
    const UserCanWrite = !this.mayNotEdit.has(user)
    return JSON.stringify({
      BaseFileName: 'Report.docx',
      OwnerId: 'alice',
      UserId: user,
      Version: String(this.version),
      UserCanWrite,
      ReadOnly: !UserCanWrite,
      SupportsUpdate: true,
      SupportsLocks: true,
      SupportsCoauth: this.advertisesCoauth,
      ...this.properties,
    })
  }
}

function operationOf(request: IncomingMessage): string {
  const override = header(request, 'x-wopi-override')
  if (override === 'LOCK' && header(request, 'x-wopi-oldlock') !== undefined) return 'RELOCK'
  if (override !== undefined) return override
  return request.url?.includes('/contents') ? 'GetFile' : 'CheckFileInfo'
}

function header(request: IncomingMessage, name: string): string | undefined {
  return [request.headers[name]].flat()[0]
}
