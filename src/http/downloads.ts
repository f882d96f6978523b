import { Injectable } from '@nestjs/common'
import { LongBody } from './answer.js'

/** Each that is under way holds an open file and a piece of it in memory. */
const MAX_PER_TOKEN = 32
const MAX_PER_PERSON = 64
const MOST = 1000

/** Who downloads; `token` where the call came with a token of its own. */
export interface Downloader {
  readonly person: string
  readonly token?: string
}

/** Somebody, or everybody, has as many downloads under way as one server process bears. */
export class TooManyDownloads extends Error {}

/**
 * The long bodies that this process is sending: one token with a thousand downloads that nobody reads must not take the
 * memory and the file handles of everybody. Only what is made here can be sent as a long body, so that none is left out.
 */
@Injectable()
export class Downloads {
  private readonly underWay = new Map<string, number>()

  /**
   * @param open only called when there is room
   * @throws TooManyDownloads
   */
  async body(
    { person, token }: Downloader,
    open: () => Promise<Buffer | AsyncIterable<Buffer>>,
  ): Promise<Buffer | LongBody> {
    const counts: [string, number][] = [
      ['all', MOST],
      [`person ${person}`, MAX_PER_PERSON],
    ]
    if (token !== undefined) counts.push([`token ${token}`, MAX_PER_TOKEN])
    const full = counts.find(([name, most]) => (this.underWay.get(name) ?? 0) >= most)
    if (full) {
      const who = full[0] === 'all' ? 'the server' : `the ${full[0].split(' ', 1)[0]}`
      throw new TooManyDownloads(`${who} has ${full[1]} downloads under way`)
    }
    for (const [name] of counts) this.change(name, 1)
    let over = false
    const ended = (): void => {
      if (over) return
      over = true
      for (const [name] of counts) this.change(name, -1)
    }
    try {
      const body = await open()
      if (!Buffer.isBuffer(body)) return new LongBody(body, ended)
      ended()
      return body
    } catch (error) {
      ended()
      throw error
    }
  }

  private change(name: string, by: number): void {
    const count = (this.underWay.get(name) ?? 0) + by
    if (count > 0) this.underWay.set(name, count)
    else this.underWay.delete(name)
  }
}
