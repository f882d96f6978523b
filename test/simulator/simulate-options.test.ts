import { expect, it } from 'vitest'
import { readOptions } from '../../simulator/simulate-options.js'

it('has a default for everything', () => {
  expect(readOptions([])).toMatchObject({
    application: 'all',
    people: 4,
    documents: 1,
    minutes: 30,
    speed: 60,
    scenarios: false,
  })
})

it('takes several tokens, whose bearer may contain an equals sign', () => {
  expect(readOptions(['--token', 'alice=a.b.c=', '--token', 'bob=d']).token).toEqual([
    'alice=a.b.c=',
    'bob=d',
  ])
})

it('plays fast, and waits for people in real time', () => {
  expect(readOptions(['--stand-in']).speed).toBe(1)
  expect(readOptions(['--stand-in', '--speed', '10']).speed).toBe(10)
})

it('plays browsers unless native clients are asked for', () => {
  expect(readOptions([]).native).toBeUndefined()
  expect(readOptions(['--native', '3']).native).toBe(3)
})

it.each([
  [['--people', '0'], '--people'],
  [['--native', 'some'], '--native'],
  [['--application', 'outlook'], '--application'],
  [['--token', 'alice'], 'USER=BEARER'],
  [['--url', 'tandem'], '--url'],
  [['--speed', 'fast'], '--speed'],
  [['--editor-port', '70000'], '--editor-port'],
  [['--editor-url', 'ftp://editor.test'], '--editor-url'],
  [['--frobnicate'], '--frobnicate'],
])('says what is wrong with %j', (args, complaint) => {
  expect(() => readOptions(args)).toThrow(complaint)
})
