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

export const help = `npm run bench -- [options]

  --only NAME     only the cases whose name contains NAME (ignoring case); may be repeated
  --rounds N      rounds; each measures both servers once                          default 5
  --seconds N     length of one slice (one case, one server, one round)            default 1.6
  --json FILE     write every figure of every round to FILE as well
  --profile DIR   run Tandem under node --cpu-prof and leave the profile in DIR
  --two-trips     the floor asks for the right before a lock operation, not in its statement
  --floor-only    measure the floor alone (no Tandem build needed)

Cases: ${cases.map((each) => each.name).join(' · ')}`

/** @throws Error with one plain sentence when an option is wrong. */
export function readOptions(args: string[]): Options | 'help' {
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
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return 'help'
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
