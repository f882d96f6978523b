import { Injectable } from '@nestjs/common'

export interface ProofCount {
  /** Empty for what is no editor's. */
  readonly editor: string
  readonly result: string
  readonly count: number
}

/** How the calls of this process proved themselves, for metrics: a rotation that went wrong shows here first. */
@Injectable()
export class ProofTally {
  private readonly tally = new Map<string, { editor: string; result: string; count: number }>()

  count(editor: string, result: string): void {
    const key = `${editor} ${result}`
    const known = this.tally.get(key)
    if (known) known.count++
    else this.tally.set(key, { editor, result, count: 1 })
  }

  counts(): readonly ProofCount[] {
    return [...this.tally.values()]
  }
}
