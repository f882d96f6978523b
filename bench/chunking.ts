import { randomBytes } from 'node:crypto'
import { zipSync } from 'fflate'
import { bufferSource, piecesOf } from '../src/incremental/byte-source.js'
import { chunkIdOf } from '../src/incremental/chunk-id.js'
import { chunkStream } from '../src/incremental/chunking.js'
import { readFrames } from '../src/incremental/frame-reader.js'
import { writeFrames } from '../src/incremental/frame-writer.js'
import { spookyHash } from '../src/incremental/spooky-hash.js'
import { machine } from './machine.js'
import { median } from './report.js'

/**
 * `node scripts/run.mjs bench/chunking.js [SECONDS]`: what incremental file transfer costs one core, before any disk or
 * network. Exit code 1 when SpookyHash misses its target.
 */
const seconds = Number(process.argv[2] ?? '1')
if (!(seconds > 0)) {
  console.error('usage: node scripts/run.mjs bench/chunking.js [SECONDS of each round, 1 unless told]')
  process.exit(2)
}

const ROUNDS = 5
const HASH_TARGET = 300

const large = randomBytes(32 * 1024 ** 2)
const office = Buffer.from(zipSync(parts(500), { level: 0 }))
const frame = { kind: 'chunk' as const, id: chunkIdOf(large), length: large.length }

interface Case {
  readonly name: string
  readonly bytes: number
  readonly run: () => unknown
  /** MB/s. */
  readonly target?: number
}

const cases: readonly Case[] = [
  { name: 'SpookyHash, 32 MB', bytes: large.length, run: () => spookyHash(large), target: HASH_TARGET },
  { name: 'SpookyHash, 20 KB', bytes: 20_480, run: () => spookyHash(large.subarray(1, 20_481)) },
  { name: 'SpookyHash, 60 bytes', bytes: 60, run: () => spookyHash(large.subarray(1, 61)) },
  { name: 'chunks of 32 MB of no zip', bytes: large.length, run: () => chunkStream(bufferSource(large)) },
  {
    name: 'chunks of a zip of 500 entries',
    bytes: office.length,
    run: () => chunkStream(bufferSource(office)),
  },
  { name: 'a chunk frame of 32 MB, written and read', bytes: large.length, run: () => throughFrames() },
]

console.log(`${machine()}; the median of ${ROUNDS} rounds of ${seconds} s, by processor time`)
for (const each of cases) {
  await measure(each)
  const rates: number[] = []
  for (let round = 0; round < ROUNDS; round++) rates.push(await measure(each))
  const rate = median(rates)
  const time = each.bytes / rate
  const isMissed = each.target !== undefined && rate < each.target
  if (isMissed) process.exitCode = 1
  const target = each.target === undefined ? '' : `, target ${each.target}${isMissed ? ': MISSED' : ''}`
  console.log(`${each.name}: ${rate.toFixed(0)} MB/s, ${time.toFixed(1)} µs each${target}`)
}

/** MB/s of one round, which are bytes per microsecond of work: what else runs on the machine hardly counts. */
async function measure({ bytes, run }: Case): Promise<number> {
  const start = performance.now()
  const before = process.cpuUsage()
  let times = 0
  for (; performance.now() - start < seconds * 1000; times++) await run()
  const { user, system } = process.cpuUsage(before)
  return (times * bytes) / (user + system)
}

async function throughFrames(): Promise<void> {
  const body = writeFrames([
    { kind: 'message', json: Buffer.from('{}') },
    { ...frame, payload: piecesOf(bufferSource(large)) },
  ])
  const limits = { messageBytes: 100, chunkBytes: large.length, chunks: 1, bodyBytes: 2 * large.length }
  const frames = readFrames(body, 'message-and-chunks', limits)
  while (!(await frames.next()).done);
}

function parts(count: number): Record<string, Uint8Array> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => [
      `part${index}.xml`,
      large.subarray(20_000 * index, 20_000 * (index + 1)),
    ]),
  )
}
