import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { Agent, request, type IncomingMessage } from 'node:http'
import type { Editor } from '../kit/wopi.js'

/** How it ended: nobody let it in any more, or a save that was sent got no answer, or one that it should not get. */
export type End = 'refused' | `cut: ${string}` | `answered ${string}`

/** Saves again and again over one connection, for as long as that is kept alive. */
export class Saver {
  saved = 0
  /** What the latest answer said of the connection. */
  lastConnection: string | undefined
  readonly ended: Promise<End>
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 1 })

  constructor(private readonly editor: Editor) {
    this.ended = this.saves().finally(() => {
      this.agent.destroy()
    })
  }

  private async saves(): Promise<End> {
    for (;;) {
      try {
        const status = await this.save()
        if (status !== 200) return `answered ${String(status)}`
        this.saved++
      } catch (error) {
        const { code = String(error) } = error as NodeJS.ErrnoException
        return code === 'ECONNREFUSED' ? 'refused' : `cut: ${code}`
      }
    }
  }

  private async save(): Promise<number | undefined> {
    const { baseUrl, fileId, token } = this.editor
    const sending = request(`${baseUrl}/wopi/files/${fileId}/contents?access_token=${token}`, {
      method: 'POST',
      agent: this.agent,
      headers: { 'X-WOPI-Override': 'PUT', 'X-WOPI-Lock': 'L' },
    })
    sending.end(randomBytes(20_000))
    const [answer] = (await once(sending, 'response')) as [IncomingMessage]
    this.lastConnection = answer.headers.connection
    await once(answer.resume(), 'end')
    return answer.statusCode
  }
}
