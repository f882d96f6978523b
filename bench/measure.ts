import { cpuSeconds } from './machine.js'
import { Connection, type Answer } from './connection.js'
import type { BenchCase, Client } from './cases.js'
import type { WireRequest } from './request.js'
import type { Target } from './target.js'

/** One case on one server for a few seconds. */
export interface Slice {
  readonly perSecond: number
  /** Milliseconds, one per operation, in no order. */
  readonly latencies: readonly number[]
  /** CPU that the server process (not PostgreSQL) spent per operation, in microseconds; NaN where not known. */
  readonly cpuMicroseconds: number
  /** Text of each wrong answer → how often it came. */
  readonly errors: ReadonlyMap<string, number>
}

export async function measure(target: Target, bench: BenchCase, seconds: number): Promise<Slice> {
  const clients = bench.seats(target.documents).map((seat, index) => bench.client(seat, index))
  const connections = await Promise.all(clients.map(() => Connection.open(target.port)))
  const tally: Tally = { latencies: [], errors: new Map<string, number>() }
  const pairs = connections.flatMap((connection, index) => {
    const client = clients[index]
    return client ? [{ connection, client }] : []
  })
  let end: (() => void) | undefined
  try {
    end = await target.beside?.()
    await Promise.all(pairs.map(({ connection, client }) => each(connection, client.before, tally)))
    const cpu = cpuSeconds(target.pid)
    const deadline = performance.now() + seconds * 1000
    const rates = await Promise.all(
      pairs.map((pair) => repeat(pair.connection, pair.client, deadline, tally)),
    )
    const spent = cpuSeconds(target.pid) - cpu
    const { latencies, errors } = tally
    await Promise.all(pairs.map(({ connection, client }) => each(connection, client.after, tally)))
    return {
      perSecond: rates.reduce((sum, rate) => sum + rate, 0),
      latencies,
      cpuMicroseconds: (spent / latencies.length) * 1e6,
      errors,
    }
  } finally {
    end?.()
    for (const connection of connections) connection.close()
  }
}

interface Tally {
  readonly latencies: number[]
  readonly errors: Map<string, number>
}

/** Returns this client's operations per second, over its own time: a long last operation costs no idle time. */
async function repeat(
  connection: Connection,
  client: Client,
  deadline: number,
  tally: Tally,
): Promise<number> {
  const start = performance.now()
  let operations = 0
  let now = start
  do {
    const request = client.next()
    const answer = await attempt(connection, request)
    const end = performance.now()
    if (answer instanceof Error) {
      count(tally, answer.message)
      break
    }
    const wrong = whatIsWrong(answer, request)
    if (wrong !== undefined) count(tally, wrong)
    tally.latencies.push(end - now)
    operations++
    now = end
  } while (now < deadline)
  return (operations / (now - start)) * 1000 || 0
}

/** The same requests before or after a slice: not timed, but a wrong answer is told too. */
async function each(connection: Connection, requests: readonly WireRequest[], tally: Tally): Promise<void> {
  for (const request of requests) {
    const answer = await attempt(connection, request)
    const wrong = answer instanceof Error ? answer.message : whatIsWrong(answer, request)
    if (wrong !== undefined) count(tally, wrong)
  }
}

function attempt(connection: Connection, request: WireRequest): Promise<Answer | Error> {
  return connection.send(request).catch((error: unknown) => error as Error)
}

function whatIsWrong(
  { status, bytes, text, body }: Answer,
  { expectedBytes, judge }: WireRequest,
): string | undefined {
  if (status !== 200) return text
  if (expectedBytes !== undefined && expectedBytes !== bytes) return `200 with a body of ${bytes} bytes`
  return judge && !(body && judge(body)) ? '200 with a torn body: not one whole save' : undefined
}

function count(tally: Tally, text: string): void {
  // Dates and ids differ from answer to answer: one line per kind of answer is enough.
  const key = text.replaceAll(/\r\n(date|x-[\w-]*id): [^\r\n]*/gi, '').slice(0, 600)
  tally.errors.set(key, (tally.errors.get(key) ?? 0) + 1)
}
