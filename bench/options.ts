import { parseArgs } from 'node:util'
import { cases, type BenchCase } from './cases.js'

export interface Options {
  readonly seconds: number
  readonly rounds: number
  readonly cases: readonly BenchCase[]
  readonly floorOnly: boolean
  readonly twoTrips: boolean
  readonly json: string | undefined
  readonly profile: string | undefined
}

/** Another run altogether: what a large database costs (bench/scale/). */
export interface ScaleOptions {
  readonly part: number
  /** Kept, and used again by the next run; undefined: made for this run. */
  readonly folder: string | undefined
  readonly rounds: number
  readonly seconds: number
  readonly only: readonly string[]
}

export const help = `npm run bench -- [options]

  --only NAME     only the cases whose name contains NAME (ignoring case); may be repeated
  --rounds N      rounds; each measures both servers once                          default 5
  --seconds N     length of one slice (one case, one server, one round)            default 1.6
  --json FILE     write every figure of every round to FILE as well
  --profile DIR   run Tandem under node --cpu-prof and leave the profile in DIR
  --two-trips     the floor asks for the right before a lock operation, not in its statement
  --floor-only    measure the floor alone (no Tandem build needed)

npm run bench -- --scale [options]: every list and filter, the hot calls, starts and hourly jobs of a large database

  --scale-of N    part of 1,000,000 files, 10,000,000 versions, 5,000,000 audit rows          default 1
  --scale-in DIR  keep the filled database in DIR, or use the one that is there
  --only NAME     only what is measured under such a name; may be repeated
  --rounds N, --seconds N, as above, for the hot calls

Cases: ${cases.map((each) => each.name).join(' · ')}`

/** @throws Error with one plain sentence when an option is wrong. */
export function readOptions(args: string[]): Options | ScaleOptions | 'help' {
  const { values } = parseArgs({
    args,
    options: {
      only: { type: 'string', multiple: true, default: [] },
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '1.6' },
      json: { type: 'string' },
      profile: { type: 'string' },
      'two-trips': { type: 'boolean', default: false },
      'floor-only': { type: 'boolean', default: false },
      scale: { type: 'boolean', default: false },
      'scale-of': { type: 'string', default: '1' },
      'scale-in': { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return 'help'
  if (values.scale) {
    return {
      part: positive('--scale-of', values['scale-of']),
      folder: values['scale-in'],
      rounds: Math.ceil(positive('--rounds', values.rounds)),
      seconds: positive('--seconds', values.seconds),
      only: values.only,
    }
  }
  return {
    seconds: positive('--seconds', values.seconds),
    rounds: Math.ceil(positive('--rounds', values.rounds)),
    cases: chosen(values.only),
    floorOnly: values['floor-only'],
    twoTrips: values['two-trips'],
    json: values.json,
    profile: values.profile,
  }
}

function positive(name: string, text: string): number {
  const value = Number(text)
  if (!(value > 0)) throw new Error(`${name} must be a number above 0, not "${text}"`)
  return value
}

function chosen(names: string[]): readonly BenchCase[] {
  if (names.length === 0) return cases
  const found = cases.filter((each) =>
    names.some((name) => each.name.toLowerCase().includes(name.toLowerCase())),
  )
  if (found.length === 0) throw new Error(`--only ${names.join(', ')}: no case has such a name`)
  return found
}
