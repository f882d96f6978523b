/** As much as may wait for a reader that does not read; what comes on top of it is not worth the server's memory. */
const MAX_WAITING_BYTES = 8 * 1024 ** 2

/** As much of a stream as a log needs. */
export interface LogStream {
  readonly writableLength: number
  write(line: string, done: (error?: Error | null) => void): unknown
  on(what: 'error', hear: (error: Error) => void): unknown
}

/**
 * Where log lines go, which is no reason to stop: its reader may go away (EPIPE), read no more, or its disk be full
 * (ENOSPC). What cannot be written is lost, and counted; as soon as a line gets through, the log says how many did not.
 */
export class LogOutput {
  private lost = 0

  constructor(private readonly stream: LogStream = process.stdout) {
    // Each failed write is heard by its own callback; an `error` that nobody hears ends the process.
    stream.on('error', () => undefined)
  }

  write(line: string): void {
    if (this.stream.writableLength > MAX_WAITING_BYTES) {
      this.lost++
      return
    }
    this.stream.write(line, (error) => {
      if (error) this.lost++
      else if (this.lost > 0) this.confess()
    })
  }

  private confess(): void {
    const lines = this.lost
    this.lost = 0
    const msg = 'the log could not be written for a while: these lines are missing'
    const entry = { level: 40, time: Date.now(), pid: process.pid, event: 'log-lost', lines, msg }
    this.write(`${JSON.stringify(entry)}\n`)
  }
}
