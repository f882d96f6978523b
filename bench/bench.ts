import { writeFile } from 'node:fs/promises'
import type { BenchCase } from './cases.js'
import { fsyncMilliseconds, machine } from './machine.js'
import { measure, type Slice } from './measure.js'
import { help, readOptions, type Options } from './options.js'
import { errorsOf, isMissed, isTooMany, median, ratios, roundTripTable, summarise, tables } from './report.js'
import type { CaseResult } from './report.js'
import { countRoundTrips, type RoundTrips } from './round-trips.js'
import { benchScale } from './scale/scale.js'
import { openStage, type Stage } from './stage.js'

/** Exit code 1: a target was missed. 2: an answer was wrong, or nothing could be measured. */
async function bench(options: Options): Promise<void> {
  const start = Date.now()
  const opening = openStage(options, say)
  const interrupt = (): void => {
    say('stopping')
    void opening.then((stage) => stage.close()).finally(() => process.exit(130))
  }
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt)
  const stage = await opening
  try {
    await Promise.race([measureAll(stage, options), stage.broken])
    say(`took ${Math.round((Date.now() - start) / 1000)} s`)
  } finally {
    await stage.close()
  }
}

async function measureAll(stage: Stage, options: Options): Promise<void> {
  const fsync = fsyncMilliseconds(stage.folder).toFixed(2)
  say(`${machine()}; fsync of 4 KB ${fsync} ms`)
  const tandem = stage.targets.get('Tandem')
  const trips = {
    tandem: tandem ? await countRoundTrips(tandem, stage.database) : [],
    floor: await countRoundTrips(stage.floor, stage.database),
  }
  const results: CaseResult[] = []
  for (const each of options.cases) {
    if (stage.targets.has(each.against ?? 'floor')) results.push(await run(stage, each, options))
  }
  print(results, trips)
  if (options.json !== undefined) await writeJson(options.json, results, trips)
}

/** One, the other, the other, the one, …: whatever drifts on the machine meets both alike. */
async function run(stage: Stage, each: BenchCase, options: Options): Promise<CaseResult> {
  const result = { bench: each, own: [] as Slice[], other: [] as Slice[] }
  const { of = 'Tandem', against = 'floor' } = each
  const slices = [
    { target: stage.targets.get(of), slices: result.own },
    { target: stage.targets.get(against), slices: result.other },
  ]
  for (const { target } of slices) if (target) await measure(target, each, Math.min(0.6, options.seconds))
  for (let round = 0; round < options.rounds; round++) {
    for (const { target, slices: taken } of slices) {
      if (target) taken.push(await measure(target, each, options.seconds))
    }
    slices.reverse()
  }
  const rates = slices
    .filter(({ target }) => target)
    .map(({ target, slices: taken }) => `${target?.name} ${summarise(taken).perSecond.toFixed(0)}/s`)
  const ratio = rates.length === 2 ? `, ratio ${median(ratios(result)).toFixed(2)}` : ''
  say(`${each.name}: ${rates.sort().join(', ')}${ratio}`)
  return result
}

interface Trips {
  readonly tandem: readonly RoundTrips[]
  readonly floor: readonly RoundTrips[]
}

function print(results: readonly CaseResult[], trips: Trips): void {
  const errors = results.flatMap(errorsOf)
  process.stdout.write(`\n${tables(results)}\n\n${roundTripTable(trips.tandem, trips.floor)}\n\n`)
  for (const error of errors) process.stdout.write(`WRONG ANSWER: ${error}\n`)
  if (errors.length > 0) process.exitCode = 2
  else if (results.some(isMissed) || trips.tandem.some(isTooMany)) process.exitCode = 1
}

async function writeJson(path: string, results: readonly CaseResult[], trips: Trips): Promise<void> {
  const rounds = (slices: readonly Slice[]): object[] => slices.map((slice) => summarise([slice]))
  const cases = results.map((result) => ({
    name: result.bench.name,
    target: result.bench.target,
    of: result.bench.of ?? 'Tandem',
    against: result.bench.against ?? 'floor',
    ratio: result.own.length > 0 ? median(ratios(result)) : undefined,
    own: result.own.length > 0 ? summarise(result.own) : undefined,
    other: summarise(result.other),
    rounds: { ratios: ratios(result), own: rounds(result.own), other: rounds(result.other) },
    errors: errorsOf(result),
  }))
  await writeFile(path, `${JSON.stringify({ machine: machine(), cases, roundTrips: trips }, undefined, 2)}\n`)
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

try {
  const options = readOptions(process.argv.slice(2))
  if (options === 'help') say(help)
  else if ('part' in options) await benchScale(options, say)
  else await bench(options)
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 2
}
