import { z } from 'zod'
import { ADMINISTRATOR, LOOKS, type Look, type Who } from './lists.js'
import { type Outcome, quantile } from './outcome.js'
import type { RunningServer } from './server.js'
import { ROBOT, SOMEBODY, STRANGER, type Sizes } from './sizes.js'

const CALLS = 200
const WARMING = 3
/** A list that is too slow is seen to be so sooner. */
const LONGEST_MS = 6000
const FEWEST = 20
const MOST_MS = 50

const page = z.object({ nextCursor: z.string().nullable() })

/** Every list and probe, by real calls, one after the other. */
export class Looks {
  private constructor(
    private readonly base: string,
    private readonly bearers: ReadonlyMap<Who, string>,
    private readonly sizes: Sizes,
  ) {}

  static async at({ port, rest }: RunningServer, sizes: Sizes): Promise<Looks> {
    const bearers = new Map<Who, string>()
    for (const who of [ROBOT, SOMEBODY, STRANGER] as const) bearers.set(who, await rest.bearer(who))
    bearers.set(ADMINISTRATOR, await rest.bearer(ADMINISTRATOR, 'admin'))
    return new Looks(`http://127.0.0.1:${port}`, bearers, sizes)
  }

  async openApi(): Promise<unknown> {
    return (await fetch(`${this.base}/api/openapi.json`)).json()
  }

  async measure(only: readonly string[], say: (line: string) => void): Promise<Outcome[]> {
    const outcomes: Outcome[] = []
    for (const look of Object.values(LOOKS).flat()) {
      const what = `${look.path(1, this.sizes)}${look.as === ADMINISTRATOR ? '' : ` as ${look.as}`}`
      if (only.length > 0 && !only.some((name) => what.includes(name))) continue
      const times = await this.timesOf(look)
      const p99 = quantile(times, 0.99)
      const p50 = quantile(times, 0.5)
      outcomes.push({ what, p50, p99, goal: `< ${MOST_MS}`, met: p99 < MOST_MS })
      if (p99 >= MOST_MS) say(`  ${p50.toFixed(1)} (p99 ${p99.toFixed(0)}) ms: ${what}`)
    }
    return outcomes
  }

  private async timesOf(look: Look): Promise<number[]> {
    for (let n = 0; n < WARMING; n++) await this.ask(look, look.path(n, this.sizes))
    const times: number[] = []
    const deadline = performance.now() + LONGEST_MS
    for (let n = 0; times.length < CALLS && (times.length < FEWEST || performance.now() < deadline); n++) {
      const path = look.path(n, this.sizes)
      const first = await this.ask(look, path)
      times.push(first.ms)
      if (first.next === undefined) continue
      times.push((await this.ask(look, `${path}${path.includes('?') ? '&' : '?'}cursor=${first.next}`)).ms)
    }
    return times
  }

  private async ask(
    { as, status = 200 }: Look,
    path: string,
  ): Promise<{ ms: number; next: string | undefined }> {
    const began = performance.now()
    const headers = { authorization: `Bearer ${this.bearers.get(as) ?? ''}` }
    const answer = await fetch(this.base + path, { headers })
    const text = await answer.text()
    const ms = performance.now() - began
    if (answer.status !== status) throw new Error(`${answer.status} to GET ${path} as ${as}: ${text}`)
    const isJson = (answer.headers.get('content-type') ?? '').startsWith('application/json')
    const found = isJson ? page.safeParse(JSON.parse(text)) : undefined
    return { ms, next: (found?.success && found.data.nextCursor) || undefined }
  }
}
