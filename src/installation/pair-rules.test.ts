import { describe, expect, it } from 'vitest'
import { judgePair, type PairFacts } from './pair-rules.js'

const A = 'a'.repeat(32)
const B = 'b'.repeat(32)

interface Row {
  readonly what: string
  readonly database: PairFacts['database']
  readonly folder: Partial<PairFacts['folder']>
  readonly sample?: PairFacts['sample']
  readonly verdict: string | readonly RegExp[]
}

const none = { id: undefined, versions: false }
const old = { id: undefined, versions: true }

const rows: readonly Row[] = [
  { what: 'the very first start', database: none, folder: {}, verdict: 'begin' },
  {
    what: 'an upgrade whose blobs are there',
    database: old,
    folder: { blobs: true },
    sample: { asked: 100, missing: 0 },
    verdict: 'begin',
  },
  { what: 'an upgrade whose documents need no blob', database: old, folder: {}, verdict: 'begin' },
  {
    what: 'an upgrade of which one blob is missing',
    database: old,
    folder: { blobs: true },
    sample: { asked: 100, missing: 1 },
    verdict: [/1 of 100 blobs/],
  },
  {
    what: 'an upgrade before its volume is mounted',
    database: old,
    folder: {},
    sample: { asked: 7, missing: 7 },
    verdict: [/7 of 7 blobs/, /is its volume mounted/],
  },
  {
    what: 'blobs without rows: another database',
    database: none,
    folder: { blobs: true },
    verdict: [/has blobs/, /the database is new/],
  },
  {
    what: 'both the same',
    database: { id: A, versions: true },
    folder: { id: A, blobs: true },
    verdict: 'paired',
  },
  {
    what: 'both the same, still empty',
    database: { id: A, versions: false },
    folder: { id: A },
    verdict: 'paired',
  },
  {
    what: 'the same, and what somebody began and gave up',
    database: { id: A, versions: true },
    folder: { id: A, begun: [B] },
    verdict: 'paired',
  },
  {
    what: 'two installations',
    database: { id: A, versions: true },
    folder: { id: B, blobs: true },
    verdict: [new RegExp(A), new RegExp(B)],
  },
  {
    what: 'two installations, of which both began with the folder',
    database: { id: A, versions: false },
    folder: { id: B, begun: [A] },
    verdict: [new RegExp(A), new RegExp(B)],
  },
  {
    what: 'a second folder on the database',
    database: { id: A, versions: false },
    folder: {},
    verdict: [new RegExp(A), /is empty: is its volume mounted/],
  },
  {
    what: 'a server that is started before its mount',
    database: { id: A, versions: true },
    folder: {},
    verdict: [new RegExp(A), /is its volume mounted/],
  },
  {
    what: 'blobs that were restored without their file',
    database: { id: A, versions: true },
    folder: { blobs: true },
    verdict: [new RegExp(A), /no file "installation"/],
  },
  {
    what: 'a fresh database over existing blobs',
    database: none,
    folder: { id: B, blobs: true },
    verdict: [new RegExp(B), /the database is new/],
  },
  {
    what: 'a fresh database over the folder of another that has no blobs yet',
    database: none,
    folder: { id: B },
    verdict: [new RegExp(B), /the database is new/],
  },
  {
    what: 'a dump from before the upgrade',
    database: old,
    folder: { id: B, blobs: true },
    verdict: [new RegExp(B), /has documents, is of none/],
  },
  {
    what: 'killed after the database had its id, before the folder had',
    database: { id: A, versions: false },
    folder: { begun: [A] },
    verdict: 'finish',
  },
  {
    what: 'killed while the folder got its id',
    database: { id: A, versions: false },
    folder: { damaged: true, begun: [A] },
    verdict: 'finish',
  },
  {
    what: 'killed before the database had its id',
    database: none,
    folder: { begun: [A] },
    verdict: 'begin',
  },
  {
    what: 'a damaged file',
    database: { id: A, versions: true },
    folder: { damaged: true, blobs: true },
    verdict: [new RegExp(A), /is damaged/],
  },
  {
    what: 'a damaged file and a fresh database',
    database: none,
    folder: { damaged: true, blobs: true },
    verdict: [/is damaged/, /the database is new/],
  },
]

describe('do a database and a folder of blobs belong together?', () => {
  for (const { what, database, folder, sample = { asked: 0, missing: 0 }, verdict } of rows) {
    it(`${what}: ${typeof verdict === 'string' ? verdict : 'refused'}`, () => {
      const whole = { id: undefined, damaged: false, begun: [], blobs: false, ...folder }
      const found = judgePair({ database, folder: whole, sample }, '/data/blobs')
      if (typeof verdict === 'string') expect(found.kind).toBe(verdict)
      else {
        if (found.kind !== 'refuse') throw new Error(`it is ${found.kind}`)
        for (const part of verdict) expect(found.why).toMatch(part)
        expect(found.why).toContain('/data/blobs')
      }
    })
  }
})
