import { describe, expect, it } from 'vitest'
import { GroundTruth } from '../../simulator/ground-truth.js'

const readLines = (bytes: Uint8Array): string[] =>
  Buffer.from(bytes).toString('utf8').split('\n').filter(Boolean)
const content = (...lines: string[]): Uint8Array => Buffer.from(lines.join('\n'))

describe('the ground truth', () => {
  it('numbers the changes of each author', () => {
    const truth = new GroundTruth(readLines)
    expect(truth.type('alice', 'x')).toEqual({ mark: 'alice#1', line: '§alice#1 x' })
    expect(truth.type('bob', 'y').mark).toBe('bob#1')
    expect(truth.type('alice', 'z').mark).toBe('alice#2')
  })

  it('is content when every change is there once', () => {
    const truth = new GroundTruth(readLines)
    const { line, mark } = truth.type('alice', 'x')
    truth.acknowledge([mark], '2')
    expect(truth.verify(content(line))).toEqual({
      typed: 1,
      found: 1,
      lost: [],
      neverSaved: [],
      duplicated: [],
      foreign: [],
    })
  })

  it('tells a change that the host lost from one that it never took', () => {
    const truth = new GroundTruth(readLines)
    truth.acknowledge([truth.type('alice', 'x').mark], '2')
    truth.type('alice', 'y')
    expect(truth.verify(content())).toMatchObject({
      typed: 2,
      found: 0,
      lost: ['alice#1'],
      neverSaved: ['alice#2'],
    })
  })

  it('sees a change twice, a changed text and a line that nobody typed', () => {
    const truth = new GroundTruth(readLines)
    const twice = truth.type('alice', 'x')
    const altered = truth.type('bob', 'y')
    truth.acknowledge([twice.mark, altered.mark], '2')
    const verdict = truth.verify(content(twice.line, twice.line, '§bob#1 Y', '§eve#1 boo'))
    expect(verdict.duplicated).toEqual(['alice#1'])
    expect(verdict.lost).toEqual(['bob#1'])
    expect(verdict.foreign).toEqual(['§bob#1 Y', '§eve#1 boo'])
  })
})
