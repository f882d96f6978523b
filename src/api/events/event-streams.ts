import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Settings } from '../../config/settings.js'
import { EventFeed } from '../../events/event-feed.js'
import { ApiProblem } from '../http/api-problem.js'
import { EventStream, type EventStreamOptions } from './event-stream.js'

/** Somebody with so many windows open has a program that reconnects without closing. */
const MAX_PER_USER = 20

/** The live streams of this process: not too many, and none that keeps the server from stopping. */
@Injectable()
export class EventStreams implements BeforeApplicationShutdown {
  private readonly streams = new Map<EventStream, string>()
  private stopping = false

  constructor(
    private readonly feed: EventFeed,
    private readonly settings: Settings,
  ) {}

  /** @throws ApiProblem too-many-streams */
  open(
    request: IncomingMessage,
    response: ServerResponse,
    options: Omit<EventStreamOptions, 'heartbeatMs'> & { readonly user: string },
  ): void {
    const { user } = options
    if (this.stopping) throw new ApiProblem('unavailable', 'The server is stopping; connect again.')
    const ofUser = [...this.streams.values()].filter((one) => one === user).length
    if (ofUser >= MAX_PER_USER)
      throw new ApiProblem('too-many-streams', `The caller has ${MAX_PER_USER} live streams already.`)
    if (this.streams.size >= this.settings.eventStreams)
      throw new ApiProblem('too-many-streams', 'The server has as many live streams as it can serve.')
    // The client may have gone while its right was looked up; then nobody would ever report the end.
    if (response.destroyed || response.closed) return
    const { eventHeartbeatMs: heartbeatMs } = this.settings
    const stream = new EventStream(this.feed, response, { ...options, heartbeatMs })
    this.streams.set(stream, user)
    response.once('close', () => {
      this.streams.delete(stream)
    })
    if (request.method === 'HEAD') stream.end()
  }

  beforeApplicationShutdown(): void {
    this.stopping = true
    for (const stream of this.streams.keys()) stream.end()
  }
}
