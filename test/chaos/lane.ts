/** Clients of one kind that go on until they are stopped, and say what no client may ever see. */
export interface Lane {
  /** Ends after the work under way, and rejects with what broke the lane itself. */
  stop(): Promise<void>
  /** What it did, for the report: a lane that did little proves little. */
  counts(): Readonly<Record<string, number>>
}

export type Complain = (what: string) => void

/** Runs `turn` again and again; a turn that fails because servers are away is tried anew after a moment. */
export class Loop {
  private stopping = false
  private readonly work: Promise<void>

  constructor(turn: (goesOn: () => boolean) => Promise<void>) {
    this.work = this.run(turn)
    // Told to whoever calls stop().
    this.work.catch(() => undefined)
  }

  async stop(): Promise<void> {
    this.stopping = true
    await this.work
  }

  private async run(turn: (goesOn: () => boolean) => Promise<void>): Promise<void> {
    const goesOn = (): boolean => !this.stopping
    while (goesOn()) await turn(goesOn)
  }
}
